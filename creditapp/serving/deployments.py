"""What is and was served: one row per change, with the bundle itself, so that serving needs no registry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database import news
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import BrokenBundle, RefusedModel
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked
from creditapp.scoring.bundle import digest
from creditapp.serving import change_lock


class ServedBundle(Base):
    """The bytes of a bundle, stored under their digest."""

    __tablename__ = "served_bundle"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Deployment(Base):
    """One change of what is served; the highest generation is in force."""

    __tablename__ = "deployment"
    __table_args__ = ({"sqlite_autoincrement": True},)

    generation: Mapped[int] = mapped_column(primary_key=True)
    model_name: Mapped[str] = mapped_column(String(200))
    model_version: Mapped[str] = mapped_column(String(50))
    portfolio: Mapped[str] = mapped_column(String(63))
    bundle_digest: Mapped[str] = mapped_column(ForeignKey(ServedBundle.digest))
    deployed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployed_by: Mapped[str] = mapped_column(String(100), server_default="unknown")
    reason: Mapped[str] = mapped_column(Text)


NEWEST_FIRST = select(Deployment).order_by(Deployment.generation.desc())


@dataclass(frozen=True)
class Switch:
    """The result of a change: the version served now, and the version served before."""

    model_version: str
    previous_version: str | None


@dataclass(frozen=True)
class Change:
    """Who changes what is served, why, and the proof that they hold the change lock.

    `also` is done in the transaction of the deployment.
    """

    actor: Actor
    reason: str
    lock_holder: str
    also: Callable[[Session], None] | None = None


def in_force() -> Deployment | None:
    """The deployment that all workers should serve; none before the first."""
    with reading("deployment") as session:
        return session.scalar(NEWEST_FIRST.limit(1))


def history(before: int | None = None, limit: int = 50) -> Sequence[Deployment]:
    """Deployments, newest first; with `before`, only those of a lower generation."""
    query = NEWEST_FIRST if before is None else NEWEST_FIRST.where(Deployment.generation < before)
    with reading() as session:
        return session.scalars(query.limit(limit)).all()


def find_previous() -> Deployment:
    """The newest deployment of another version than the one in force.

    Raises:
        RefusedModel: no other version was served before.
    """
    current = in_force()
    for deployment in history(limit=1000):
        if current and deployment.model_version != current.model_version:
            return deployment
    raise RefusedModel(marked("no other version was served before"))


def load_bundle(bundle_digest: str) -> bytes:
    """The bytes of a stored bundle.

    Raises:
        BrokenBundle: they do not have this digest: they were altered.
    """
    with reading() as session:
        content = session.get_one(ServedBundle, bundle_digest).content
    if digest(content) != bundle_digest:
        raise BrokenBundle(marked("the stored bundle was altered"))
    return content


def deploy(model_name: str, version: str, portfolio: str, bundle: bytes, change: Change) -> Switch:
    """Put a version in force for all workers; nothing changes where it is in force already.

    `portfolio` is the name of the portfolio that the bundle's model scores.

    Raises:
        ChangeUnderWay: the change lock was lost; nothing changed.
        RefusedModel: altered bytes are stored under the bundle's digest; nothing changed.
        DatabaseUnavailable: nothing changed.
    """
    with writing() as session:
        change_lock.check_held(session, change.lock_holder)
        if change.also:
            change.also(session)
        newest = session.scalar(NEWEST_FIRST.limit(1))
        key = store_bundle(session, bundle)
        if newest is None or (newest.model_version, newest.bundle_digest) != (version, key):
            session.add(_row(model_name, version, portfolio, key, change))
            news.announce(session)
            subject = f"version {version}"
            audit.note(session, change.actor, Action.MODEL_DEPLOYED, subject, change.reason)
        return Switch(version, newest.model_version if newest else None)


def store_bundle(session: Session, bundle: bytes) -> str:
    """Store a bundle under its digest, and return the digest.

    Raises:
        RefusedModel: altered bytes are stored under this digest.
    """
    key = digest(bundle)
    if not _is_stored(session, key, bundle):
        session.add(ServedBundle(digest=key, content=bundle))
        session.flush()
    return key


def check_unaltered(bundle: bytes) -> None:
    """Check that a bundle can be stored.

    Raises:
        RefusedModel: altered bytes are stored under its digest.
    """
    with reading() as session:
        _is_stored(session, digest(bundle), bundle)


def _is_stored(session: Session, key: str, bundle: bytes) -> bool:
    stored = session.get(ServedBundle, key)
    if stored and stored.content != bundle:
        raise RefusedModel(
            marked(
                "the stored bundle %(bundle)s was altered in the database; restore the database from "
                "a backup"
            ),
            bundle=key[:12],
        )
    return stored is not None


def _row(model_name: str, version: str, portfolio: str, key: str, change: Change) -> Deployment:
    return Deployment(
        model_name=model_name,
        model_version=version,
        portfolio=portfolio,
        bundle_digest=key,
        deployed_at=datetime.now(UTC),
        deployed_by=change.actor.label[:100],
        reason=change.reason,
    )
