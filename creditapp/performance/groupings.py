"""Groups of decisions that figures are given for: by what stands in the record, and by each answer."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.phrases import marked
from creditapp.simulation.groups import Membership, memberships

NO_GROUP = -1

OTHERS = Membership(marked("other answers"), lambda _answers: True)

Places = npt.NDArray[np.int32]


class Grouping(NamedTuple):
    """The labels of some groups, and for each case the place of its label, or `NO_GROUP`."""

    labels: Sequence[Any]
    places: Places


Groupings = Mapping[str, Grouping]


class Labels:
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


class AnswerGroups:
    """A grouping by each answer; numbers are in the portfolio's bands, or quarters of the first cases.

    What is in none of the groups is in the last one.
    """

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

    def _settle(self) -> None:
        for question in self._catalogue.features:
            groups = memberships(self._catalogue, question, self._first)
            self._groups[question.name] = [*groups, OTHERS]
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
    return next(place for place, one in enumerate(groups) if one.holds(answers))
