"""Which files were recorded: the same file by the same model and policy is recorded once."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import lock_table, writing


class RecordedRun(Base):
    """A run that records its decisions; `identity` is a digest of the file, the model and the policy."""

    __tablename__ = "recorded_run"

    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(100))


@dataclass(frozen=True)
class Recording:
    """The run under which a file is recorded; `is_repeat` if an earlier run recorded the same."""

    run_id: str
    started_at: datetime
    made_by: str
    is_repeat: bool


def identify(file: Path, bundle_digest: str, policy_version: str) -> str:
    """A digest of a file's bytes, the model and the policy.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return hashlib.sha256(f"{digest} {bundle_digest} {policy_version}".encode()).hexdigest()


def claim(identity: str, run_id: str, made_by: str, *, again: bool) -> Recording:
    """The run under which to record: a new one, or the newest that recorded the same, unless `again`.

    Raises:
        DatabaseUnavailable: the database does not answer; no run was begun.
    """
    same = select(RecordedRun).where(RecordedRun.identity == identity)
    with writing() as session:
        lock_table(session, RecordedRun.__tablename__)
        found = session.scalar(same.order_by(RecordedRun.started_at.desc()).limit(1))
        if found and not again:
            return Recording(found.run_id, found.started_at, found.made_by, is_repeat=True)
        now = datetime.now(UTC)
        session.add(
            RecordedRun(run_id=run_id, identity=identity, started_at=now, made_by=made_by[:100])
        )
    return Recording(run_id, now, made_by, is_repeat=False)
