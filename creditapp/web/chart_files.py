"""Charts as files: the figures as CSV, and the drawing as an SVG that stands by itself."""

import math
from collections.abc import Iterator

from flask import Response, render_template

from creditapp.spreadsheets import csv_text
from creditapp.web.charts import Chart, Point

KINDS = ("csv", "svg")


def answer_with(chart: Chart, name: str, kind: str) -> Response:
    """A chart as a file to keep, of one of `KINDS`."""
    if kind == "csv":
        response = Response(as_csv(chart), content_type="text/csv; charset=utf-8")
    else:
        response = Response(render_template("chart.svg", chart=chart), mimetype="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def as_csv(chart: Chart) -> str:
    """The figures, one line for each label; a series with intervals has three columns."""
    return csv_text([[chart.column, *_names(chart)], *_rows(chart)])


def _rows(chart: Chart) -> Iterator[list[object]]:
    for place, label in enumerate(chart.labels):
        yield [
            label,
            *(
                number
                for series in chart.series
                for number in _numbers(series.points[place], _has_intervals(series.points))
            ),
        ]


def _names(chart: Chart) -> Iterator[str]:
    for series in chart.series:
        yield series.name
        if _has_intervals(series.points):
            yield f"{series.name} (low)"
            yield f"{series.name} (high)"


def _has_intervals(points: object) -> bool:
    return any(point.has_interval for point in points)  # type: ignore[attr-defined]


def _numbers(point: Point, with_interval: bool) -> list[float | None]:
    values = point if with_interval else point[:1]
    return [None if math.isnan(value) else _rounded(value) for value in values]


def _rounded(value: float) -> float:
    number = float(f"{value:.10g}")
    return int(number) if number.is_integer() else number
