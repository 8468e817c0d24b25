"""A verdict on the difference of two models, and how many more cases it takes."""

import math
from dataclasses import dataclass
from enum import StrEnum

from creditapp.intervals import Z_95, Interval
from creditapp.phrases import marked

FEWEST = 30
"""With fewer good or fewer bad cases the intervals are too rough for a verdict."""

ALPHA = 0.05
Z_80 = 0.8416212335729143
"""The normal deviate of a power of 80 %."""

NARROWEST_AT = 2000
"""The number of cases at which the interval that holds at any time is as narrow as it can be."""


class Verdict(StrEnum):
    """What is said of the challenger."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SEEN = "not seen"
    TOO_FEW = "too few"

    @property
    def text(self) -> str:
        """It in words, to be translated."""
        return TEXTS[self]


TEXTS = {
    Verdict.BETTER: marked("the challenger is better"),
    Verdict.WORSE: marked("the challenger is worse"),
    Verdict.NOT_SEEN: marked("no difference seen yet"),
    Verdict.TOO_FEW: marked("too few cases for a verdict"),
}


@dataclass(frozen=True)
class Difference:
    """How much larger a measure of the challenger is than that of the served model, on the same cases.

    `error` is its standard error, `fewest` the number of good or of bad cases, whichever is smaller.
    `worth` is the smallest difference worth having; it is negative where less is better.
    """

    value: float
    error: float
    cases: int
    fewest: int
    worth: float

    @property
    def interval(self) -> Interval:
        """The 95 % interval for one look."""
        return self._around(Z_95 * self.error)

    @property
    def interval_at_any_time(self) -> Interval:
        """The 95 % interval for any number of looks: all of them hold the real difference with 95 %.

        An asymptotic confidence sequence (I. Waudby-Smith and others, Annals of Statistics 52, 2024).
        """
        likely = -2 * math.log(ALPHA)
        looked = self.cases * (likely + math.log(likely + 1)) / NARROWEST_AT
        deviates = math.sqrt((looked + 1) / looked * math.log((looked + 1) / ALPHA**2))
        return self._around(deviates * self.error)

    @property
    def verdict(self) -> Verdict:
        """The verdict at 95 % for one look."""
        return self._judge(self.interval)

    @property
    def verdict_at_any_time(self) -> Verdict:
        """The verdict at 95 % for any number of looks."""
        return self._judge(self.interval_at_any_time)

    @property
    def still_needed(self) -> int | None:
        """The cases still needed to see this difference, if it is the real one; None if there is none."""
        return 0 if self.verdict in (Verdict.BETTER, Verdict.WORSE) else self._needed(self.value)

    @property
    def still_needed_for_worth(self) -> int | None:
        """The cases still needed to see the smallest difference worth having; None if nothing differs."""
        return self._needed(self.worth)

    def _around(self, reach: float) -> Interval:
        return self.value - reach, self.value + reach

    def _judge(self, interval: Interval) -> Verdict:
        if self.fewest < FEWEST:
            return Verdict.TOO_FEW
        low, high = interval
        if low > 0 or high < 0:
            return Verdict.BETTER if (low > 0) == (self.worth > 0) else Verdict.WORSE
        return Verdict.NOT_SEEN

    def _needed(self, real: float) -> int | None:
        """The cases still needed to see a real difference with a power of 80 %, by one look at 95 %."""
        if not real or not self.error or math.isnan(self.error):
            return None
        total = self.cases * ((Z_95 + Z_80) * self.error / real) ** 2
        return max(0, math.ceil(total - self.cases))
