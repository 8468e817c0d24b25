"""CSV for spreadsheets: a text that a spreadsheet would run as a formula gets an apostrophe before it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets may run (https://owasp.org/www-community/attacks/CSV_Injection)."""


def safe_cell(value: Any) -> Any:
    """A value as a cell; a text that begins like a formula has an apostrophe before it. Numbers stay."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return value


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV (RFC 4180); what is missing is an empty cell."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([safe_cell(value) for value in row] for row in rows)
    return written.getvalue()


def csv_parts(header: Sequence[str], parts: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    """The bytes of a CSV file in UTF-8, a part at a time."""
    yield csv_text([header]).encode()
    for rows in parts:
        yield csv_text(rows).encode()
