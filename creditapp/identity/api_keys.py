"""API keys: how programs identify themselves."""

import hashlib
import hmac
import logging
import re
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, String, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.expiry import find_oldest
from creditapp.database.session import reading, writing
from creditapp.exceptions import BadAccount, DatabaseUnavailable, NotFound
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action, note
from creditapp.observability.repetitions import MAY_REPEAT
from creditapp.phrases import marked

log = logging.getLogger(__name__)

PREFIX = "creditapp"
USED_EVERY = timedelta(hours=1)
"""How exact the time of the last use is kept: most requests write nothing."""
SHAPE = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9-]{{40}})_([0-9a-f]{{8}})")
"""Prefix, key id, secret, checksum: secret scanners recognise it, and a mistyped key needs no look-up."""


class Scope(StrEnum):
    """What a key may do."""

    PREDICT = "predict"
    DECISIONS_READ = "decisions:read"
    DECISIONS_READ_ALL = "decisions:read:all"
    OUTCOMES_WRITE = "outcomes:write"
    MODEL_READ = "model:read"
    MODEL_ADMIN = "model:admin"
    METRICS_READ = "metrics:read"


class ApiKey(Base):
    """A key; only the digest of its text is stored."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def state(self) -> "State":
        """Whether the key still opens something."""
        if self.revoked_at:
            return State.REVOKED
        return State.EXPIRED if _is_over(self.expires_at) else State.ACTIVE


class State(StrEnum):
    """Whether a key still opens something."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Holder:
    """A program that sent a valid key."""

    key_id: str
    scopes: frozenset[Scope]


def add(name: str, scopes: Iterable[Scope], expires_at: datetime | None, actor: Actor) -> str:
    """Create a key and return its text, which is stored nowhere.

    Raises:
        BadAccount: the name is not fit to be one, or no scope is given.
    """
    granted = sorted(set(scopes))
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise BadAccount(marked("a key's name has 1 to 80 printable characters"))
    if not granted:
        raise BadAccount(marked("a key needs at least one scope"))
    key_id = secrets.token_hex(6)
    text = _with_checksum(f"{PREFIX}_{key_id}_{_secret()}")
    row = ApiKey(
        id=key_id,
        name=name,
        digest=_digest(text),
        scopes=[scope.value for scope in granted],
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    with writing() as session:
        session.add(row)
        note(session, actor, Action.KEY_ADDED, f"{key_id} {name}", " ".join(granted))
    return text


def revoke(key_id: str, actor: Actor) -> None:
    """Revoke a key, on every worker from its next request on.

    Raises:
        BadAccount: there is no such key.
    """
    with writing() as session:
        key = session.get(ApiKey, key_id)
        if key is None:
            raise BadAccount(marked("there is no key with the id %(id)s"), id=key_id)
        key.revoked_at = key.revoked_at or datetime.now(UTC)
        note(session, actor, Action.KEY_REVOKED, f"{key.id} {key.name}")


def list_all(limit: int | None = None) -> Sequence[ApiKey]:
    """All keys, or the newest, newest first."""
    with reading() as session:
        return session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc()).limit(limit)).all()


def find(key_id: str) -> ApiKey:
    """One key.

    Raises:
        NotFound: there is none with this id.
    """
    with reading() as session:
        key = session.get(ApiKey, key_id) if key_id.isprintable() else None
    if key is None:
        raise NotFound(marked("there is no key with this id"))
    return key


def holder(text: str) -> Holder | None:
    """Find the holder of a key; none if the key is malformed, unknown, expired or revoked."""
    shape = SHAPE.fullmatch(text)
    if not shape or _with_checksum(text[: -len("_00000000")]) != text:
        return None
    with reading("key") as session:
        key = session.get(ApiKey, shape[1])
    expected = key.digest if key else "0" * 64
    matches = hmac.compare_digest(_digest(text).encode(), expected.encode())
    if not matches or key is None or key.state is not State.ACTIVE:
        return None
    _note_use(key)
    return Holder(key.id, frozenset(map(Scope, key.scopes)))


def find_oldest_ended(session: Session, before: datetime) -> datetime | None:
    """When the first of all keys expired or was revoked, if that is before a time."""
    ends = (find_oldest(session, one, before) for one in (ApiKey.expires_at, ApiKey.revoked_at))
    return min(filter(None, ends), default=None)


def delete_ended(before: datetime, *, dry_run: bool) -> int:
    """Delete the keys that expired or were revoked before a time; how many there are. Their events stay.

    Raises:
        DatabaseUnavailable: nothing was deleted.
    """
    ended = or_(ApiKey.expires_at < before, ApiKey.revoked_at < before)
    with reading() as session:
        number = session.scalar(select(func.count()).select_from(ApiKey).where(ended)) or 0
    if number and not dry_run:
        with writing() as session:
            session.execute(delete(ApiKey).where(ended))
    return number


def _note_use(key: ApiKey) -> None:
    """Keep the time of this use; the request is answered even if that fails."""
    now = datetime.now(UTC)
    if key.last_used_at is not None and key.last_used_at > now - USED_EVERY:
        return
    try:
        with writing() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now))
    except DatabaseUnavailable as error:
        log.warning(
            "the time a key was used is not kept: %s: %r", error, error.__cause__, extra=MAY_REPEAT
        )


def _is_over(moment: datetime | None) -> bool:
    return moment is not None and moment <= datetime.now(UTC)


def _secret() -> str:
    """Generate 40 random characters of letters, digits and hyphens, about 238 bits."""
    return secrets.token_urlsafe(45).replace("_", "-")[:40]


def _with_checksum(text: str) -> str:
    return f"{text}_{zlib.crc32(text.encode()):08x}"


def _digest(text: str) -> str:
    """Hash a key: it is long and random, so a fast digest is as safe as a slow one."""
    return hashlib.sha256(text.encode()).hexdigest()
