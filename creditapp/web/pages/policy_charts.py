"""The charts of the workbench: what each single cut-off would cost, and whom it would approve."""

from collections.abc import Callable, Sequence

from flask_babel import format_decimal, format_percent, gettext

from creditapp.policy.definition import Policy
from creditapp.simulation.outcomes import Point as Step
from creditapp.web.charts import LineChart, Point, Series

EVERY = 5
"""Each fifth of the hundred cut-offs is drawn, so that the marks can be told apart."""


def cost_chart(curve: Sequence[Step], tried: Policy) -> LineChart:
    """The expected cost per applicant by a single cut-off, and where the tried cut-offs are."""
    return _chart(
        gettext("Expected cost per applicant; a declined good credit costs 1"),
        gettext("cost per applicant"),
        curve,
        tried,
        lambda step: step.cost,
        _cost,
    )


def approved_chart(curve: Sequence[Step], tried: Policy) -> LineChart:
    """The share of applicants approved by a single cut-off, and where the tried cut-offs are."""
    return _chart(
        gettext("Share of applicants approved, in percent"),
        gettext("approved"),
        curve,
        tried,
        lambda step: step.approved,
        _percent,
    )


def _chart(
    title: str,
    name: str,
    curve: Sequence[Step],
    tried: Policy,
    value: Callable[[Step], float],
    write: Callable[[float], str],
) -> LineChart:
    steps = curve[::EVERY]
    series = [Series(name, [Point(value(step)) for step in steps])]
    for label, cut_off in (
        (gettext("tried: approve from"), tried.low_risk_from),
        (gettext("tried: refer from"), tried.medium_risk_from),
    ):
        nearest = min(range(len(steps)), key=lambda place: abs(steps[place].cut_off - cut_off))
        points = [Point(value(step)) if at == nearest else Point() for at, step in enumerate(steps)]
        series.append(Series(f"{label} {format_decimal(cut_off)}", points))
    return LineChart(
        title=title,
        column=gettext("Single cut-off on the probability of good credit"),
        labels=[format_decimal(step.cut_off, "0.00") for step in steps],
        series=series,
        write=write,
    )


def _cost(value: float) -> str:
    return str(format_decimal(value, "0.00"))


def _percent(value: float) -> str:
    return str(format_percent(value, "0 %"))
