"""The changes of an alternative: what an applicant could answer instead, in words and as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from creditapp.applications.questions import Answer, Numeric, Question
from creditapp.phrases import Figures, Phrase, marked, translate

SIZE_OF_A_CODE = 0.5
"""The size of a change to another code; it counts as much as halving a number."""

EXACTLY = marked("With %(changes)s the score would be %(score)s")
AT_LEAST = marked("With %(changes)s the score would be at least %(score)s")
FOLLOWED = marked(
    "With %(changes)s the score would be at least %(score)s, whatever the new answer to: %(followers)s"
)


class Change(NamedTuple):
    """A change of the answer to one question; a number may change to any one from `new` to `until`."""

    question: Question
    old: Answer
    new: Answer
    until: Answer = None

    @property
    def feature(self) -> str:
        """The name of the question."""
        return self.question.name

    @property
    def size(self) -> float:
        """The change as a share of the larger number, from 0 to 2; `SIZE_OF_A_CODE` for a code."""
        if not isinstance(self.question, Numeric):
            return SIZE_OF_A_CODE
        return float(abs(self.old - self.new) / max(abs(self.old), abs(self.new)))

    @property
    def is_range(self) -> bool:
        """Whether more than one number is meant."""
        return self.until is not None and self.until != self.new

    def as_document(self) -> dict[str, Answer]:
        """The change as JSON."""
        until = self.new if self.until is None else self.until
        return {"feature": self.feature, "from": self.old, "to": self.new, "until": until}

    def in_words(self) -> Phrase:
        """The change as a part of a sentence."""
        words = {"label": self.question.label, "old": self.question.in_words(self.old)}
        if not self.is_range:
            new = self.question.in_words(self.new)
            return Phrase(marked("%(label)s: %(new)s instead of %(old)s"), {**words, "new": new})
        low, high = sorted([self.new, self.until])
        ends = {"low": _without_unit(self.question, low), "high": self.question.in_words(high)}
        template = marked("%(label)s: from %(low)s to %(high)s instead of %(old)s")
        return Phrase(template, {**words, **ends})


@dataclass(frozen=True)
class Alternative:
    """Changes to an application, and the score and the decision that it would then get at worst.

    `followers` are the questions whose answers are not known any more after the changes. `exact` says that
    every answer that is meant leads to the same score.
    """

    changes: tuple[Change, ...]
    probability_good_credit: float
    risk_level: str
    decision: str
    followers: tuple[Question, ...] = ()
    exact: bool = True

    @property
    def size(self) -> float:
        """The sizes of all changes, added up."""
        return sum(change.size for change in self.changes)

    def worded(self, gettext: Callable[[str], str]) -> dict[str, Any]:
        """The alternative as JSON, translated with `gettext`."""
        words = {
            "changes": _listed([change.in_words() for change in self.changes], gettext),
            "score": gettext(Figures(f"{self.probability_good_credit:.3f}")),
            "followers": _listed([question.label for question in self.followers], gettext),
        }
        at_least = FOLLOWED if self.followers else AT_LEAST
        return {
            "changes": [change.as_document() for change in self.changes],
            "followers": [question.name for question in self.followers],
            "probability_good_credit": self.probability_good_credit,
            "risk_level": self.risk_level,
            "decision": self.decision,
            "text": gettext(EXACTLY if self.exact else at_least) % words,
        }


def _listed(texts: Sequence[object], gettext: Callable[[str], str]) -> str:
    return ", ".join(str(translate(text, gettext)) for text in texts)


def _without_unit(question: Question, number: float) -> object:
    """A number as it is said before another one that has the unit."""
    if question.meaning(number) or not isinstance(question, Numeric):
        return question.in_words(number)
    return question.written(number)
