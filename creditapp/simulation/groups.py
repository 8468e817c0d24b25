"""Approvals among the groups of each protected answer, and their adverse impact ratios."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles
from typing import NamedTuple

import numpy as np

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Date, Numeric, Question
from creditapp.applications.table import number_of
from creditapp.intervals import Proportion
from creditapp.phrases import Figures, Phrase, marked
from creditapp.reports.conditions import LOWEST_RATIO
from creditapp.simulation.costs import Flags

SMALLEST_REFERENCE = 10
"""A group with fewer cases is shown, but is never the reference."""

DAYS_OF_A_YEAR = 365.25
YEARS = marked("%(low)s to under %(high)s years before the application")
YEARS_OR_MORE = marked("%(low)s years or more before the application")

Answers = Mapping[str, Answer]


class Group(NamedTuple):
    """The approvals among the applicants of one group, and the adverse impact ratio.

    The ratio is the group's approval rate divided by that of the group approved most often.
    """

    label: object
    approved: Proportion
    impact_ratio: float

    @property
    def is_low(self) -> bool:
        """Whether the adverse impact ratio is below four fifths."""
        return self.impact_ratio < LOWEST_RATIO


@dataclass(frozen=True)
class GroupTable:
    """The groups of one protected answer."""

    question: Question
    groups: Sequence[Group]


class Membership(NamedTuple):
    """A group's label, and the test whether an application belongs to it."""

    label: object
    holds: Callable[[Answers], bool]


class Members(NamedTuple):
    """The groups of one protected answer, each with whether each application belongs to it."""

    question: Question
    groups: Sequence[tuple[object, Flags]]


def find_members(catalogue: Catalogue, answers: Sequence[Answers]) -> list[Members]:
    """The groups of each protected answer, in the catalogue's order.

    A number is grouped by the portfolio's own bands, or else by quarters of these applications. Groups
    without applications are shown for the portfolio's own bands only.
    """
    return [
        Members(
            question,
            [
                (label, np.array([holds(one) for one in answers], bool))
                for label, holds in memberships(catalogue, question, answers)
            ],
        )
        for question in catalogue.features
        if question.protected
    ]


def approvals_by_group(members: Sequence[Members], approved: Flags) -> list[GroupTable]:
    """The approvals among the groups of each protected answer."""
    return [GroupTable(question, _groups(groups, approved)) for question, groups in members]


def _groups(groups: Sequence[tuple[object, Flags]], approved: Flags) -> list[Group]:
    proportions = [
        Proportion(int((belong & approved).sum()), int(belong.sum())) for _, belong in groups
    ]
    rates = [one.value for one in proportions if one.total >= SMALLEST_REFERENCE]
    highest = max(rates, default=math.nan)
    return [
        Group(label, one, one.value / highest if highest else math.nan)
        for (label, _), one in zip(groups, proportions, strict=True)
    ]


def memberships(
    catalogue: Catalogue, question: Question, answers: Sequence[Answers]
) -> Iterator[Membership]:
    """The groups of a question's answers: its codes, or the bands of a number, then its missing answers."""
    if isinstance(question, Choice):
        codes = [code.code for code in question.codes]
    else:
        codes = []
        yield from _bands(catalogue, question, answers)
    for code in [*codes, *question.missing_answers]:
        yield _with_code(question, code)


def _with_code(question: Question, code: Answer) -> Membership:
    name = question.name
    return Membership(question.in_words(code), lambda one: one[name] == code)


def _bands(
    catalogue: Catalogue, question: Question, answers: Sequence[Answers]
) -> Iterator[Membership]:
    """The bands of a number: from each edge to the next, the last one open."""
    numbers = [
        number for one in answers if (number := number_of(catalogue, question, one)) is not None
    ]
    for low, high in pairwise([*_edges(question, numbers), math.inf]):
        yield _between(catalogue, question, low, high)


def _edges(question: Question, numbers: Sequence[float]) -> Sequence[float]:
    """The lower edges of the bands: the portfolio's own, or those of quarters of the numbers."""
    edges = _own_edges(question)
    if edges:
        is_below = any(number < edges[0] for number in numbers)
        lowest = question.minimum if isinstance(question, Numeric) else min(numbers, default=0)
        return [lowest, *edges] if is_below else edges
    if len(numbers) < 2:
        return numbers
    quarters = {min(numbers), *quantiles(numbers, method="inclusive")}
    return sorted(set(map(math.ceil, quarters)) if _is_whole(question) else quarters)


def _own_edges(question: Question) -> Sequence[float]:
    """The portfolio's own bands; those of a date, which are years, in days."""
    match question:
        case Numeric():
            return question.edges
        case Date():
            return [math.ceil(years * DAYS_OF_A_YEAR) for years in question.edges]
    return ()


def _is_whole(question: Question) -> bool:
    """Whether each number is an integer; days are."""
    return not isinstance(question, Numeric) or question.integer


def _between(catalogue: Catalogue, question: Question, low: float, high: float) -> Membership:
    def holds(one: Answers) -> bool:
        number = number_of(catalogue, question, one)
        return number is not None and low <= number < high

    return Membership(_band_label(question, low, high), holds)


def _band_label(question: Question, low: float, high: float) -> object:
    if isinstance(question, Date):
        words = {"low": _years(low), "high": _years(high)}
        return Phrase(YEARS_OR_MORE if math.isinf(high) else YEARS, words)
    is_whole = _is_whole(question)
    if math.isinf(high) and isinstance(question, Numeric) and is_whole and question.edges:
        high = question.maximum + 1
    if math.isinf(high):
        return Phrase(marked("%(low)s or more"), {"low": _shown(low)})
    if is_whole:
        return _shown(low) if low == high - 1 else f"{_shown(low)}–{_shown(high - 1)}"
    return Phrase(marked("%(low)s to under %(high)s"), {"low": _shown(low), "high": _shown(high)})


def _years(days: float) -> str:
    """Days in years, with one decimal where it says something."""
    return Figures(f"{days / DAYS_OF_A_YEAR:.1f}".removesuffix(".0"))


def _shown(number: float) -> str:
    """A number without decimals that say nothing."""
    return str(int(number)) if float(number).is_integer() else f"{number:.10g}"
