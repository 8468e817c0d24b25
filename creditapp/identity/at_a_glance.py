"""What an admin wants to see at once, and when a person signed in before. All of it is bounded."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from creditapp.database.session import reading
from creditapp.identity.audit import Action, AuditEvent
from creditapp.identity.people import Person
from creditapp.identity.second_factor import SecondFactor
from creditapp.identity.sign_in_table import SignIn

MOST_EVENTS = 5_000
"""Among so many of the newest events some are counted."""
MOST_NAMES = 20
REFUSALS = (Action.ACCESS_REFUSED, Action.SIGN_IN_FAILED, Action.CONFIRMATION_FAILED)


def count_refusals(since: datetime) -> Mapping[Action, int]:
    """How often somebody was refused since a time, by kind, among the newest events.

    Raises:
        DatabaseUnavailable: the events cannot be read.
    """
    newest = select(AuditEvent.action, AuditEvent.at).order_by(AuditEvent.id.desc())
    some = newest.limit(MOST_EVENTS).subquery()
    query = select(some.c.action, func.count()).where(some.c.at >= since).group_by(some.c.action)
    with reading() as session:
        counted = {action: int(times) for action, times in session.execute(query)}
    return {action: counted.get(action.value, 0) for action in REFUSALS}


def find_without_second_factor() -> Sequence[str]:
    """The names of people with a password and no second factor; at most one more than are shown.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = (
        select(Person.name)
        .outerjoin(SecondFactor, SecondFactor.person_id == Person.id)
        .where(
            Person.disabled_at.is_(None),
            Person.issuer.is_(None),
            SecondFactor.person_id.is_(None),
        )
    )
    with reading() as session:
        return session.scalars(query.order_by(Person.name).limit(MOST_NAMES + 1)).all()


def find_sign_in_before(person_id: int, token_digest: str) -> datetime | None:
    """When a person signed in before the sign-in at hand; none at the first time.

    Raises:
        DatabaseUnavailable: the sign-ins cannot be read.
    """
    query = select(SignIn.started_at).where(
        SignIn.person_id == person_id, SignIn.token_digest != token_digest
    )
    with reading() as session:
        return session.scalar(query.order_by(SignIn.started_at.desc()).limit(1))
