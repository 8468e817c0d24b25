"""A look at drift: the decisions of a period, compared with the training population of the served model."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from creditapp.decisions import log as decision_log
from creditapp.drift.measures import Measure
from creditapp.drift.periods import Period, recent
from creditapp.drift.psi import FEWEST_CASES, Drift, compare
from creditapp.drift.tally import Population, Tally
from creditapp.serving.served_model import ServedModel

DAYS = 30
MOST_CASES = 10_000
"""Only the newest cases of a period are compared: more take longer and change the indices little."""


@dataclass(frozen=True)
class Look:
    """What was found of a period, and when: the counts by bin, and the indices."""

    period: str
    looked_at: datetime
    tally: Tally
    drifts: list[Drift]

    @property
    def cases(self) -> int:
        """The number of decisions that were compared."""
        return self.tally.cases

    @property
    def is_enough(self) -> bool:
        """Whether there are enough cases for a result."""
        return self.cases >= FEWEST_CASES

    def without_few(self) -> "Look":
        """The look without counts and indices where there are too few cases for a result."""
        # why: the counts of a few cases would give away their answers, also after an erasure.
        return self if self.is_enough else replace(self, tally=Tally(self.cases, [], {}), drifts=[])

    def of(self, name: str, which: Measure = Measure.PSI) -> Drift:
        """One index of an answer; of the score by default its PSI."""
        return next(one for one in self.drifts if (one.name, one.measure) == (name, which))

    def as_document(self) -> dict[str, Any]:
        """The counts and the indices as JSON, for `from_document`."""
        return {"tally": asdict(self.tally), "drifts": [asdict(one) for one in self.drifts]}

    @classmethod
    def from_document(cls, period: str, looked_at: datetime, document: dict[str, Any]) -> "Look":
        """What `as_document` wrote."""
        drifts = [
            Drift(**{**one, "measure": Measure(one["measure"])}) for one in document["drifts"]
        ]
        return cls(period, looked_at, Tally(**document["tally"]), drifts)


def population_of(served: ServedModel) -> Population:
    """The training population of a model."""
    return Population(served.metadata.population, served.metadata.score_population)


def look_at(period: Period, served: ServedModel, now: datetime) -> Look:
    """Compare the decisions of a period by a model with its training population.

    Raises:
        DatabaseUnavailable: the decisions cannot be read.
    """
    columns, scores = decision_log.find_scored_answers(
        period.since, period.until, served.deployment.generation, served.catalogue, MOST_CASES
    )
    population = population_of(served)
    tally = population.tally(columns, scores)
    return Look(period.name, now, tally, compare(tally, population.own()))


def look(served: ServedModel, now: datetime, days: int = DAYS) -> Look:
    """Compare the recent decisions of a model with its training population.

    Raises:
        DatabaseUnavailable: the decisions cannot be read.
    """
    # why: the clock of the host that decided may be ahead.
    return look_at(recent(days, now + decision_log.CLOCK_SKEW), served, now)
