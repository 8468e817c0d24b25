"""The numbers that rows and versions can have: from 1 on, and not above what a column of integers holds."""

import re

HIGHEST = 2**31 - 1
"""The highest integer of PostgreSQL and of the registry; a higher one fails there and finds nothing."""
DIGITS = re.compile(r"[1-9][0-9]{0,9}")


def is_row_number(text: str) -> bool:
    """Whether a text is a number that a row can have, as we write it."""
    return DIGITS.fullmatch(text) is not None and int(text) <= HIGHEST


def nearest_row_number(text: str, default: int = HIGHEST) -> int:
    """The number of a text, or the nearest one that a row can have; the default for anything else."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return default
    if text.strip().startswith("-"):
        return 1
    short = digits.lstrip("0") or "0"
    return min(max(int(short), 1), HIGHEST) if len(short) <= len(str(HIGHEST)) else HIGHEST
