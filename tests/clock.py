"""A clock that stands still, for tests of what depends on the time."""

from types import ModuleType

import pytest

MINUTE = 1_800_000_000.0
"""The beginning of a minute, in seconds since 1970."""


class Clock:
    """Takes the place of the `time` module; it moves only when a test says so."""

    def __init__(self) -> None:
        self.now = MINUTE

    def time(self) -> float:
        """Seconds since 1970."""
        return self.now

    def monotonic(self) -> float:
        """The same: nothing compares the two."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def stop_clock(monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> Clock:
    """Give modules that say `time.time()` or `time.monotonic()` a clock that stands still."""
    clock = Clock()
    for module in modules:
        monkeypatch.setattr(module, "time", clock)
    return clock
