"""People whom an identity provider vouches for: known by issuer and subject, never by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from creditapp.database.session import lock_table, writing
from creditapp.exceptions import NotAllowed
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note
from creditapp.identity.people import Person, Role
from creditapp.phrases import marked

LONGEST_NAME = 80
PROVIDER = "identity provider"


@dataclass(frozen=True)
class Vouched:
    """What a provider says about a person; `groups`, and `strengths` of the sign-in, are names of its own."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]
    signed_in_at: datetime | None
    strengths: frozenset[str] = frozenset()


def role_of(groups: Iterable[str], roles: Mapping[str, str]) -> Role | None:
    """The highest role that the groups give; none if they give none."""
    given = [Role(roles[group]) for group in groups if group in roles]
    return max(given, key=[*Role].index, default=None)


def admit(vouched: Vouched, role: Role, request_id: str) -> Person:
    """Find the person, or add them at the first sign-in; their role follows the provider.

    Raises:
        NotAllowed: the person is disabled here.
    """
    actor = Actor(PROVIDER, request_id)
    with writing() as session:
        # why: two first sign-ins at once must not become two people, or take the same name.
        lock_table(session, "person")
        known = select(Person).where(
            Person.issuer == vouched.issuer, Person.subject == vouched.subject
        )
        person = session.scalar(known)
        if person is None:
            return _add(session, vouched, role, actor)
        if person.disabled_at:
            raise NotAllowed(
                marked("%(name)s is disabled here; ask an administrator"), name=person.name
            )
        if person.role != role.value:
            note(session, actor, Action.ROLE_CHANGED, person.name, f"{person.role} to {role}")
            person.role = role.value
        return person


def _add(session: Session, vouched: Vouched, role: Role, actor: Actor) -> Person:
    person = Person(
        name=_free_name(session, vouched.name),
        role=role.value,
        password_hash="",
        created_at=datetime.now(UTC),
        issuer=vouched.issuer,
        subject=vouched.subject,
    )
    session.add(person)
    session.flush()
    note(session, actor, Action.PERSON_ADDED, person.name, f"{role} by single sign-on")
    return person


def _free_name(session: Session, wanted: str) -> str:
    """The name, or the name with a number if another person has it already."""
    shown = "".join(c for c in wanted if c.isprintable()).strip()[: LONGEST_NAME - 8].strip()
    shown = shown or "somebody"
    number, name = 1, shown
    while session.scalar(select(Person.id).where(Person.name == name)) is not None:
        number += 1
        name = f"{shown} ({number})"
    return name
