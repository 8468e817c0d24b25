"""Charts as files: the figures as CSV, and the drawing as an SVG that stands by itself."""

import math
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlencode

from flask import Response, render_template, request
from flask_babel import gettext

from creditapp.exceptions import NotFound
from creditapp.spreadsheets import csv_text
from creditapp.web.charts import Chart, Point

KINDS = ("csv", "svg")


def find_file(charts: Mapping[str, Chart]) -> Response | None:
    """The chart that the address of a page asks for by `chart` and `as`, as a file; none if it asks for none.

    Raises:
        NotFound: the page has no such chart.
    """
    if "chart" not in request.args:
        return None
    name, kind = request.args["chart"], request.args.get("as")
    if name not in charts or kind not in KINDS:
        raise NotFound(gettext("There is no such chart. The page has links to all of its charts."))
    return _answer_with(charts[name], name, kind)


def addresses_of(
    names: Iterable[str], page: str | None = None, query: Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """The addresses of charts as files, by name and kind.

    Args:
        names: those of the charts.
        page: the address of the page that has them, without its query; this request's by default.
        query: what the page needs to draw them; this request's query by default.
    """
    said = request.args.items(multi=True) if query is None else query.items()
    here = [pair for pair in said if pair[0] not in ("chart", "as")]
    start = f"{page or request.script_root + request.path}?"
    return {
        name: {kind: start + urlencode([*here, ("chart", name), ("as", kind)]) for kind in KINDS}
        for name in names
    }


def _answer_with(chart: Chart, name: str, kind: str) -> Response:
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
