"""The rows of a sealed table as Parquet, with a column for each column of the table."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Float, Integer
from sqlalchemy.types import TypeDecorator

from creditapp.database.engine import UtcDateTime
from creditapp.exports.line import Line, TableFile
from creditapp.seals.tables import SealedTable, sealed_tables

PROOF = {
    "seal_block": pa.int64(),
    "seal_place": pa.int64(),
    "seal_leaf": pa.string(),
    "seal_absent": pa.string(),
    "seal_row": pa.string(),
}
"""The columns of a Parquet file that prove its rows; `seal_row` is the row as it was hashed."""


@contextmanager
def open_parquet(path: Path, name: str) -> Iterator[TableFile]:
    """Open the new file of a table."""
    table = sealed_tables().get(name)
    columns = {one: _arrow_type(table, one) for one in table.columns} if table else {}
    schema = pa.schema({**PROOF, **columns})
    with pq.ParquetWriter(path, schema) as writer:
        yield _Parquet(writer, schema, columns)


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
