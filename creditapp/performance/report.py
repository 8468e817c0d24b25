"""The report on performance: the figures of all decisions, by month, and by group."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from creditapp.applications.catalogue import Catalogue
from creditapp.outcomes.discrimination import Flags, Floats
from creditapp.outcomes.judged import Wanted, judge
from creditapp.performance import cases as columns
from creditapp.performance import measures, recent, references
from creditapp.performance.cases import Cases
from creditapp.performance.estimates import Check
from creditapp.performance.groupings import Grouping
from creditapp.performance.measures import Band, Figures
from creditapp.performance.recent import Recent
from creditapp.serving.served_model import ServedModel
from creditapp.simulation.costs import Costs

MOST_MONTHS = 36
"""The newest."""

FEWEST_OF_AN_ANSWER = 20
"""Fewer credits with an answer are not shown: their figures would give away who repaid."""


class Row(NamedTuple):
    """The figures of a month, a version, or another group; the label is a text or a phrase."""

    label: Any
    figures: Figures


class Report(NamedTuple):
    """What became of the decisions of a portfolio, or of one version of its model.

    `by_record` has the rows by model, policy and channel. `generation` is the deployment that was served,
    and `check` and `recent` are of its model.
    """

    made_at: datetime
    generation: int
    overall: Figures
    bands: Sequence[Band]
    months: Sequence[Row]
    by_record: Mapping[str, Sequence[Row]]
    by_answer: Mapping[str, Sequence[Row]]
    check: Check | None
    recent: Recent


def read_cases(wanted: Wanted, catalogue: Catalogue, now: datetime) -> Cases:
    """Read decisions with what became of them by a time.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    judged = judge(wanted, catalogue.performance, now, with_answers=True)
    return columns.collect(judged, catalogue)


def make(cases: Cases, served: ServedModel, now: datetime, costs: Costs | None = None) -> Report:
    """Report on decisions, oldest first.

    Raises:
        DatabaseUnavailable: the models that made them cannot be read.
    """
    serving = served.deployment.generation
    found = references.of_generations({serving, *map(int, np.unique(cases.generation))})
    corrected = references.correct(cases.good, cases.generation, found)
    measure = _Measure(cases.ungrouped, corrected, costs or Costs())
    own = cases.generation == serving
    reference = found.get(serving)
    return Report(
        made_at=now,
        generation=serving,
        overall=measure(np.ones(len(cases), dtype=bool)),
        bands=list(measures.bands(cases)),
        months=list(_months(cases, measure)),
        by_record={name: list(_rows(one, measure)) for name, one in cases.by_record.items()},
        by_answer={
            name: list(_rows(one, measure, FEWEST_OF_AN_ANSWER))
            for name, one in cases.by_answer.items()
        },
        check=reference.check if reference else None,
        recent=recent.look(cases.ungrouped.where(own), corrected[own], reference),
    )


class _Measure:
    """Gives the figures of some of the cases."""

    def __init__(self, cases: Cases, corrected: Floats, costs: Costs) -> None:
        self._cases, self._corrected, self._costs = cases, corrected, costs

    def __call__(self, chosen: Flags) -> Figures:
        """The figures of the chosen cases."""
        some = self._cases.where(chosen)
        return measures.measure(some, self._corrected[chosen], self._costs)


def _months(cases: Cases, measure: _Measure) -> Iterator[Row]:
    for month in np.unique(cases.month)[-MOST_MONTHS:]:
        year, place = divmod(int(month), 12)
        yield Row(f"{year}-{place + 1:02}", measure(cases.month == month))


def _rows(grouping: Grouping, measure: _Measure, fewest: int = 1) -> Iterator[Row]:
    for place, label in enumerate(grouping.labels):
        chosen = grouping.places == place
        if chosen.sum() >= fewest:
            yield Row(label, measure(chosen))
