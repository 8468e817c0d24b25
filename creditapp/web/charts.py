"""Charts that the server draws as SVG: where each mark stands, for `templates/charts.html`.

Series differ in dash and marker as well as in colour, and each chart has its figures as a table.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from creditapp.applications.localisation import in_readers_figures

LEFT, RIGHT, TOP, BOTTOM = 64, 704, 12, 224
"""The edges of the plot, in units of the drawing."""

MOST_LABELS = 10
MOST_DATES = 7
STEPS = 4
"""About so many steps between the lines of the scale."""

NAME_WIDTH, BAR_HEIGHT, GAP = 260, 9, 8

Write = Callable[[float], str]


class Point(NamedTuple):
    """A value with its interval; NaN where there is none."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan

    @property
    def has_interval(self) -> bool:
        """Whether the interval is known."""
        return not (math.isnan(self.low) or math.isnan(self.high))


class Series(NamedTuple):
    """One line of a chart, with a point for each label; a limit has no markers."""

    name: str
    points: Sequence[Point]
    is_limit: bool = False


class Mark(NamedTuple):
    """Where a point stands, and the ends of its interval, which may be the same place."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class LineChart:
    """Series over the same labels; `column` says what the labels are, `write` gives a value in words."""

    title: str
    column: str
    labels: Sequence[str]
    series: Sequence[Series]
    write: Write

    @property
    def is_empty(self) -> bool:
        """Whether no series has a value."""
        return not self._values

    @cached_property
    def ticks(self) -> list[tuple[float, str]]:
        """The heights of the lines of the scale, each with its text."""
        return [(self._height(value), self.write(value)) for value in steps(self._scale)]

    @property
    def places(self) -> list[tuple[float, str]]:
        """The labels that there is room for, each with its place from the left."""
        return [(self._place(index), label) for index, label in some(self.labels, MOST_LABELS)]

    def lines(self, series: Series) -> Iterator[str]:
        """The points of each unbroken part of a series, as SVG writes them."""
        marks = [None if math.isnan(point.value) else point for point in series.points]
        for is_gap, part in groupby(enumerate(marks), key=lambda pair: pair[1] is None):
            if not is_gap:
                yield " ".join(
                    f"{self._place(index):.1f},{self._height(point.value):.1f}"
                    for index, point in part
                    if point
                )

    def marks(self, series: Series) -> Iterator[Mark]:
        """Where the points of a series stand."""
        for index, point in enumerate(series.points):
            if not math.isnan(point.value):
                y = self._height(point.value)
                ends = (point.low, point.high) if point.has_interval else (point.value, point.value)
                low, high = map(self._height, ends)
                yield Mark(round(self._place(index), 1), y, low, high)

    @cached_property
    def _values(self) -> list[float]:
        points = [point for series in self.series for point in series.points]
        known = [point for point in points if not math.isnan(point.value)]
        return [number for point in known for number in point if not math.isnan(number)]

    @cached_property
    def _scale(self) -> tuple[float, float, float]:
        return scale(min(self._values, default=0.0), max(self._values, default=1.0))

    def _height(self, value: float) -> float:
        low, high, _ = self._scale
        return round(BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low), 1)

    def _place(self, index: int) -> float:
        return LEFT + (RIGHT - LEFT) * (index + 0.5) / max(len(self.labels), 1)


@dataclass(frozen=True)
class BarChart:
    """For each label a bar of each series, side by side, from 0 to the largest value."""

    title: str
    column: str
    labels: Sequence[str]
    series: Sequence[Series]
    write: Write

    @property
    def height(self) -> int:
        """The height of the drawing."""
        return len(self.labels) * self._row + GAP

    @property
    def is_empty(self) -> bool:
        """Whether no series has a value."""
        return not (self.labels and self.series)

    def rows(self) -> Iterator[tuple[str, float, list[tuple[float, float, str]]]]:
        """Each label with its height, and of each of its bars the top, the length and the text."""
        values = [point.value for series in self.series for point in series.points]
        most = max((value for value in values if not math.isnan(value)), default=0.0) or 1.0
        for index, label in enumerate(self.labels):
            top = GAP + index * self._row
            found = [series.points[index].value for series in self.series]
            bars = [
                (
                    float(top + place * BAR_HEIGHT),
                    0.0
                    if math.isnan(value)
                    else round((RIGHT - 60 - NAME_WIDTH) * value / most, 1),
                    "" if math.isnan(value) else self.write(value),
                )
                for place, value in enumerate(found)
            ]
            yield label, top + len(self.series) * BAR_HEIGHT / 2, bars

    @property
    def _row(self) -> int:
        return len(self.series) * BAR_HEIGHT + GAP


@dataclass(frozen=True)
class StackedChart:
    """For each label one column, in which the series stand on each other, the first at the bottom."""

    title: str
    column: str
    labels: Sequence[str]
    series: Sequence[Series]
    write: Write

    @property
    def is_empty(self) -> bool:
        """Whether no series has a value over zero."""
        return not any(self._totals)

    @cached_property
    def ticks(self) -> list[tuple[float, str]]:
        """The heights of the lines of the scale, each with its text."""
        return [(self._height(value), self.write(value)) for value in steps(self._scale)]

    @property
    def places(self) -> list[tuple[float, str]]:
        """The labels that there is room for, each with its place from the left."""
        return [
            (LEFT + self._width * (index + 0.5), label)
            for index, label in some(self.labels, MOST_DATES)
        ]

    def blocks(self, place: int) -> Iterator[tuple[float, float, float, float]]:
        """The blocks of one series: left, top, width and height of each that is over zero."""
        for index in range(len(self.labels)):
            below = sum(_known(series.points[index]) for series in self.series[:place])
            value = _known(self.series[place].points[index])
            if value > 0:
                top, bottom = self._height(below + value), self._height(below)
                left = LEFT + self._width * (index + 0.15)
                yield round(left, 1), top, round(self._width * 0.7, 1), round(bottom - top, 1)

    @property
    def _width(self) -> float:
        return (RIGHT - LEFT) / max(len(self.labels), 1)

    @cached_property
    def _totals(self) -> list[float]:
        return [
            sum(_known(series.points[index]) for series in self.series)
            for index in range(len(self.labels))
        ]

    @cached_property
    def _scale(self) -> tuple[float, float, float]:
        return scale(0.0, max(self._totals, default=0.0))

    def _height(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * value / self._scale[1], 1)


Chart = LineChart | BarChart | StackedChart


def _known(point: Point) -> float:
    return 0.0 if math.isnan(point.value) else point.value


def scale(lowest: float, highest: float) -> tuple[float, float, float]:
    """Round ends and a round step (1, 2 or 5 times a power of ten) of a scale that holds two values."""
    if highest <= lowest:
        reach = 0.5 * abs(lowest)
        lowest, highest = lowest - reach, highest + (reach or 1.0)
    rough = (highest - lowest) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if rough <= one * power)
    return math.floor(lowest / step) * step, math.ceil(highest / step) * step, step


def steps(of: tuple[float, float, float]) -> list[float]:
    """The values of a scale, from its lowest to its highest end."""
    low, high, step = of
    return [low + place * step for place in range(round((high - low) / step) + 1)]


def some(labels: Sequence[str], most: int) -> list[tuple[int, str]]:
    """Labels at even distances, at most so many, each with its index."""
    every = math.ceil(len(labels) / most) or 1
    return [(index, label) for index, label in enumerate(labels) if index % every == 0]


def write_index(value: float) -> str:
    """A number with three digits."""
    return in_readers_figures(f"{value:.3f}")


def write_whole(value: float) -> str:
    """A whole number."""
    return f"{value:,.0f}"


def write_share(value: float) -> str:
    """A share in percent."""
    return in_readers_figures(f"{100 * value:.1f} %")
