"""The current and former challengers: an append-only table with one row per change."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database import news
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import RefusedModel
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.phrases import marked
from creditapp.scoring.bundle import digest
from creditapp.serving import deployments
from creditapp.serving.deployments import ServedBundle


class Challenger(Base):
    """A version that also scores a share of the applications; a row without a version ends the challenge."""

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
    """The challenger that scores now; None if no challenger scores."""
    newest = next(iter(history(limit=1)), None)
    return newest if newest and newest.bundle_digest else None


def newest(version: str = "") -> Challenger | None:
    """The last challenger, or the last with a version; whether it still scores or was stopped."""
    challengers = NEWEST_FIRST.where(Challenger.bundle_digest.is_not(None)).limit(1)
    if version:
        challengers = challengers.where(Challenger.model_version == version)
    with reading() as session:
        return session.scalar(challengers)


def history(limit: int = 50) -> Sequence[Challenger]:
    """The changes, newest first."""
    with reading() as session:
        return session.scalars(NEWEST_FIRST.limit(limit)).all()


def begin(
    model_name: str, version: str, bundle: bytes, share: float, actor: Actor, reason: str
) -> Challenger:
    """Let all workers also score a share of the applications with another version.

    `share` is from 0 to 1.

    Raises:
        RefusedModel: the version is the served one.
        DatabaseUnavailable: nothing changed.
    """
    served = deployments.in_force()
    if served and served.bundle_digest == digest(bundle):
        raise RefusedModel(
            marked("version %(version)s is served already; choose another version to compare"),
            version=version,
        )
    key = digest(bundle)
    row = _row(actor, reason, share, model_name, version, key)
    return _add(row, actor, f"version {version}", bundle)


def stop(actor: Actor, reason: str) -> None:
    """Stop the challenger; its scores stay.

    Raises:
        RefusedModel: no challenger scores.
        DatabaseUnavailable: nothing changed.
    """
    former = in_force()
    if former is None:
        raise RefusedModel(marked("no challenger scores; there is nothing to stop"))
    _add(_row(actor, reason, share=0.0), actor, f"version {former.model_version} stopped")


def _row(
    actor: Actor,
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
        set_by=actor.label[:100],
        reason=reason,
    )


def _add(row: Challenger, actor: Actor, subject: str, bundle: bytes | None = None) -> Challenger:
    """Add the row, its bundle and its audit event in one transaction."""
    with writing() as session:
        if bundle is not None:
            deployments.store_bundle(session, bundle)
        session.add(row)
        session.flush()
        news.announce(session)
        audit.note(session, actor, Action.CHALLENGER_CHANGED, subject, row.reason)
    return row
