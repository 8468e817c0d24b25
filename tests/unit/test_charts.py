"""Charts place their marks by the values, and break where there are none."""

import math

import pytest

from creditapp.web.charts import BOTTOM, TOP, BarChart, LineChart, Point, Series, scale


def written(value: float) -> str:
    """A value with one digit."""
    return f"{value:.1f}"


def chart(*values: float) -> LineChart:
    """A chart of one series."""
    points = [Point(value) for value in values]
    labels = [str(one) for one in range(len(values))]
    return LineChart("Rates", "Month", labels, [Series("a", points)], written)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((0.0, 1.0), (0.0, 1.0, 0.5)),
        ((0.13, 0.41), (0.1, 0.5, 0.1)),
        ((-3, 17), (-5, 20, 5)),
        ((0.02, 0.02), (0.01, 0.03, 0.005)),
        ((0, 0), (0.0, 1.0, 0.5)),
    ],
)
def test_a_scale_has_round_numbers_and_holds_all(
    values: tuple[float, float], ends: tuple[float, float, float]
) -> None:
    """Also where all values are the same."""
    low, high, step = scale(*values)
    assert low <= values[0] <= values[1] <= high
    assert step in (pytest.approx(ends[2]), pytest.approx(ends[2] / 2))
    assert round((high - low) / step) <= 6


def test_the_lowest_and_the_highest_stand_at_the_edges() -> None:
    """A value of the scale's end is at the end of the paper."""
    made = chart(0.0, 1.0)
    low, high = made.marks(made.series[0])
    assert (low.y, high.y) == (BOTTOM, TOP)
    assert low.x < high.x
    assert [text for _, text in made.ticks] == ["0.0", "0.5", "1.0"]


def test_a_line_breaks_where_a_value_is_missing() -> None:
    """No line is drawn through what is not known."""
    made = chart(0.1, 0.2, math.nan, 0.4)
    lines = list(made.lines(made.series[0]))
    assert [len(line.split()) for line in lines] == [2, 1]
    assert len(list(made.marks(made.series[0]))) == 3


def test_an_interval_reaches_from_its_lower_to_its_upper_end() -> None:
    """Downwards on paper is a smaller value."""
    series = Series("a", [Point(0.5, 0.2, 0.9)])
    [mark] = LineChart("t", "c", ["x"], [series], written).marks(series)
    assert mark.low > mark.y > mark.high


def test_the_interval_of_what_is_not_known_does_not_widen_the_scale() -> None:
    """Nothing is drawn there."""
    points = [Point(0.5), Point(math.nan, 0.0, 1.0), Point(0.6)]
    made = LineChart("t", "c", ["x", "y", "z"], [Series("a", points)], written)
    assert made.ticks[0][1] == "0.5"


def test_nothing_is_an_empty_chart() -> None:
    """And can be asked for its scale."""
    made = chart(math.nan)
    assert made.is_empty
    assert made.ticks
    assert not chart(0.0).is_empty


def test_there_is_room_for_ten_labels() -> None:
    """Of more every second one, or third."""
    assert len(chart(*[0.1] * 26).places) == 9
    assert len(chart(*[0.1] * 9).places) == 9


def test_the_longest_bar_is_that_of_the_largest_value() -> None:
    """Others are in proportion."""
    then, now = (
        Series("then", [Point(0.2), Point(0.8)]),
        Series("now", [Point(0.4), Point(math.nan)]),
    )
    rows = list(BarChart("t", "c", ["a", "b"], [then, now], written).rows())
    lengths = [[length for _, length, _ in bars] for _, _, bars in rows]
    assert lengths[0][1] == pytest.approx(2 * lengths[0][0], abs=0.1)
    assert lengths[1][0] == pytest.approx(4 * lengths[0][0], abs=0.2)
    assert lengths[1][1] == 0
    assert rows[0][2][0][2] == "0.2"
