"""When each policy was, is or will be in force."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from creditapp.policy.table import PolicyVersion


class State(StrEnum):
    """What became of a policy."""

    PLANNED = "planned"
    IN_FORCE = "in force"
    PAST = "past"
    NEVER = "never in force"


class Term(NamedTuple):
    """A policy, and what became of it; `ends_at` is when a newer one takes its place, if one does."""

    row: PolicyVersion
    state: State
    ends_at: datetime | None


def terms_of(newest_first: Sequence[PolicyVersion], now: datetime) -> list[Term]:
    """What became of each policy: a newer one takes the place of all older ones when it begins."""
    found, ends_at = [], None
    for row in newest_first:
        found.append(Term(row, _state(row, ends_at, now), ends_at))
        ends_at = min(row.begins_at, ends_at or row.begins_at)
    return found


def _state(row: PolicyVersion, ends_at: datetime | None, now: datetime) -> State:
    if row.starts_at and ends_at and ends_at <= row.starts_at:
        return State.NEVER
    if row.starts_at and row.starts_at > now:
        return State.PLANNED
    return State.PAST if ends_at and ends_at <= now else State.IN_FORCE
