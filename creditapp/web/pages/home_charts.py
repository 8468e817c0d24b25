"""The charts of the home page, by name: from what is kept, so that they are quick whatever there is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from flask_babel import gettext

from creditapp.decisions import days
from creditapp.decisions.days import Cell
from creditapp.drift import keeping
from creditapp.drift.bins import name_score_bins
from creditapp.drift.look import population_of
from creditapp.drift.measures import Measure
from creditapp.drift.psi import SCORE
from creditapp.intervals import Proportion
from creditapp.performance import kept
from creditapp.policy.definition import Outcome
from creditapp.serving.served_model import ServedModel
from creditapp.web.charts import (
    Chart,
    LineChart,
    Point,
    Series,
    StackedChart,
    write_share,
    write_whole,
)
from creditapp.web.pages.drift_charts import chart_then_and_now, chart_weeks
from creditapp.web.pages.performance_charts import charts_of

SHOWN_DAYS, SHOWN_WEEKS = 28, 26

Counts = Mapping[Outcome, int]


def draw_charts(served: ServedModel, now: datetime) -> dict[str, Chart]:
    """All charts by their names; those of drift and performance only where something is kept.

    Raises:
        DatabaseUnavailable: what is kept cannot be read.
    """
    by_day = _count_days(served.catalogue.name, now)
    by_week = _count_weeks(by_day)
    recent = dict(list(by_day.items())[-SHOWN_DAYS:])
    return {
        "days": _volumes(gettext("Decisions by day"), gettext("Day"), recent),
        "weeks": _volumes(gettext("Decisions by week"), gettext("Week"), by_week),
        "rates": _rates(by_week),
        **_drift(served, now),
        **_performance(served),
    }


def _count_days(portfolio: str, now: datetime) -> dict[str, Counts | None]:
    """The outcomes of each day of the shown weeks; none for a day that is not counted yet."""
    today = now.astimezone(UTC).date()
    first = _monday(today) - timedelta(weeks=SHOWN_WEEKS - 1)
    counted = {one.day: one.cells for one in days.find(first)}
    if live := days.count_today(now):
        counted[today] = live
    every = (first + timedelta(days=back) for back in range((today - first).days + 1))
    return {
        day.isoformat(): _outcomes(counted[day], portfolio) if day in counted else None
        for day in every
    }


def _outcomes(cells: Iterable[Cell], portfolio: str) -> Counts:
    counts: Counter[Outcome] = Counter()
    for cell in cells:
        if cell.portfolio == portfolio:
            counts[Outcome(cell.decision)] += cell.cases
    return counts


def _count_weeks(by_day: Mapping[str, Counts | None]) -> dict[str, Counts | None]:
    """The outcomes of each week; none for one without a counted day."""
    weeks: dict[str, Counts | None] = {}
    for day, counts in by_day.items():
        year, number, _ = date.fromisoformat(day).isocalendar()
        name = f"{year}-W{number:02d}"
        before = weeks.setdefault(name, None)
        if counts is not None:
            weeks[name] = Counter(before or {}) + Counter(counts)
    return weeks


def _volumes(title: str, column: str, counted: Mapping[str, Counts | None]) -> StackedChart:
    def points(outcome: Outcome) -> list[Point]:
        return [
            Point(one.get(outcome, 0)) if one is not None else Point() for one in counted.values()
        ]

    series = [Series(name, points(outcome)) for outcome, name in _names().items()]
    return StackedChart(title, column, list(counted), series, write_whole)


def _rates(by_week: Mapping[str, Counts | None]) -> LineChart:
    names = {
        Outcome.APPROVE: gettext("approved automatically"),
        Outcome.REFER: gettext("referred to a person"),
    }
    series = [
        Series(name, [_share(counts, outcome) for counts in by_week.values()])
        for outcome, name in names.items()
    ]
    title = gettext("Approval and referral rates by week")
    return LineChart(title, gettext("Week"), list(by_week), series, write_share)


def _share(counts: Counts | None, outcome: Outcome) -> Point:
    total = sum(counts.values()) if counts else 0
    if not counts or not total:
        return Point()
    share = Proportion(counts.get(outcome, 0), total)
    return Point(share.value, *share.interval)


def _names() -> dict[Outcome, str]:
    return {
        Outcome.APPROVE: gettext("Approve"),
        Outcome.REFER: gettext("Refer to a person"),
        Outcome.DECLINE: gettext("Decline"),
    }


def _drift(served: ServedModel, now: datetime) -> dict[str, Chart]:
    found = keeping.find(served, now)
    drawn: dict[str, Chart] = {}
    if found.recent and found.recent.is_enough:
        population = population_of(served)
        then = gettext("then (hold-out)"), population.own().score
        names: Sequence[object] = name_score_bins(population.score)
        title = gettext("The score then and now")
        drawn["scores"] = chart_then_and_now(title, names, then, found.recent.tally.score)
    if any(found.weeks.values()):
        title = gettext("PSI of the score by week")
        drawn["drift"] = chart_weeks(title, found.weeks, SCORE, Measure.PSI)
    return drawn


def _performance(served: ServedModel) -> dict[str, Chart]:
    report = kept.find(served.deployment.portfolio)
    if report is None:
        return {}
    charts = charts_of(report)
    return {"bad-rates": charts.bad_rates, "areas": charts.areas}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
