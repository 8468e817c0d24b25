"""One sealed row of an export, and the file that takes such rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson


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
