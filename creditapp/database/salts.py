"""Random salts of personal rows: a digest of the row tells nothing about the row."""

import os

SALT_BYTES = 16


def salts(count: int) -> list[bytes]:
    """As many salts as there are rows, from one call to the operating system."""
    drawn = os.urandom(count * SALT_BYTES)
    return [drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES)]
