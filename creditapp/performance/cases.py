"""Judged decisions as columns, with the groups that figures are given for."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.applications.table import number_of
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.outcomes.judged import JudgedDecision
from creditapp.outcomes.standing import Standing
from creditapp.performance.groupings import AnswerGroups, Grouping, Groupings, Labels, Places

STANDINGS = list(Standing)


@dataclass(frozen=True)
class Cases:
    """Decisions as columns of the same length, in the order in which they were made.

    `good` is the probability of good credit. `month` counts months since the year 0. `amount` is that of
    the application; NaN where it is not known. Mature decisions are grouped by their answers too.
    """

    good: Floats
    standing: Places
    generation: Places
    month: Places
    amount: Floats
    by_record: Groupings = field(default_factory=dict)
    by_answer: Groupings = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.good.size)

    def where(self, chosen: Flags | slice) -> "Cases":
        """Some of the cases."""
        return Cases(
            self.good[chosen],
            self.standing[chosen],
            self.generation[chosen],
            self.month[chosen],
            self.amount[chosen],
            _where(self.by_record, chosen),
            _where(self.by_answer, chosen),
        )

    @property
    def ungrouped(self) -> "Cases":
        """The same cases without their groups, of which parts are taken faster."""
        return replace(self, by_record={}, by_answer={})

    @cached_property
    def is_bad(self) -> Flags:
        """Which of them turned out bad."""
        return self._stands(Standing.BAD)

    @cached_property
    def is_mature(self) -> Flags:
        """Which of them turned out good or bad."""
        return self.is_bad | self._stands(Standing.GOOD)

    @cached_property
    def is_taken_up(self) -> Flags:
        """Which of them are mature or will be."""
        return self.is_mature | self._stands(Standing.NOT_MATURE)

    def count(self, standing: Standing) -> int:
        """How many count so."""
        return int(self._stands(standing).sum())

    def _stands(self, standing: Standing) -> Flags:
        return np.asarray(self.standing == STANDINGS.index(standing))


def _where(groupings: Groupings, chosen: Flags | slice) -> Groupings:
    return {name: Grouping(one.labels, one.places[chosen]) for name, one in groupings.items()}


def collect(decisions: Iterable[JudgedDecision], catalogue: Catalogue) -> Cases:
    """Put decisions into columns; `catalogue` says how answers are grouped."""
    collector = _Collector(catalogue)
    for decided in decisions:
        collector.add(decided)
    return collector.cases()


class _Collector:
    """Takes one decision after another; each column is as small as its numbers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._floats = {name: array("d") for name in ("good", "amount")}
        self._places = {name: array("i") for name in ("standing", "generation", "month")}
        self._by_record = {name: Labels() for name in ("model", "policy", "channel")}
        self._by_answer = AnswerGroups(catalogue)
        self._catalogue = catalogue

    def add(self, decided: JudgedDecision) -> None:
        """Add a decision at the end of each column."""
        # why: answers to another catalogue may have the same names and other values.
        answers = decided.answers if decided.fingerprint == self._catalogue.fingerprint else None
        self._floats["good"].append(decided.probability)
        self._floats["amount"].append(self._amount(answers))
        self._places["standing"].append(STANDINGS.index(decided.standing))
        self._places["generation"].append(decided.generation)
        self._places["month"].append(decided.timestamp.year * 12 + decided.timestamp.month - 1)
        self._by_record["model"].add(decided.model_version)
        self._by_record["policy"].add(decided.policy_version)
        self._by_record["channel"].add(decided.channel)
        self._by_answer.add(answers)

    def cases(self) -> Cases:
        """All that was added."""
        floats = {name: np.array(column) for name, column in self._floats.items()}
        places = {name: np.array(one, dtype=np.int32) for name, one in self._places.items()}
        return Cases(
            good=floats["good"],
            standing=places["standing"],
            generation=places["generation"],
            month=places["month"],
            amount=floats["amount"],
            by_record={name: labels.grouping for name, labels in self._by_record.items()},
            by_answer=self._by_answer.groupings,
        )

    def _amount(self, answers: Mapping[str, Answer] | None) -> float:
        question = self._catalogue.by_name.get(self._catalogue.amount)
        if question is None or answers is None or answers.get(question.name) is None:
            return np.nan
        number = number_of(self._catalogue, question, answers)
        return np.nan if number is None else number
