"""CSV for spreadsheets: a text that a spreadsheet would run as a formula gets an apostrophe before it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets may run (https://owasp.org/www-community/attacks/CSV_Injection)."""

Value = str | int | float | datetime | None


def safe_cell(value: Value) -> Value:
    """A value as a cell; a text that begins like a formula has an apostrophe before it. Numbers stay."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return value


def csv_parts(header: Sequence[str], parts: Iterable[Iterable[Sequence[Value]]]) -> Iterator[bytes]:
    """The bytes of a CSV file (RFC 4180, UTF-8), a part at a time; what is missing is an empty cell."""
    yield _bytes([header])
    for rows in parts:
        yield _bytes(rows)


def _bytes(rows: Iterable[Sequence[Value]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([safe_cell(value) for value in row] for row in rows)
    return written.getvalue().encode()
