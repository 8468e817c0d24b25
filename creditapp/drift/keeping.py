"""Keeps looks up to date: at the recent days, and at each week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from creditapp.drift import table
from creditapp.drift.look import DAYS, Look, look, look_at
from creditapp.drift.periods import Period, last_weeks, recent
from creditapp.serving.served_model import ServedModel

WEEKS = 26


@dataclass(frozen=True)
class Kept:
    """The looks that are kept of a model: at the recent days, none before the first, and at its weeks."""

    recent: Look | None
    weeks: dict[str, Look | None]


def find(served: ServedModel, now: datetime, weeks: int = WEEKS) -> Kept:
    """The looks that are kept of a model, the oldest week first; none where one is missing.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    days = recent(DAYS, now).name
    names = [week.name for week in _weeks_of(served, weeks, now)]
    found = table.find(served.deployment.generation, [days, *names])
    return Kept(found.get(days), {name: found.get(name) for name in names})


def look_again(served: ServedModel, now: datetime) -> Look:
    """Look at the recent days of a model, and keep what was found.

    Raises:
        DatabaseUnavailable: the decisions cannot be read, or the look cannot be kept.
    """
    found = look(served, now)
    table.keep(served.deployment.generation, found)
    return found


def look_at_weeks(served: ServedModel, now: datetime, weeks: int = WEEKS) -> Iterator[str]:
    """Look at the weeks of a model that were not settled at the last look, and keep each; gives their names.

    Raises:
        DatabaseUnavailable: the decisions cannot be read, or a look cannot be kept.
    """
    generation = served.deployment.generation
    periods = _weeks_of(served, weeks, now)
    found = table.find(generation, [period.name for period in periods])
    for period in reversed(periods):
        last = found.get(period.name)
        if last is None or not period.is_settled(last.looked_at):
            table.keep(generation, look_at(period, served, now))
            yield period.name


def _weeks_of(served: ServedModel, count: int, now: datetime) -> list[Period]:
    """The last weeks in which a model was served."""
    since = served.deployment.deployed_at
    return [week for week in last_weeks(count, now) if week.until > since]
