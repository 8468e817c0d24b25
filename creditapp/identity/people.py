"""People: who they are, what role they have, and where they are signed in."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_login import UserMixin
from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import BadAccount
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200

_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash(secrets.token_hex())
"""Checked for an unknown name, so that the answer takes as long as for a known one."""


class Role(StrEnum):
    """What a person may do; each role may do all that the roles before it may."""

    OFFICER = "officer"
    ANALYST = "analyst"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do all that the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Person(Base):
    """A person who may sign in."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignIn(Base):
    """A sign-in in one browser; only the digest of its token is stored."""

    __tablename__ = "sign_in"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignedIn(UserMixin):  # type: ignore[misc]
    """A signed-in person, identified to Flask-Login by the token of the sign-in."""

    def __init__(self, person: Person, token: str) -> None:
        self.name = person.name
        self.role = Role(person.role)
        self.token = token

    def get_id(self) -> str:
        """The token, which Flask-Login keeps in the session cookie."""
        return self.token


def add(name: str, role: Role, password: str, actor: Actor) -> None:
    """Add a person.

    Raises:
        BadAccount: the name is taken or not fit to be one, or the password is too short or too long.
    """
    if not 0 < len(name) <= 80 or not name.isprintable() or name != name.strip():
        raise BadAccount("a name has 1 to 80 printable characters")
    with writing() as session:
        if session.scalar(select(Person).where(Person.name == name)):
            raise BadAccount(f"a person named {name} exists already")
        hashed = _hash(password)
        now = datetime.now(UTC)
        session.add(Person(name=name, role=role.value, password_hash=hashed, created_at=now))
        note(session, actor, Action.PERSON_ADDED, name, role.value)


def change_role(name: str, role: Role, actor: Actor) -> None:
    """Change the role of a person, from their next request on.

    Raises:
        BadAccount: there is no such person.
    """
    with writing() as session:
        person = _find(session, name)
        note(session, actor, Action.ROLE_CHANGED, name, f"{person.role} to {role.value}")
        person.role = role.value


def change_password(name: str, password: str, actor: Actor) -> None:
    """Change the password of a person, and end all their sign-ins.

    Raises:
        BadAccount: there is no such person, or the password is too short or too long.
    """
    with writing() as session:
        person = _find(session, name)
        person.password_hash = _hash(password)
        _end_all(session, person)
        note(session, actor, Action.PASSWORD_CHANGED, name)


def disable(name: str, actor: Actor) -> None:
    """Disable a person: end all their sign-ins, and refuse new ones.

    Raises:
        BadAccount: there is no such person.
    """
    with writing() as session:
        person = _find(session, name)
        person.disabled_at = datetime.now(UTC)
        _end_all(session, person)
        note(session, actor, Action.PERSON_DISABLED, name)


def sign_in(name: str, password: str, hours: int, request_id: str) -> SignedIn | None:
    """Sign a person in; none if the name or the password is wrong, or the person is disabled."""
    with reading() as session:
        known = session.scalar(select(Person).where(Person.name == name))
    matches = _matches(known, password)
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    with writing() as session:
        # why: the password was checked outside the transaction and may have been changed since.
        person = session.get(Person, known.id) if known and matches else None
        if known is None or person is None or not _may_begin(person, known.password_hash):
            note(session, Actor("nobody", request_id), Action.SIGN_IN_FAILED, name)
            return None
        session.add(
            SignIn(
                token_digest=_digest(token),
                person_id=person.id,
                started_at=now,
                expires_at=now + timedelta(hours=hours),
            )
        )
        note(session, Actor(f"person:{name}", request_id), Action.SIGNED_IN, name)
    return SignedIn(person, token)


def _may_begin(person: Person, checked_hash: str) -> bool:
    return person.disabled_at is None and person.password_hash == checked_hash


def signed_in(token: str) -> SignedIn | None:
    """Find who is signed in with this token; read at each request, so that a sign-out works at once."""
    active = (
        select(Person)
        .join(SignIn)
        .where(SignIn.token_digest == _digest(token))
        .where(SignIn.ended_at.is_(None), SignIn.expires_at > datetime.now(UTC))
        .where(Person.disabled_at.is_(None))
    )
    with reading() as session:
        person = session.scalar(active)
    return SignedIn(person, token) if person else None


def sign_out(person: SignedIn, request_id: str) -> None:
    """End one sign-in."""
    with writing() as session:
        ended = update(SignIn).where(SignIn.token_digest == _digest(person.token))
        session.execute(ended.values(ended_at=datetime.now(UTC)))
        note(session, Actor(f"person:{person.name}", request_id), Action.SIGNED_OUT, person.name)


def list_people() -> Sequence[Person]:
    """All people, by name."""
    with reading() as session:
        return session.scalars(select(Person).order_by(Person.name)).all()


def has_admin() -> bool:
    """Whether an active person has the role admin."""
    return any(person.role == Role.ADMIN and not person.disabled_at for person in list_people())


def _find(session: Session, name: str) -> Person:
    person = session.scalar(select(Person).where(Person.name == name))
    if person is None:
        raise BadAccount(f"no person is named {name}")
    return person


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadAccount(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _hasher.hash(password)


def _matches(person: Person | None, password: str) -> bool:
    hashed = person.password_hash if person else _NOBODYS_HASH
    try:
        return _hasher.verify(hashed, password[: LONGEST_PASSWORD + 1]) and person is not None
    except (VerificationError, InvalidHashError):
        return False


def _end_all(session: Session, person: Person) -> None:
    running = update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    session.execute(running.values(ended_at=datetime.now(UTC)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
