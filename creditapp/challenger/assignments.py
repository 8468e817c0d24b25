"""The challenger beside the served model, and those before it: one row per change, only ever added to."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime, reading, writing
from creditapp.exceptions import DeploymentFailed, ModelUnavailable, RefusedModel
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.scoring.bundle import digest
from creditapp.serving import deployments
from creditapp.serving.deployments import ServedBundle


class Challenger(Base):
    """A version that scores a share of the decisions too; without a version: none does from here on."""

    __tablename__ = "challenger"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    model_name: Mapped[str | None] = mapped_column(String(200))
    model_version: Mapped[str | None] = mapped_column(String(50))
    bundle_digest: Mapped[str | None] = mapped_column(ForeignKey(ServedBundle.digest))
    share: Mapped[float]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)


NEWEST_FIRST = select(Challenger).order_by(Challenger.id.desc())


def in_force() -> Challenger | None:
    """The challenger that scores now, if any does.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    newest = next(iter(history(limit=1)), None)
    return newest if newest and newest.bundle_digest else None


def newest() -> Challenger | None:
    """The last that scored, whether or not it still does.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    return next((one for one in history() if one.bundle_digest), None)


def history(limit: int = 50) -> Sequence[Challenger]:
    """The changes, newest first.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    try:
        with reading() as session:
            return session.scalars(NEWEST_FIRST.limit(limit)).all()
    except SQLAlchemyError as error:
        raise ModelUnavailable("the challenger cannot be read") from error


def begin(
    model_name: str, version: str, bundle: bytes, share: float, actor: str, reason: str
) -> Challenger:
    """Have all workers score this share of the decisions with another version too.

    Raises:
        RefusedModel: the version is served already, or its stored bundle was altered.
        DeploymentFailed: the database does not take it; nothing has changed.
    """
    served = deployments.in_force()
    if served and served.bundle_digest == digest(bundle):
        raise RefusedModel(f"version {version} is served already; there is nothing to compare")
    key = digest(bundle)
    row = _row(actor, reason, share, model_name, version, key)
    return _added(row, f"version {version}", bundle)


def stop(actor: str, reason: str) -> None:
    """Let no challenger score from here on; what was scored stays.

    Raises:
        RefusedModel: none scores.
        DeploymentFailed: the database does not take it; nothing has changed.
    """
    former = in_force()
    if former is None:
        raise RefusedModel("no challenger scores")
    _added(_row(actor, reason, share=0.0), f"version {former.model_version} stopped")


def _row(
    actor: str,
    reason: str,
    share: float,
    name: str | None = None,
    version: str | None = None,
    key: str | None = None,
) -> Challenger:
    return Challenger(
        model_name=name,
        model_version=version,
        bundle_digest=key,
        share=share,
        set_at=datetime.now(UTC),
        set_by=actor[:100],
        reason=reason,
    )


def _added(row: Challenger, what: str, bundle: bytes | None = None) -> Challenger:
    """The row, its bundle and its event stand or fall together."""
    try:
        with writing() as session:
            return _add(session, row, what, bundle)
    except SQLAlchemyError as error:
        raise DeploymentFailed("the challenger cannot be written to the database") from error


def _add(session: Session, row: Challenger, what: str, bundle: bytes | None) -> Challenger:
    if bundle is not None:
        deployments.keep(session, digest(bundle), bundle)
    session.add(row)
    session.flush()
    audit.note(session, row.set_by, Action.CHALLENGER_CHANGED, what, row.reason)
    return row
