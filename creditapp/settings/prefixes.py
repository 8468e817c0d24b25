"""The form of a prefix: a path that leads nowhere else."""

import re

PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
LONGEST = 200


def is_prefix(text: str) -> bool:
    """Whether a text is a path such as /credit: no other host, no way up, nothing that needs quoting."""
    return len(text) <= LONGEST and PREFIX.fullmatch(text) is not None
