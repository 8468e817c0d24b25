"""The second factor: time-based codes (RFC 6238) and recovery codes, each accepted once."""

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime

import pyotp
from sqlalchemy import ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.identity import sign_in_table
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note
from creditapp.identity.keyed import seal, unseal
from creditapp.identity.people import Person, find_person

ISSUER = "creditapp"
STEP_SECONDS = 30
TOLERATED_STEPS = (-1, 0, 1)
"""The clock of a phone may be this many steps off."""
RECOVERY_CODES = 10
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that look alike."""
RECOVERY_LENGTH = 28
"""138 bits: long enough for a digest without a salt."""


class SecondFactor(Base):
    """A second factor; the secret is sealed, and `last_step` is the newest step that was accepted."""

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(String(200))
    set_up_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_step: Mapped[int]


class RecoveryCode(Base):
    """A recovery code; it is long and random, so a fast digest is as safe as a slow one."""

    __tablename__ = "recovery_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def new_secret() -> str:
    """A random secret in base 32, as apps read it."""
    return pyotp.random_base32()


def address_of(secret: str, name: str) -> str:
    """The address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def set_up(person_id: int, otp_secret: str, code: str, secret: str, actor: Actor) -> list[str]:
    """Give a person a second factor in place of an older one; return the recovery codes, stored nowhere.

    `secret` is the service's own. Nothing changes and no codes are returned if `code` is wrong.
    """
    step = _step_of(otp_secret, code, after=0)
    if step is None:
        return []
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    with writing() as session:
        _remove(session, person_id)
        session.add(
            SecondFactor(
                person_id=person_id,
                sealed_secret=seal(otp_secret, secret),
                set_up_at=datetime.now(UTC),
                last_step=step,
            )
        )
        session.add_all(RecoveryCode(digest=_digest(one), person_id=person_id) for one in codes)
        name = session.get_one(Person, person_id).name
        note(session, actor, Action.SECOND_FACTOR_SET_UP, name)
    return codes


def accept(person_id: int, code: str, secrets: tuple[str, ...], actor: Actor) -> bool:
    """Accept a code of the app or a recovery code, once; the use of a recovery code is an event.

    `secrets` are the service's own: the one in use, and older ones. What an older one encrypted is encrypted
    with the one in use.
    """
    with writing() as session:
        row = session.get(SecondFactor, person_id, with_for_update=True)
        if row is None:
            return False
        opened = (unseal(row.sealed_secret, secret) for secret in secrets)
        otp_secret = next((one for one in opened if one is not None), None)
        step = _step_of(otp_secret, code, after=row.last_step) if otp_secret else None
        if otp_secret is not None and step is not None:
            row.last_step = step
            if unseal(row.sealed_secret, secrets[0]) is None:
                row.sealed_secret = seal(otp_secret, secrets[0])
            return True
        return _accept_recovery(session, person_id, code, actor)


def exists(session: Session, person_id: int) -> bool:
    """Whether a person has a second factor."""
    return session.get(SecondFactor, person_id) is not None


def has_one(person_id: int) -> bool:
    """Whether a person has a second factor."""
    with reading() as session:
        return exists(session, person_id)


def recovery_codes_left(person_id: int) -> int:
    """How many recovery codes a person has not used."""
    unused = select(func.count()).where(
        RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    )
    with reading() as session:
        return session.scalars(unused).one()


def remove_own(person_id: int, actor: Actor) -> None:
    """Take a person's second factor away, at their own wish."""
    with writing() as session:
        _remove(session, person_id)
        name = session.get_one(Person, person_id).name
        note(session, actor, Action.SECOND_FACTOR_REMOVED, name)


def reset(name: str, reason: str, actor: Actor) -> None:
    """Take a person's second factor away, and end all their sign-ins; the event keeps the reason.

    Raises:
        BadAccount: there is no such person.
    """
    with writing() as session:
        person = find_person(session, name)
        _remove(session, person.id)
        sign_in_table.end_all(session, person.id)
        note(session, actor, Action.SECOND_FACTOR_REMOVED, name, reason)


def _remove(session: Session, person_id: int) -> None:
    session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _step_of(otp_secret: str, code: str, after: int) -> int | None:
    """The time step that a code belongs to; none if it is wrong, or not newer than the step `after`."""
    typed = code.replace(" ", "")
    now = int(time.time()) // STEP_SECONDS
    codes = pyotp.TOTP(otp_secret)
    for step in (now + offset for offset in TOLERATED_STEPS):
        expected = codes.generate_otp(step)
        if step > after and hmac.compare_digest(expected.encode(), typed.encode()):
            return step
    return None


def _accept_recovery(session: Session, person_id: int, code: str, actor: Actor) -> bool:
    unused = update(RecoveryCode).where(
        RecoveryCode.digest == _digest(code),
        RecoveryCode.person_id == person_id,
        RecoveryCode.used_at.is_(None),
    )
    if session.execute(unused.values(used_at=datetime.now(UTC))).rowcount != 1:  # type: ignore[attr-defined]
        return False
    name = session.get_one(Person, person_id).name
    note(session, actor, Action.RECOVERY_CODE_USED, name)
    return True


def _recovery_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
    return "-".join(letters[i : i + 4] for i in range(0, RECOVERY_LENGTH, 4))


def _digest(code: str) -> str:
    typed = code.lower().replace("-", "").replace(" ", "")
    return hashlib.sha256(typed.encode()).hexdigest()
