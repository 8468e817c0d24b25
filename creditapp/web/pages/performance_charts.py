"""The charts of the page on performance."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import gettext

from creditapp.performance.measures import Figures
from creditapp.performance.report import Report
from creditapp.web.charts import LineChart, Point, Series, Write, write_index, write_share
from creditapp.web.writing import grouped


class Charts(NamedTuple):
    """What was predicted and realised by band of score, and by month."""

    bands: LineChart
    bad_rates: LineChart
    areas: LineChart
    profits: LineChart


def charts_of(report: Report) -> Charts:
    """Draw a report; a chart without values says so."""
    labels = [str(row.label) for row in report.months]
    months = [row.figures for row in report.months]
    return Charts(
        bands=_bands(report),
        bad_rates=_by_month(
            gettext("Bad rate by month of decision"),
            labels,
            {
                gettext("predicted"): [Point(one.predicted) for one in months],
                gettext("realised"): [_realised(one) for one in months],
                gettext("estimated"): [Point(one.estimated_bad) for one in months],
            },
            write_share,
        ),
        areas=_by_month(
            gettext("ROC AUC by month of decision"),
            labels,
            {
                gettext("estimated"): [
                    Point(one.estimated_auc, *one.estimated_auc_interval) for one in months
                ],
                gettext("realised"): [Point(one.auc, one.auc_low, one.auc_high) for one in months],
            },
            write_index,
        ),
        profits=_by_month(
            gettext("Profit of mature credits by month of decision"),
            labels,
            {
                gettext("expected"): [Point(one.expected_profit) for one in months],
                gettext("realised"): [Point(one.realised_profit) for one in months],
            },
            whole,
        ),
    )


def whole(value: float) -> str:
    """A number without digits after the point."""
    return grouped(value)


def _bands(report: Report) -> LineChart:
    labels = [write_share(band.high) for band in report.bands]
    series = [
        Series(gettext("predicted"), [Point(band.predicted) for band in report.bands]),
        Series(
            gettext("realised"),
            [Point(band.realised.value, *band.realised.interval) for band in report.bands],
        ),
    ]
    title = gettext("Bad rate by band of the predicted probability of bad")
    return LineChart(title, gettext("Predicted bad up to"), labels, series, write_share)


def _by_month(
    title: str, labels: Sequence[str], series: dict[str, list[Point]], write: Write
) -> LineChart:
    lines = [Series(name, points) for name, points in series.items()]
    return LineChart(title, gettext("Month"), labels, lines, write)


def _realised(one: Figures) -> Point:
    return Point(one.realised.value, *one.realised.interval) if one.mature else Point(math.nan)
