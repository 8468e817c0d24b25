"""Charts as files: the figures as CSV, and the drawing as an SVG that stands by itself."""

import csv
import io
import math
from collections.abc import Iterator

from flask import Response, render_template

from creditapp.web.charts import Chart, Point

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""https://owasp.org/www-community/attacks/CSV_Injection"""
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
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_safe(chart.column), *map(_safe, _names(chart))])
    for place, label in enumerate(chart.labels):
        numbers = [
            number
            for series in chart.series
            for number in _numbers(series.points[place], _has_intervals(series.points))
        ]
        writer.writerow([_safe(label), *numbers])
    return text.getvalue()


def _names(chart: Chart) -> Iterator[str]:
    for series in chart.series:
        yield series.name
        if _has_intervals(series.points):
            yield f"{series.name} (low)"
            yield f"{series.name} (high)"


def _has_intervals(points: object) -> bool:
    return any(point.has_interval for point in points)  # type: ignore[attr-defined]


def _numbers(point: Point, with_interval: bool) -> list[str]:
    values = point if with_interval else point[:1]
    return ["" if math.isnan(value) else f"{value:.10g}" for value in values]


def _safe(text: str) -> str:
    """A text that a spreadsheet takes for no formula."""
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text
