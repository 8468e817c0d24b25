"""Sign-ins: how people get in, stay in, see where they are signed in, and get out."""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_login import UserMixin
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from creditapp.database.session import reading, writing
from creditapp.exceptions import BadAccount, DatabaseUnavailable
from creditapp.identity import second_factor, sign_in_table
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note
from creditapp.identity.keyed import alias_of
from creditapp.identity.passwords import check_password, hash_password, matches
from creditapp.identity.people import Person, Role
from creditapp.identity.second_factor import SecondFactor
from creditapp.identity.sign_in_table import SignIn
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.phrases import marked

SEEN_EVERY = timedelta(minutes=1)
"""How exact the time of the last request is kept: most requests write nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visit:
    """A request that signs in: its id, and what tells the person later which browser it was."""

    request_id: str
    network: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Checked:
    """A person whose password was right, before the sign-in begins; `proof` changes with the password."""

    person_id: int
    name: str
    proof: str


class SignedIn(UserMixin):  # type: ignore[misc]
    """A signed-in person, identified to Flask-Login by the token of the sign-in."""

    def __init__(self, person: Person, token: str, row: SignIn, *, has_second_factor: bool) -> None:
        self.person_id = person.id
        self.name = person.name
        self.role = Role(person.role)
        self.token = token
        self.token_digest = row.token_digest
        self.confirmed_at = row.confirmed_at
        self.has_second_factor = has_second_factor
        self.is_external = person.issuer is not None

    def get_id(self) -> str:
        """The token, which Flask-Login keeps in the session cookie."""
        return self.token


def check(name: str, password: str, secret: str, request_id: str) -> Checked | None:
    """Check a name and a password; none if one is wrong or the person is disabled, with an event.

    The event of an unknown name holds an alias of it: people type passwords into the wrong field.
    """
    with reading() as session:
        # why: PostgreSQL has no NUL in a text, and refuses to compare with one.
        known = name.isprintable() and session.scalar(select(Person).where(Person.name == name))
    person = known or None
    is_right = matches(person.password_hash if person else "", password)
    if person and is_right and person.disabled_at is None:
        return Checked(person.id, person.name, _proof(person))
    subject = name if person else f"unknown name {alias_of(name, secret)}"
    with writing() as session:
        note(session, Actor("nobody", request_id), Action.SIGN_IN_FAILED, subject)
    return None


def begin(
    checked: Checked, hours: int, visit: Visit, *, with_code: bool = False
) -> SignedIn | None:
    """Sign a person in.

    None if they were disabled or their password was changed since it was checked, or if they have a second
    factor and no code of it was accepted (`with_code`).
    """
    token = secrets.token_urlsafe(32)
    with writing() as session:
        person = session.get(Person, checked.person_id)
        has_one = second_factor.exists(session, checked.person_id)
        may_begin = person is not None and not person.disabled_at and with_code >= has_one
        if person is None or not may_begin or _proof(person) != checked.proof:
            actor = Actor("nobody", visit.request_id)
            note(session, actor, Action.SIGN_IN_FAILED, checked.name)
            return None
        row = _add(session, person, token, hours, visit)
    return SignedIn(person, token, row, has_second_factor=has_one)


def begin_external(
    person_id: int, signed_in_at: datetime | None, hours: int, visit: Visit
) -> SignedIn:
    """Sign in a person of an identity provider, who proved there who they are at that time."""
    token = secrets.token_urlsafe(32)
    with writing() as session:
        person = session.get_one(Person, person_id)
        row = _add(session, person, token, hours, visit)
        row.confirmed_at = signed_in_at
    return SignedIn(person, token, row, has_second_factor=False)


def find(token: str, idle_minutes: int) -> SignedIn | None:
    """Find who is signed in with this token; read at each request, so that a sign-out works at once."""
    now = datetime.now(UTC)
    query = (
        select(Person, SignIn, SecondFactor.person_id)
        .join(SignIn, SignIn.person_id == Person.id)
        .outerjoin(SecondFactor, SecondFactor.person_id == Person.id)
        .where(SignIn.token_digest == _digest(token), *_is_running(now, idle_minutes))
        .where(Person.disabled_at.is_(None))
    )
    with reading("session") as session:
        found = session.execute(query).one_or_none()
    if found is None:
        return None
    person, row, second = found
    if (row.last_seen_at or row.started_at) <= now - SEEN_EVERY:
        _note_seen(row, now)
    return SignedIn(person, token, row, has_second_factor=second is not None)


def sign_out(person: SignedIn, request_id: str) -> None:
    """End one sign-in."""
    with writing() as session:
        _end(session, person.token_digest)
        note(session, _actor(person, request_id), Action.SIGNED_OUT, person.name)


def list_own(person: SignedIn, idle_minutes: int) -> Sequence[SignIn]:
    """The running sign-ins of a person, newest first."""
    running = _is_running(datetime.now(UTC), idle_minutes)
    query = select(SignIn).where(SignIn.person_id == person.person_id, *running)
    with reading() as session:
        return session.scalars(query.order_by(SignIn.started_at.desc())).all()


def end_one(person: SignedIn, token_digest: str, request_id: str) -> None:
    """End one sign-in of the person's own, named by the digest of its token; nothing if it has ended."""
    with writing() as session:
        row = session.get(SignIn, token_digest)
        if row is None or row.person_id != person.person_id or row.ended_at:
            return
        row.ended_at = datetime.now(UTC)
        note(session, _actor(person, request_id), Action.SESSIONS_ENDED, person.name, "one")


