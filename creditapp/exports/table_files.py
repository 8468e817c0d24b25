"""The rows of a sealed table as a file: JSON Lines, or Parquet with a column for each column of the table."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Float, Integer
from sqlalchemy.types import TypeDecorator

from creditapp.database.engine import UtcDateTime
from creditapp.seals.tables import SealedTable, sealed_tables


class Format(StrEnum):
    """The format of the files."""

    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Line:
    """One sealed row: its place among the leaves of its block, its hash, and its canonical values by column.

    A row without values says in `absent` why.
    """

    block: int
    place: int
    leaf: str
    values: Mapping[str, Any] | None = None
    absent: str = ""

    def with_row(self, values: Mapping[str, Any]) -> "Line":
        """The same line with its row."""
        return replace(self, values=values, absent="")

    @property
    def content(self) -> bytes | None:
        """The row as JSON, byte for byte as it was hashed."""
        if self.values is None:
            return None
        return orjson.dumps(self.values, option=orjson.OPT_SORT_KEYS)


class TableFile(Protocol):
    """A file that takes the lines of one table, block by block."""

    def write(self, lines: Iterable[Line]) -> None:
        """Add lines at the end."""


PROOF = {
    "seal_block": pa.int64(),
    "seal_place": pa.int64(),
    "seal_leaf": pa.string(),
    "seal_absent": pa.string(),
    "seal_row": pa.string(),
}
"""The columns of a Parquet file that prove its rows; `seal_row` is the row as it was hashed."""


@contextmanager
def open_table(folder: Path, name: str, kind: Format) -> Iterator[TableFile]:
    """Open the new file of a table."""
    path = folder / f"{name}.{kind}"
    if kind is Format.JSONL:
        with path.open("wb") as file:
            yield _JsonLines(file)
    else:
        table = sealed_tables().get(name)
        columns = {one: _arrow_type(table, one) for one in table.columns} if table else {}
        schema = pa.schema({**PROOF, **columns})
        with pq.ParquetWriter(path, schema) as writer:
            yield _Parquet(writer, schema, columns)


@dataclass(frozen=True)
class _JsonLines:
    file: Any

    def write(self, lines: Iterable[Line]) -> None:
        self.file.writelines(map(_json_line, lines))


def _json_line(line: Line) -> bytes:
    # why: the row stands last and as it was hashed, so that a reader can hash the same bytes.
    fields = {
        "block": line.block,
        "place": line.place,
        "leaf": line.leaf,
        "absent": line.absent or None,
        "row": line.content and orjson.Fragment(line.content),
    }
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True)
class _Parquet:
    writer: pq.ParquetWriter
    schema: pa.Schema
    columns: Mapping[str, pa.DataType]

    def write(self, lines: Iterable[Line]) -> None:
        rows = [self._row(line) for line in lines]
        self.writer.write_table(pa.Table.from_pylist(rows, schema=self.schema))

    def _row(self, line: Line) -> dict[str, Any]:
        content = line.content and line.content.decode()
        proof = (line.block, line.place, line.leaf, line.absent or None, content)
        values = line.values or {}
        cells = {name: _cell(values.get(name), kind) for name, kind in self.columns.items()}
        return {**dict(zip(PROOF, proof, strict=True)), **cells}


def _arrow_type(table: SealedTable, column: str) -> pa.DataType:
    kind = table.type_of(column)
    if isinstance(kind, UtcDateTime):
        return pa.timestamp("us", "UTC")
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, Integer):
        return pa.int64()
    return pa.float64() if isinstance(kind, Float) else pa.string()


def _cell(value: Any, kind: pa.DataType) -> Any:
    """A canonical value as a column of this type holds it; lists and objects as JSON."""
    if value is None or isinstance(value, float):
        return value
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    if pa.types.is_string(kind) and not isinstance(value, str):
        return orjson.dumps(value).decode()
    return value
