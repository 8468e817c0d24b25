"""Judged decisions as columns, with the groups that figures are given for."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.applications.table import number_of
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.outcomes.judged import JudgedDecision
from creditapp.outcomes.standing import Standing
from creditapp.simulation.groups import Membership, memberships

STANDINGS = list(Standing)
NO_GROUP = -1

Places = npt.NDArray[np.int32]


class Grouping(NamedTuple):
    """The labels of some groups, and for each case the place of its label, or `NO_GROUP`."""

    labels: Sequence[Any]
    places: Places


@dataclass(frozen=True)
class Cases:
    """Decisions as columns of the same length, in the order in which they were made.

    `good` is the probability of good credit. `month` counts months since the year 0. `amount` is that of
    the application, `owed` that at the default; NaN where it is not known. `groupings` are by model,
    policy and channel, and for mature decisions by each answer.
    """

    good: Floats
    standing: Places
    generation: Places
    month: Places
    amount: Floats
    owed: Floats
    groupings: Mapping[str, Grouping] = field(default_factory=dict)

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
            self.owed[chosen],
            {
                name: Grouping(one.labels, one.places[chosen])
                for name, one in self.groupings.items()
            },
        )

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


def collect(decisions: Iterable[JudgedDecision], catalogue: Catalogue) -> Cases:
    """Put decisions into columns; `catalogue` says how answers are grouped."""
    collector = _Collector(catalogue)
    for decided in decisions:
        collector.add(decided)
    return collector.cases()


class _Collector:
    """Takes one decision after another; each column is as small as its numbers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._floats = {name: array("d") for name in ("good", "amount", "owed")}
        self._places = {name: array("i") for name in ("standing", "generation", "month")}
        self._by_record = {name: _Labels() for name in ("model", "policy", "channel")}
        self._by_answer = _AnswerGroups(catalogue)
        self._catalogue = catalogue

    def add(self, decided: JudgedDecision) -> None:
        """Add a decision at the end of each column."""
        self._floats["good"].append(decided.probability)
        self._floats["amount"].append(self._amount(decided.answers))
        self._floats["owed"].append(np.nan if decided.owed is None else decided.owed)
        self._places["standing"].append(STANDINGS.index(decided.standing))
        self._places["generation"].append(decided.generation)
        self._places["month"].append(decided.timestamp.year * 12 + decided.timestamp.month - 1)
        self._by_record["model"].add(decided.model_version)
        self._by_record["policy"].add(decided.policy_version)
        self._by_record["channel"].add(decided.channel)
        self._by_answer.add(decided.answers)

    def cases(self) -> Cases:
        """All that was added."""
        groupings = {name: labels.grouping for name, labels in self._by_record.items()}
        floats = {name: np.array(column) for name, column in self._floats.items()}
        places = {name: np.array(one, dtype=np.int32) for name, one in self._places.items()}
        return Cases(
            good=floats["good"],
            standing=places["standing"],
            generation=places["generation"],
            month=places["month"],
            amount=floats["amount"],
            owed=floats["owed"],
            groupings={**groupings, **self._by_answer.groupings},
        )

    def _amount(self, answers: Mapping[str, Answer] | None) -> float:
        question = self._catalogue.by_name.get(self._catalogue.amount)
        if question is None or answers is None or question.name not in answers:
            return np.nan
        number = number_of(self._catalogue, question, answers)
        return np.nan if number is None else number


class _Labels:
    """A grouping by what stands in the record, in the order in which it was first seen."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._places = array("i")

    def add(self, label: str) -> None:
        """Add the label of the next case."""
        self._places.append(self._known.setdefault(label, len(self._known)))

    @property
    def grouping(self) -> Grouping:
        """All that was added."""
        return Grouping(list(self._known), np.array(self._places, dtype=np.int32))


class _AnswerGroups:
    """A grouping by each answer; numbers are in the portfolio's bands, or quarters of the first cases."""

    FIRST = 2000

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._first: list[Mapping[str, Answer]] = []
        self._waiting: list[Mapping[str, Answer] | None] = []
        self._groups: dict[str, list[Membership]] = {}
        self._places = {name: array("i") for name in catalogue.feature_names}
        self._known: dict[str, dict[Answer, int]] = {name: {} for name in catalogue.feature_names}
        self._dates = {question.name for question in catalogue.dates}

    def add(self, answers: Mapping[str, Answer] | None) -> None:
        """Add the answers of the next case; the first ones wait until the bands are known."""
        if answers is not None and not self._fits(answers):
            answers = None
        if self._groups:
            self._place(answers)
            return
        self._waiting.append(answers)
        if answers is not None:
            self._first.append(answers)
            if len(self._first) == self.FIRST:
                self._settle()

    @property
    def groupings(self) -> dict[str, Grouping]:
        """All that was added."""
        if not self._groups:
            self._settle()
        return {
            name: Grouping(
                [one.label for one in self._groups[name]], np.array(places, dtype=np.int32)
            )
            for name, places in self._places.items()
        }

    def _fits(self, answers: Mapping[str, Answer]) -> bool:
        """Whether all answers are there; another catalogue may have asked for others."""
        return all(name in answers for name in self._catalogue.names_to_score)

    def _settle(self) -> None:
        for question in self._catalogue.features:
            groups = memberships(self._catalogue, question, self._first)
            self._groups[question.name] = list(groups)
        for answers in self._waiting:
            self._place(answers)
        self._waiting.clear()

    def _place(self, answers: Mapping[str, Answer] | None) -> None:
        for name, groups in self._groups.items():
            place = NO_GROUP if answers is None else self._place_of(name, groups, answers)
            self._places[name].append(place)

    def _place_of(
        self, name: str, groups: Sequence[Membership], answers: Mapping[str, Answer]
    ) -> int:
        """The place of an answer's group; that of a date depends on other answers too."""
        if name in self._dates:
            return _first_that_holds(groups, answers)
        known, answer = self._known[name], answers[name]
        # why: there are few different answers, and to try the groups in turn took half of the whole report.
        if answer not in known:
            known[answer] = _first_that_holds(groups, answers)
        return known[answer]


def _first_that_holds(groups: Sequence[Membership], answers: Mapping[str, Answer]) -> int:
    return next((place for place, one in enumerate(groups) if one.holds(answers)), NO_GROUP)
