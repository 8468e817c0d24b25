"""Looks that are kept, so that a page need not read the decisions again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.drift.look import Look
from creditapp.exceptions import RowsRefused

FORMAT = 1
"""Raise it when a look gets other parts: older ones count as missing then, and are made anew."""


class DriftLook(Base):
    """A look at the decisions of one deployment in one period; it follows from the decisions."""

    __tablename__ = "drift_look"

    generation: Mapped[int] = mapped_column(ForeignKey("deployment.generation"), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


def keep(generation: int, look: Look) -> None:
    """Keep a look, in place of an older one at the same period; of few cases only their number.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    row = DriftLook(
        generation=generation,
        period=look.period,
        looked_at=look.looked_at,
        document={"format": FORMAT, **look.without_few().as_document()},
    )
    try:
        with writing() as session:
            session.merge(row)
    except RowsRefused:
        # why: another host has kept its look at the same period at this moment, and saw the same.
        return


def find(generation: int, periods: Sequence[str]) -> dict[str, Look]:
    """The looks that are kept of some periods, by their names.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(DriftLook).where(
        DriftLook.generation == generation, DriftLook.period.in_(periods)
    )
    with reading() as session:
        rows = session.scalars(query).all()
    return {
        row.period: Look.from_document(row.period, row.looked_at, row.document)
        for row in rows
        if row.document.get("format") == FORMAT
    }
