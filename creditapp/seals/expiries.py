"""The record of what expired: which rows of the record may be missing because their time is over."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.identity.actors import Actor
from creditapp.seals.blocks import SealBlock, SealPart
from creditapp.seals.tables import Key, SealedTable
from creditapp.seals.unsealed import split_keys

PARTS_AT_ONCE = 5


class Expiry(Base):
    """One expiry of rows of a table: those in blocks up to `last_block`, all made before `before`.

    The triggers let no row go that no expiry covers, so it is inserted first.
    """

    __tablename__ = "expiry"
    __table_args__ = (
        Index("ix_expiry_table_name", "table_name", "before"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    table_name: Mapped[str] = mapped_column(String(63))
    last_block: Mapped[int]
    before: Mapped[datetime] = mapped_column(UtcDateTime)
    expired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expired_by: Mapped[str] = mapped_column(String(100))
    rows: Mapped[int]


def add(
    session: Session, table: str, last_block: int, before: datetime, actor: Actor, rows: int
) -> None:
    """Put an expiry of so many rows on record, in the transaction that deletes them afterwards."""
    session.add(
        Expiry(
            table_name=table,
            last_block=last_block,
            before=before,
            expired_at=datetime.now(UTC),
            expired_by=actor.label[:100],
            rows=rows,
        )
    )


def last_block(session: Session, table: str) -> int:
    """The number of the last block whose rows of a table may have expired; 0 if none may.

    An expiry that cannot be true counts for nothing: of a time to come, or of a block that is not there or
    was sealed later.
    """
    query = (
        select(func.max(Expiry.last_block))
        .join(SealBlock, SealBlock.number == Expiry.last_block)
        .where(Expiry.table_name == table, Expiry.before <= Expiry.expired_at)
        .where(SealBlock.sealed_at < Expiry.before)
    )
    return session.scalar(query) or 0


def find_in_blocks(
    session: Session, table: SealedTable, keys: Collection[Key], last: int
) -> set[Key]:
    """Those of some keys that are in the blocks up to a number."""
    wanted, found = set(keys), set[Key]()
    for key in sorted(wanted):
        if key not in found:
            found |= wanted & _keys_beside(session, table, key, last)
    return found


def _keys_beside(session: Session, table: SealedTable, key: Key, last: int) -> set[Key]:
    """All keys of the block that holds a key; none if no block up to the number does."""
    query = select(SealPart.keys).where(
        SealPart.table_name == table.name,
        SealPart.high_key >= key,
        SealPart.low_key <= key,
        SealPart.number <= last,
    )
    # why: in this order the first block is nearly always the one, and the others are not even read.
    query = query.order_by(SealPart.high_key).execution_options(yield_per=PARTS_AT_ONCE)
    with session.execute(query) as parts:
        for (stored,) in parts:
            if key in (keys := set(split_keys(table, stored))):
                return keys
    return set()