def end_others(person: SignedIn, request_id: str) -> None:
    """End all sign-ins of a person but the one at hand."""
    with writing() as session:
        number = sign_in_table.end_all(session, person.person_id, but=person.token_digest)
        actor = _actor(person, request_id)
        note(session, actor, Action.SESSIONS_ENDED, person.name, f"all others: {number}")


def has_password(person: SignedIn, password: str) -> bool:
    """Whether this is the person's password."""
    with reading() as session:
        hashed = session.get_one(Person, person.person_id).password_hash
    return matches(hashed, password)


def note_confirmation(person: SignedIn, actor: Actor, *, is_right: bool) -> None:
    """Keep that a person has just proved who they are, with a new token, or record that they failed to."""
    now = datetime.now(UTC)
    with writing() as session:
        if is_right:
            session.get_one(SignIn, person.token_digest).confirmed_at = now
            person.confirmed_at = now
            _renew_token(session, person)
        else:
            note(session, actor, Action.CONFIRMATION_FAILED, person.name)


def change_own_password(person: SignedIn, current: str, new: str, request_id: str) -> None:
    """Change a signed-in person's own password, end their other sign-ins, and give this one a new token.

    Raises:
        BadAccount: the current password is wrong, or the new one is not accepted; nothing changed.
    """
    if not has_password(person, current):
        raise BadAccount(marked("the current password is wrong"))
    check_password(new, person.name)
    if new == current:
        raise BadAccount(marked("the new password is the current one; choose another one"))
    hashed = hash_password(new)
    with writing() as session:
        session.get_one(Person, person.person_id).password_hash = hashed
        sign_in_table.end_all(session, person.person_id, but=person.token_digest)
        _renew_token(session, person)
        note(session, _actor(person, request_id), Action.PASSWORD_CHANGED, person.name)


def _add(session: Session, person: Person, token: str, hours: int, visit: Visit) -> SignIn:
    now = datetime.now(UTC)
    row = SignIn(
        token_digest=_digest(token),
        person_id=person.id,
        started_at=now,
        expires_at=now + timedelta(hours=hours),
        last_seen_at=now,
        confirmed_at=now,
        network=visit.network[:50],
        agent=visit.agent[:80],
    )
    session.add(row)
    note(session, Actor(f"person:{person.name}", visit.request_id), Action.SIGNED_IN, person.name)
    return row


def _renew_token(session: Session, person: SignedIn) -> None:
    """Give a sign-in another token, so that a copy of the old one is worth nothing."""
    row = session.get_one(SignIn, person.token_digest)
    person.token = secrets.token_urlsafe(32)
    person.token_digest = row.token_digest = _digest(person.token)


def _note_seen(row: SignIn, now: datetime) -> None:
    """Keep the time of this request; the request is answered even if that fails."""
    seen = update(SignIn).where(SignIn.token_digest == row.token_digest)
    try:
        with writing() as session:
            session.execute(seen.values(last_seen_at=now))
    except DatabaseUnavailable as error:
        log.warning(
            "the time of a request is not kept: %s: %r", error, error.__cause__, extra=MAY_REPEAT
        )


def _is_running(now: datetime, idle_minutes: int) -> list[ColumnElement[bool]]:
    last_seen = func.coalesce(SignIn.last_seen_at, SignIn.started_at)
    return [
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        last_seen > now - timedelta(minutes=idle_minutes),
    ]


def _end(session: Session, token_digest: str) -> None:
    ended = update(SignIn).where(SignIn.token_digest == token_digest)
    session.execute(ended.values(ended_at=datetime.now(UTC)))


def _actor(person: SignedIn, request_id: str) -> Actor:
    return Actor(f"person:{person.name}", request_id)


def _proof(person: Person) -> str:
    return _digest(person.password_hash)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
