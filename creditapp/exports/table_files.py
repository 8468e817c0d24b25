"""The rows of a sealed table as a file."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import orjson

from creditapp.exceptions import BadExport


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


@contextmanager
def open_table(folder: Path, name: str, kind: Format) -> Iterator[TableFile]:
    """Open the new file of a table.

    Raises:
        BadExport: this installation cannot write Parquet.
    """
    path = folder / f"{name}.{kind}"
    if kind is Format.JSONL:
        with path.open("wb") as file:
            yield _JsonLines(file)
        return
    try:
        # why: workers load all commands, and the image that serves has no PyArrow.
        from creditapp.exports.parquet_file import open_parquet
    except ModuleNotFoundError as error:
        raise BadExport(
            "Parquet needs PyArrow, which this image lacks: use --format jsonl, or the training image"
        ) from error
    with open_parquet(path, name) as opened:
        yield opened


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
