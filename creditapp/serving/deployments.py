"""What is served, and was: one row per change, with the bundle itself, so that serving needs no registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime, reading, writing
from creditapp.exceptions import BrokenBundle, DeploymentFailed, ModelUnavailable, RefusedModel
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.scoring.bundle import digest
from creditapp.serving import change_lock


class ServedBundle(Base):
    """A bundle's bytes, under their digest."""

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
    bundle_digest: Mapped[str] = mapped_column(ForeignKey(ServedBundle.digest))
    deployed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployed_by: Mapped[str] = mapped_column(String(100), server_default="unknown")
    reason: Mapped[str] = mapped_column(Text)


ALL = select(Deployment).order_by(Deployment.generation.desc())
NEWEST = ALL.limit(1)


@dataclass(frozen=True)
class Reload:
    """What a change did: the version served before, and the version served now."""

    model_version: str
    previous_version: str | None


@dataclass(frozen=True)
class Change:
    """Who changes what is served, why, in which request, and the turn that they have."""

    actor: str
    reason: str
    request_id: str
    turn: str


def in_force() -> Deployment | None:
    """The deployment that all workers should serve; none before the first.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    try:
        with reading() as session:
            return session.scalar(NEWEST)
    except SQLAlchemyError as error:
        raise ModelUnavailable("the deployment in force cannot be read") from error


def history(before: int | None = None, limit: int = 50) -> Sequence[Deployment]:
    """Deployments, newest first, or those older than one of them.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    query = ALL if before is None else ALL.where(Deployment.generation < before)
    try:
        with reading() as session:
            return session.scalars(query.limit(limit)).all()
    except SQLAlchemyError as error:
        raise ModelUnavailable("the deployments cannot be read") from error


def served_before() -> Deployment:
    """The newest deployment of another version than the one in force.

    Raises:
        RefusedModel: there never was another.
        ModelUnavailable: the database does not answer.
    """
    now = in_force()
    for deployment in history(limit=1000):
        if now and deployment.model_version != now.model_version:
            return deployment
    raise RefusedModel("no other version was served before")


def bundle_of(deployment: Deployment) -> bytes:
    """The bytes of a deployment's bundle, proved to be those that were deployed.

    Raises:
        BrokenBundle: they were altered.
        ModelUnavailable: the database does not answer.
    """
    return bundle_under(deployment.bundle_digest)


def bundle_under(key: str) -> bytes:
    """The bytes of the bundle with a digest.

    Raises:
        BrokenBundle: they were altered.
        ModelUnavailable: the database does not answer.
    """
    try:
        with reading() as session:
            content = session.get_one(ServedBundle, key).content
    except SQLAlchemyError as error:
        raise ModelUnavailable("the bundle cannot be read") from error
    if digest(content) != key:
        raise BrokenBundle("the stored bundle was altered")
    return content


def deploy(model_name: str, version: str, bundle: bytes, change: Change) -> Reload:
    """Put a version in force for all workers; nothing changes where it already is.

    Raises:
        ChangeUnderWay: somebody else has the turn; what was in force still is.
        RefusedModel: the stored bundle was altered; what was in force still is.
        DeploymentFailed: the database does not take it; what was in force still is.
    """
    try:
        with writing() as session:
            change_lock.check_held(session, change.turn)
            newest = session.scalar(NEWEST)
            key = digest(bundle)
            keep(session, key, bundle)
            if newest is None or (newest.model_version, newest.bundle_digest) != (version, key):
                _add(session, model_name, version, key, change)
            return Reload(version, newest.model_version if newest else None)
    except SQLAlchemyError as error:
        raise DeploymentFailed("the deployment cannot be written to the database") from error


def keep(session: Session, key: str, bundle: bytes) -> None:
    """Store a bundle under its digest, unless it is stored already.

    Raises:
        RefusedModel: other bytes are stored under this digest.
    """
    kept = session.get(ServedBundle, key)
    if kept is None:
        session.add(ServedBundle(digest=key, content=bundle))
        session.flush()
    elif kept.content != bundle:
        raise RefusedModel(
            f"the stored bundle {key} was altered in the database; "
            "restore the database from a backup"
        )


def _add(session: Session, model_name: str, version: str, key: str, change: Change) -> None:
    """The row and its event stand or fall together."""
    session.add(
        Deployment(
            model_name=model_name,
            model_version=version,
            bundle_digest=key,
            deployed_at=datetime.now(UTC),
            deployed_by=change.actor[:100],
            reason=change.reason,
        )
    )
    what = f"version {version}"
    audit.note(session, change.actor, Action.MODEL_DEPLOYED, what, change.reason, change.request_id)
