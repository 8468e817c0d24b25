"""Where heads go, so that they can be kept out of reach of who may change the database."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, TextIO

import orjson
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    Text,
    create_engine,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from creditapp.exceptions import BadHeads
from creditapp.seals.blocks import Head

STANDARD_STREAM = "-"

TAIL = 4096
"""How many bytes at the end of a file hold at least the last head."""

HEADS = Table(
    "seal_head",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_at", String(40), nullable=False),
    Column("document", Text, nullable=False),
    Column("head", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
)
"""The table in a database of its own; it is made there at first use."""


class Heads(Protocol):
    """A place for heads; `remembers` tells whether it knows what was kept before."""

    remembers: bool

    def newest(self) -> Head | None:
        """The last head that was kept; None if the place cannot tell, or has none.

        Raises:
            BadHeads: the place cannot be read.
        """

    def keep(self, heads: Sequence[Head]) -> None:
        """Keep more heads.

        Raises:
            BadHeads: they cannot be written.
        """

    def __iter__(self) -> Iterator[Head]:
        """All heads, in the order of their numbers.

        Raises:
            BadHeads: the place cannot be read.
        """


def heads_at(place: str) -> Heads | None:
    """The heads at a file, at `-` for a standard stream, or in a database; None for an empty text."""
    if not place:
        return None
    if place == STANDARD_STREAM:
        return StreamedHeads()
    return StoredHeads(place) if "://" in place else WrittenHeads(Path(place))


class StreamedHeads:
    """Writes heads to the standard output, and reads them from the standard input."""

    remembers = False

    def newest(self) -> Head | None:
        """Nothing is known of what was written."""
        return None

    def keep(self, heads: Sequence[Head]) -> None:
        """Print one line for each head."""
        for head in heads:
            sys.stdout.write(line_of(head))
        sys.stdout.flush()

    def __iter__(self) -> Iterator[Head]:
        """The heads of the standard input."""
        return iter(_parse(sys.stdin, "the standard input"))


class WrittenHeads:
    """A file with one JSON line for each head."""

    remembers = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self) -> Head | None:
        """The head of the last line."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(self._path.stat().st_size - TAIL, 0))
                tail = file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadHeads(f"{self._path}: the heads cannot be read: {error.strerror}") from error
        return next(_parse(tail[-1:], f"{self._path}, from its end"), None)

    def keep(self, heads: Sequence[Head]) -> None:
        """Append one line for each head, and wait until they are on disk."""
        try:
            with self._path.open("a") as file:
                file.writelines(map(line_of, heads))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BadHeads(f"{self._path}: heads cannot be written: {error.strerror}") from error

    def __iter__(self) -> Iterator[Head]:
        """The heads of the file; none if there is no file."""
        try:
            with self._path.open() as lines:
                yield from _parse(lines, str(self._path))
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise BadHeads(f"{self._path}: the heads cannot be read: {error}") from error


class StoredHeads:
    """A table in another database."""

    remembers = True

    def __init__(self, address: str) -> None:
        try:
            self._engine = create_engine(make_url(address), poolclass=NullPool)
        except (ArgumentError, ImportError) as error:
            raise BadHeads("the address of the database for heads is not valid") from error

    def newest(self) -> Head | None:
        """The head with the highest number."""
        return next(iter(self._select(newest=True)), None)

    def keep(self, heads: Sequence[Head]) -> None:
        """Insert the heads in one transaction."""
        if not heads:
            return
        try:
            with self._engine.begin() as connection:
                HEADS.metadata.create_all(connection)
                connection.execute(insert(HEADS), list(map(asdict, heads)))
        except SQLAlchemyError as error:
            raise BadHeads("the database for heads cannot be written") from error

    def __iter__(self) -> Iterator[Head]:
        """All heads."""
        return iter(self._select(newest=False))

    def _select(self, *, newest: bool) -> list[Head]:
        order = HEADS.c.number.desc() if newest else HEADS.c.number
        query = select(HEADS).order_by(order)
        try:
            with self._engine.begin() as connection:
                HEADS.metadata.create_all(connection)
                rows = connection.execute(query.limit(1) if newest else query).all()
        except SQLAlchemyError as error:
            raise BadHeads("the database for heads cannot be read") from error
        return [Head(**row._mapping) for row in rows]


def line_of(head: Head) -> str:
    """A head as one line of JSON."""
    return orjson.dumps(asdict(head)).decode() + "\n"


def _parse(lines: TextIO | Iterable[str], name: str) -> Iterator[Head]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield Head(**orjson.loads(line))
        except (orjson.JSONDecodeError, TypeError) as error:
            raise BadHeads(f"{name}: line {number} is not a head") from error
