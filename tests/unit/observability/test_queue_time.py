"""The time in the queue, from what a proxy wrote down."""

import pytest

from creditapp.observability.queue_time import waited_seconds

NOW = 1_795_000_000.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("t=1794999998.250", 2.25),
        ("t=1795000000.500", 0.0),
        ("t=1795000001.000", 0.0),  # a clock that is half a second ahead
        ("t=1795000001.600", None),
        ("t=1794999399.000", None),
        ("t=0.000", None),
        ("t=1794999998250", None),
        ("1794999998.250", None),
        ("t=1794999998.250, t=1794999998.250", None),
        ("t=nan", None),
        ("t=-1.000", None),
        ("t=" + "9" * 400 + ".000", None),
        ("", None),
    ],
)
def test_only_a_moment_of_the_last_minutes_counts(header: str, seconds: float | None) -> None:
    """A wrong clock, or a text of somebody else's, must not spoil the histogram."""
    assert waited_seconds(header, NOW) == seconds
