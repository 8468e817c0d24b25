"""People: who they are, and what role they have."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import lock_table, reading, writing
from creditapp.exceptions import BadAccount
from creditapp.identity import sign_in_table
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note
from creditapp.identity.passwords import check_password, hash_password
from creditapp.phrases import marked


class Role(StrEnum):
    """What a person may do; each role may do all that the roles before it may."""

    OFFICER = marked("officer")
    ANALYST = marked("analyst")
    ADMIN = marked("admin")

    def includes(self, other: "Role") -> bool:
        """Whether this role may do all that the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Person(Base):
    """A person who may sign in; one of an identity provider has an issuer and a subject, and no password."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_issuer_subject", "issuer", "subject", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issuer: Mapped[str | None] = mapped_column(String(255))
    subject: Mapped[str | None] = mapped_column(String(255))


def add(name: str, role: Role, password: str, actor: Actor) -> None:
    """Add a person.

    Raises:
        BadAccount: the name is taken or not fit to be one, or the password is not accepted.
    """
    if not 0 < len(name) <= 80 or not name.isprintable() or name != name.strip():
        raise BadAccount(marked("a name has 1 to 80 printable characters"))
    check_password(password, name)
    hashed = hash_password(password)
    with writing() as session:
        if session.scalar(select(Person).where(Person.name == name)):
            raise BadAccount(marked("a person named %(name)s exists already"), name=name)
        now = datetime.now(UTC)
        session.add(Person(name=name, role=role.value, password_hash=hashed, created_at=now))
        note(session, actor, Action.PERSON_ADDED, name, role.value)


def change_role(name: str, role: Role, actor: Actor) -> None:
    """Change the role of a person, from their next request on.

    Raises:
        BadAccount: there is no such person, or nobody would be an admin any more.
    """
    with writing() as session:
        person = find_person(session, name)
        if role is not Role.ADMIN:
            _check_other_admin(session, person)
        note(session, actor, Action.ROLE_CHANGED, name, f"{person.role} to {role.value}")
        person.role = role.value


def change_password(name: str, password: str, actor: Actor) -> None:
    """Change the password of a person, and end all their sign-ins.

    Raises:
        BadAccount: there is no such person, they sign in with a provider, or the password is not accepted.
    """
    check_password(password, name)
    hashed = hash_password(password)
    with writing() as session:
        person = find_person(session, name)
        if person.issuer:
            raise BadAccount(
                marked("%(name)s signs in with the identity provider and has no password here"),
                name=name,
            )
        person.password_hash = hashed
        sign_in_table.end_all(session, person.id)
        note(session, actor, Action.PASSWORD_CHANGED, name)


def disable(name: str, actor: Actor) -> None:
    """Disable a person: end all their sign-ins, and refuse new ones.

    Raises:
        BadAccount: there is no such person, or nobody would be an admin any more.
    """
    with writing() as session:
        person = find_person(session, name)
        _check_other_admin(session, person)
        person.disabled_at = datetime.now(UTC)
        sign_in_table.end_all(session, person.id)
        note(session, actor, Action.PERSON_DISABLED, name)


def enable(name: str, actor: Actor) -> None:
    """Let a disabled person sign in again.

    Raises:
        BadAccount: there is no such person, or they are not disabled.
    """
    with writing() as session:
        person = find_person(session, name)
        if person.disabled_at is None:
            raise BadAccount(marked("%(name)s is not disabled"), name=name)
        person.disabled_at = None
        note(session, actor, Action.PERSON_ENABLED, name)


def end_sessions(name: str, actor: Actor) -> int:
    """End all sign-ins of a person; how many there were.

    Raises:
        BadAccount: there is no such person.
    """
    with writing() as session:
        person = find_person(session, name)
        number = sign_in_table.end_all(session, person.id)
        note(session, actor, Action.SESSIONS_ENDED, name, f"all: {number}")
    return number


def list_people() -> Sequence[Person]:
    """All people, by name."""
    with reading() as session:
        return session.scalars(select(Person).order_by(Person.name)).all()


def has_admin() -> bool:
    """Whether an active person has the role admin."""
    return any(person.role == Role.ADMIN and not person.disabled_at for person in list_people())


def find_person(session: Session, name: str) -> Person:
    """The person with a name.

    Raises:
        BadAccount: there is none.
    """
    # why: PostgreSQL stores no NUL, and no driver a lone surrogate; no name has either.
    known = name.isprintable() and session.scalar(select(Person).where(Person.name == name))
    if not isinstance(known, Person):
        raise BadAccount(marked("no person is named %(name)s"), name=ascii(name)[1:-1])
    return known


def _check_other_admin(session: Session, person: Person) -> None:
    """Check that somebody else is an active admin, if this person is one.

    Raises:
        BadAccount: nobody else is.
    """
    admins = select(Person).where(Person.role == Role.ADMIN, Person.disabled_at.is_(None))
    lock_table(session, "person")
    found = session.scalars(admins).all()
    if [one.id for one in found] == [person.id]:
        raise BadAccount(
            marked("%(name)s is the last admin; make somebody else an admin first"),
            name=person.name,
        )
