"""How far the record is sealed and verified, for the metrics."""

import time
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.decisions.log import Decision
from creditapp.observability import metrics
from creditapp.seals import blocks
from creditapp.seals.tables import moment_of


def export() -> None:
    """Set the gauges of the seals.

    Raises:
        DatabaseUnavailable: they stay as they are.
    """
    with reading() as session:
        check = blocks.last_check(session)
        if blocks.newest(session) is None:
            return
        metrics.note_unsealed(oldest_unsealed_seconds(session))
        if check is not None:
            metrics.note_verified(check.faults, check.checked_at)


def oldest_unsealed_seconds(session: Session) -> float:
    """The age in seconds of the oldest decision after the last sealed one; 0 if there is none."""
    query = select(Decision.decision_id).order_by(Decision.decision_id).limit(1)
    if sealed := blocks.highest_key(session, Decision.__tablename__):
        query = query.where(Decision.decision_id > UUID(bytes=sealed))
    oldest = session.scalar(query)
    if oldest is None:
        return 0.0
    return max(time.time() - moment_of(oldest.bytes) / 1000, 0.0)


def last_sealed() -> datetime | None:
    """When the last block was sealed; none before the first.

    Raises:
        DatabaseUnavailable: the blocks cannot be read.
    """
    with reading() as session:
        newest = blocks.newest(session)
    return newest.sealed_at if newest else None
