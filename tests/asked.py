"""What JSON Schema cannot say of our API, and Schemathesis must be told; each with its reason."""

from itertools import count
from typing import Any

import schemathesis
from hypothesis import strategies

from creditapp.web.once import HEADER, LONGEST_KEY

numbers = count()

schemathesis.openapi.format(
    "printable", strategies.text(min_size=1, max_size=64).filter(str.isprintable)
)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Write 2.0 as 2: JSON Schema calls both integers, and the descriptions say that we do not."""
    return with_plain_integers(body)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Give each request a key of its own: the same key for another request is refused, as it must be."""
    key = (case.headers or {}).get(HEADER)
    if isinstance(key, str) and 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable():
        case.headers[HEADER] = f"{next(numbers)}-{key}"[:LONGEST_KEY]


def with_plain_integers(value: Any) -> Any:
    """JSON without numbers that end in .0."""
    match value:
        case dict():
            return {name: with_plain_integers(inner) for name, inner in value.items()}
        case list():
            return [with_plain_integers(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value
