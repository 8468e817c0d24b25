"""The kinds of data that go after their time: how long each is kept, which is the oldest, and how it goes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import InstrumentedAttribute, Session

from creditapp.database.expiry import delete_before, find_oldest
from creditapp.decisions import erasures
from creditapp.decisions.once import KeptAnswer
from creditapp.files.uploads import Upload
from creditapp.identity import api_keys
from creditapp.identity.actors import Actor
from creditapp.identity.sign_in_table import SignIn
from creditapp.retention.groups import DECISIONS, ERASURES, EVENTS, Group
from creditapp.retention.record import expire

DAYS_OF_MONTH = 30.4375


class Periods(Protocol):
    """The settings that say how long data is kept; 0 is for ever."""

    @property
    def keep_answers_months(self) -> int:
        """For answers, references and reviewers' words."""

    @property
    def idempotency_hours(self) -> int:
        """For answers to requests with an `Idempotency-Key`."""

    @property
    def keep_uploads_days(self) -> int:
        """For files that people upload, with their results."""

    @property
    def keep_sign_ins_months(self) -> int:
        """For sign-ins that have ended."""

    @property
    def keep_keys_months(self) -> int:
        """For keys that expired or were revoked."""

    @property
    def keep_decisions_months(self) -> int:
        """For decisions, and for erasures."""

    @property
    def keep_events_months(self) -> int:
        """For events."""


class Deletion(Protocol):
    """Deletes what is from before a time, and returns how much that is; a dry run only counts."""

    def __call__(self, before: datetime, actor: Actor, /, *, dry_run: bool) -> int:
        """Delete it.

        Raises:
            NotSealed: it may only go once it is sealed, and nothing is.
            DatabaseUnavailable: not all of it was deleted; the next run goes on.
        """


@dataclass(frozen=True)
class Kind:
    """A kind of data.

    `keep` reads its time from the settings, and is zero for ever. `find_oldest` tells when the oldest that is
    from before a time was made; it reads a few rows.
    """

    name: str
    keep: Callable[[Periods], timedelta]
    find_oldest: Callable[[Session, datetime], datetime | None]
    delete: Deletion

    def before(self, periods: Periods) -> datetime | None:
        """The time before which data is overdue; none if it is kept for ever."""
        keep = self.keep(periods)
        return datetime.now(UTC) - keep if keep else None

    def overdue_seconds(self, session: Session, periods: Periods) -> float:
        """By how long the oldest is past its time; 0 if nothing is."""
        before = self.before(periods)
        oldest = before and self.find_oldest(session, before)
        return (before - oldest).total_seconds() if before and oldest else 0.0


def _months(number: int) -> timedelta:
    return timedelta(days=number * DAYS_OF_MONTH)


def _dated(
    name: str, keep: Callable[[Periods], timedelta], column: InstrumentedAttribute[datetime]
) -> Kind:
    """A kind whose rows are deleted by one column."""

    def find(session: Session, before: datetime) -> datetime | None:
        return find_oldest(session, column, before)

    def delete(before: datetime, _actor: Actor, *, dry_run: bool) -> int:
        return delete_before(column, before, dry_run=dry_run)

    return Kind(name, keep, find, delete)


def _sealed(name: str, keep: Callable[[Periods], timedelta], group: Group) -> Kind:
    """A kind whose rows are sealed."""

    def delete(before: datetime, actor: Actor, /, *, dry_run: bool) -> int:
        return expire(group, before, actor, dry_run=dry_run)

    return Kind(name, keep, group.find_oldest, delete)


KINDS = (
    Kind(
        "answers",
        lambda periods: _months(periods.keep_answers_months),
        erasures.find_oldest,
        erasures.erase_older,
    ),
    _dated(
        "kept answers to requests",
        lambda periods: timedelta(hours=periods.idempotency_hours),
        KeptAnswer.made_at,
    ),
    _dated(
        "uploaded files",
        lambda periods: timedelta(days=periods.keep_uploads_days),
        Upload.created_at,
    ),
    _dated(
        "sign-ins",
        lambda periods: _months(periods.keep_sign_ins_months),
        SignIn.expires_at,
    ),
    Kind(
        "keys",
        lambda periods: _months(periods.keep_keys_months),
        api_keys.find_oldest_ended,
        lambda before, _actor, /, *, dry_run: api_keys.delete_ended(before, dry_run=dry_run),
    ),
    _sealed("decisions", lambda periods: _months(periods.keep_decisions_months), DECISIONS),
    _sealed("erasures", lambda periods: _months(periods.keep_decisions_months), ERASURES),
    _sealed("events", lambda periods: _months(periods.keep_events_months), EVENTS),
)
