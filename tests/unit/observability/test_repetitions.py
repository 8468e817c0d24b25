"""What the log holds of a failure that repeats itself."""

import logging
from collections.abc import Iterator

import pytest

from creditapp.observability.repetitions import MAY_REPEAT, FirstThenCount


class Log:
    """A logger of a test's own, with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        self.logger = logging.Logger("a test")
        handler = logging.Handler()
        handler.addFilter(FirstThenCount(lambda: self.now))
        formatter = logging.Formatter("%(message)s")
        handler.emit = lambda record: self.lines.append(formatter.format(record))  # type: ignore[method-assign]
        self.logger.addHandler(handler)

    def fail(self, kind: type[Exception] = ValueError) -> None:
        """Write a failure with its traceback."""
        try:
            raise kind("broken")
        except kind:
            self.logger.exception("it failed in %s", "a place")


@pytest.fixture
def log() -> Iterator[Log]:
    """A log with nothing in it."""
    return Log()


def test_the_first_failure_has_a_traceback_and_the_next_ones_a_line(log: Log) -> None:
    """Each failure has its line."""
    for _ in range(5):
        log.fail()
    assert "Traceback" in log.lines[0]
    assert log.lines[1:] == ["it failed in a place"] * 4


def test_after_a_minute_the_traceback_comes_again_with_the_number(log: Log) -> None:
    """Somebody who looks at the end of a long log finds it."""
    for _ in range(5):
        log.fail()
    log.now = 59.9
    log.fail()
    log.now = 60
    log.fail()
    assert "Traceback" not in log.lines[-2]
    assert "Traceback" in log.lines[-1]
    assert "(5 more since the last such line)" in log.lines[-1]


def test_another_failure_has_its_own_traceback(log: Log) -> None:
    """Also if it comes from the same line."""
    log.fail()
    log.fail(KeyError)
    assert all("Traceback" in line for line in log.lines)


def test_a_line_that_may_repeat_is_left_out_and_counted(log: Log) -> None:
    """Others are written each time."""
    for second in range(130):
        log.now = second
        log.logger.warning("not read: %s", second, extra=MAY_REPEAT)
        log.logger.warning("another")
    lines = [line for line in log.lines if line != "another"]
    assert lines == [
        "not read: 0",
        "not read: 60 (59 more since the last such line)",
        "not read: 120 (59 more since the last such line)",
    ]
    assert log.lines.count("another") == 130
