"""The rows of a sealed table as a file."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from creditapp.exceptions import BadExport
from creditapp.exports.line import Line, TableFile


class Format(StrEnum):
    """The format of the files."""

    JSONL = "jsonl"
    PARQUET = "parquet"


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
