"""The blocks: append-only tables with the head of each block, and for each table its keys and leaf hashes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.seals import merkle
from creditapp.seals.tables import Key

MOST_ROWS = 10_000
"""The largest number of rows in a block."""

BLOCKS_AT_ONCE = 500
HASH_BYTES = 32
BEFORE_THE_FIRST = "0" * 64
"""What the first block names as the hash of the head before it."""


class SealPart(Base):
    """The rows of one table in a block: their columns, keys and leaf hashes, in the order of the keys."""

    __tablename__ = "seal_part"
    __table_args__ = (Index("ix_seal_part_table_name", "table_name", "high_key"),)

    number: Mapped[int] = mapped_column(ForeignKey("seal_block.number"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(63), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON)
    keys: Mapped[bytes] = mapped_column(LargeBinary)
    leaves: Mapped[bytes] = mapped_column(LargeBinary)
    low_key: Mapped[bytes] = mapped_column(LargeBinary)
    high_key: Mapped[bytes] = mapped_column(LargeBinary)


class SealBlock(Base):
    """The head of a block.

    `since` is when the run before this one sealed its last block: a row that was made long before should
    have been sealed then. The blocks of the first run have none.
    """

    __tablename__ = "seal_block"
    __table_args__ = (Index("ix_seal_block_sealed_at", "sealed_at"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    contents: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(64))
    head: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


class SealCheck(Base):
    """The result of the last verification: one row, which each verification replaces."""

    __tablename__ = "seal_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
    faults: Mapped[int]


@dataclass(frozen=True)
class Head:
    """What identifies a block: the signed document, its SHA-256 and its signature, all as text."""

    number: int
    sealed_at: str
    document: str
    head: str
    signature: str


def document_of(block: SealBlock) -> bytes:
    """The document of a head, whose SHA-256 is the head's hash and which is signed."""
    fields = {
        "contents": block.contents,
        "count": block.count,
        "key": block.key_id,
        "number": block.number,
        "previous": block.previous,
        "root": block.root,
        "sealed_at": _text(block.sealed_at),
        "since": block.since and _text(block.since),
    }
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def head_of(block: SealBlock) -> Head:
    """The head of a block as it is kept elsewhere."""
    document = document_of(block).decode()
    return Head(block.number, _text(block.sealed_at), document, block.head, block.signature)


def contents_of(parts: Iterable[SealPart]) -> str:
    """The SHA-256 of which tables, columns and keys a block holds."""
    return sha256(orjson.dumps(described(parts))).hexdigest()


def described(parts: Iterable[SealPart]) -> list[list[Any]]:
    """The table, columns, digest of the keys and bytes of the leaves of each part, by the tables' names."""
    return [
        [part.table_name, part.columns, sha256(part.keys).hexdigest(), len(part.leaves)]
        for part in sorted(parts, key=lambda part: part.table_name)
    ]


def leaves_of(parts: Iterable[SealPart]) -> list[bytes]:
    """The leaf hashes of a block in the order of its tree."""
    joined = b"".join(part.leaves for part in sorted(parts, key=lambda part: part.table_name))
    return split(joined)


def split(leaves: bytes) -> list[bytes]:
    """Leaf hashes that are stored after each other."""
    return [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]


def root_of(parts: Iterable[SealPart]) -> str:
    """The root of a block's tree."""
    return merkle.root(leaves_of(parts)).hex()


def newest(session: Session) -> SealBlock | None:
    """The last block; none before the first."""
    return session.scalar(select(SealBlock).order_by(SealBlock.number.desc()).limit(1))


def first(session: Session) -> SealBlock | None:
    """The first block; none before it."""
    return session.scalar(select(SealBlock).order_by(SealBlock.number).limit(1))


def last_before(session: Session, moment: datetime) -> int:
    """The number of the last block that was sealed before a time; 0 if there is none."""
    query = select(SealBlock.number).where(SealBlock.sealed_at < moment)
    return session.scalar(query.order_by(SealBlock.sealed_at.desc()).limit(1)) or 0


def after(session: Session, number: int) -> Iterator[SealBlock]:
    """The blocks with larger numbers, in their order, some hundred at a time."""
    query = select(SealBlock).order_by(SealBlock.number).limit(BLOCKS_AT_ONCE)
    while some := session.scalars(query.where(SealBlock.number > number)).all():
        yield from some
        number = some[-1].number


def sealed_between(session: Session, since: datetime | None, until: datetime | None) -> range:
    """The numbers of the blocks that were sealed from one time on and before another, without a gap.

    A clock that was set back may have dated a block in between otherwise.
    """
    query = select(func.min(SealBlock.number), func.max(SealBlock.number))
    if since:
        query = query.where(SealBlock.sealed_at >= since)
    if until:
        query = query.where(SealBlock.sealed_at < until)
    first, last = session.execute(query).one()
    return range(first, last + 1) if first else range(0)


def parts_of(session: Session, number: int) -> Sequence[SealPart]:
    """The parts of a block, in the order of their tables' names."""
    parts = session.scalars(select(SealPart).where(SealPart.number == number)).all()
    return sorted(parts, key=lambda part: part.table_name)


def keys_between(session: Session, table: str, low: Key, high: Key) -> Iterator[tuple[int, bytes]]:
    """The blocks that may hold keys of a table from `low` to `high`: their numbers and their keys."""
    query = select(SealPart.number, SealPart.keys).where(
        SealPart.table_name == table, SealPart.high_key >= low, SealPart.low_key <= high
    )
    yield from ((number, keys) for number, keys in session.execute(query))


def highest_key(session: Session, table: str) -> Key | None:
    """The largest sealed key of a table."""
    query = select(SealPart.high_key).where(SealPart.table_name == table)
    return session.scalar(query.order_by(SealPart.high_key.desc()).limit(1))


def last_check(session: Session) -> SealCheck | None:
    """The result of the last verification."""
    return session.get(SealCheck, 1)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
