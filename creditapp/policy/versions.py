"""The policy in force, planned ones and their history: one row per change."""

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from creditapp.database import news
from creditapp.database.session import lock_table, reading, writing
from creditapp.exceptions import BadPolicy, PolicyChanged
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked
from creditapp.policy.definition import DEFAULT_POLICY, Policy, check_cut_offs, check_repeats
from creditapp.policy.points import check_scale
from creditapp.policy.table import PolicyVersion
from creditapp.policy.terms import State, Term, terms_of
from creditapp.row_numbers import is_row_number

NEWEST_FIRST = select(PolicyVersion).order_by(PolicyVersion.version.desc())


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def in_force() -> Policy:
    """The policy that all workers should decide by; the default before the first change."""
    begun = or_(PolicyVersion.starts_at.is_(None), PolicyVersion.starts_at <= _now())
    with reading() as session:
        newest = session.scalar(NEWEST_FIRST.where(begun).limit(1))
    return newest.policy if newest else DEFAULT_POLICY


def seconds_until_next() -> float:
    """The seconds until a planned policy begins; infinity where none is planned."""
    query = select(func.min(PolicyVersion.starts_at)).where(PolicyVersion.starts_at > _now())
    with reading() as session:
        start = session.scalar(query)
    return max((start - _now()).total_seconds(), 0.0) if start else math.inf


def find(version: str) -> Policy:
    """The policy of a version, as decisions name it.

    Raises:
        BadPolicy: no policy has this version.
    """
    if version == DEFAULT_POLICY.version:
        return DEFAULT_POLICY
    with reading() as session:
        row = session.get(PolicyVersion, int(version)) if is_row_number(version) else None
    if row is None:
        raise BadPolicy(marked("no policy has the version %(version)s"), version=version[:20])
    return row.policy


def history() -> Sequence[PolicyVersion]:
    """All changes, newest first."""
    with reading() as session:
        return session.scalars(NEWEST_FIRST).all()


def terms() -> list[Term]:
    """All changes, newest first, with what became of each."""
    return terms_of(history(), _now())


def planned() -> list[Term]:
    """The policies that will come into force, newest first."""
    return [term for term in terms() if term.state is State.PLANNED]


def newest_version() -> str:
    """The version of the newest policy, in force or planned."""
    with reading() as session:
        return _newest_version(session)


def put_in_force(
    policy: Policy,
    actor: Actor,
    reason: str,
    *,
    instead_of: str | None = None,
    starts_at: datetime | None = None,
    also: Callable[[Session], None] | None = None,
) -> Policy:
    """Make all workers decide by a policy from a time on, or at once; return it with its new version.

    The row, its event and what `also` does are one transaction. `instead_of` is the newest version that the
    caller saw, in force or planned. Policies that are planned and begin no earlier than this one never come
    into force.

    Raises:
        BadPolicy: a value or the time is wrong, or the reason is missing; nothing changed.
        PolicyChanged: there is a newer policy than `instead_of`; nothing changed.
    """
    check_cut_offs(policy.low_risk_from, policy.medium_risk_from)
    if policy.points:
        check_scale(policy.points)
    check_repeats(policy.refer_repeats_days)
    if not reason.strip():
        raise BadPolicy(marked("a reason is required"))
    check_start(starts_at)
    row = PolicyVersion(
        low_risk_from=policy.low_risk_from,
        medium_risk_from=policy.medium_risk_from,
        rules=[rule.as_document() for rule in policy.rules],
        points=policy.points.as_document() if policy.points else None,
        refer_repeats_days=policy.refer_repeats_days,
        starts_at=starts_at,
        set_at=_now(),
        set_by=actor.label[:100],
        reason=reason,
    )
    with writing() as session:
        _check_still_newest(session, instead_of)
        if also:
            also(session)
        session.add(row)
        session.flush()
        news.announce(session)
        audit.note(session, actor, Action.POLICY_CHANGED, f"policy {row.version}", _detail(row))
        return row.policy


def check_start(starts_at: datetime | None) -> None:
    """Check that a policy begins at a time to come, with an offset from UTC; None is at once.

    Raises:
        BadPolicy: it does not.
    """
    if starts_at is None:
        return
    if starts_at.tzinfo is None:
        raise BadPolicy(
            marked("from (%(starts_at)s) needs an offset from UTC, as in 2030-01-31T09:00+00:00"),
            starts_at=starts_at,
        )
    if starts_at <= _now():
        raise BadPolicy(
            marked("from (%(starts_at)s) is past; give a time to come, or none for at once"),
            starts_at=starts_at,
        )


def _detail(row: PolicyVersion) -> str:
    return f"{row.reason} (from {row.starts_at})" if row.starts_at else row.reason


def _newest_version(session: Session) -> str:
    newest = session.scalar(NEWEST_FIRST.limit(1))
    return newest.policy.version if newest else DEFAULT_POLICY.version


def _check_still_newest(session: Session, version: str | None) -> None:
    if version is None:
        return
    lock_table(session, "policy")
    newest = _newest_version(session)
    if newest != version:
        raise PolicyChanged(
            marked("policy %(newest)s was set after you opened this page; nothing was changed"),
            newest=newest,
        )
