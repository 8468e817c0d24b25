"""What may appear in a page: characters that HTML forbids are replaced in every value."""

from typing import Any

CONTROLS = (*range(9), 11, *range(14, 32), *range(127, 160))
NONCHARACTERS = (
    *range(0xFDD0, 0xFDF0),
    *(plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)),
)
FORBIDDEN = dict.fromkeys((*CONTROLS, *NONCHARACTERS), "\N{REPLACEMENT CHARACTER}")
"""https://html.spec.whatwg.org/#preprocessing-the-input-stream"""


def replace_forbidden(value: Any) -> Any:
    """A value without the characters that no HTML document may contain."""
    return value.translate(FORBIDDEN) if isinstance(value, str) else value
