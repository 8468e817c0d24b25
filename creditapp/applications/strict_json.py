"""JSON read strictly: one meaning or none."""

import json
from typing import Any, NoReturn

from creditapp.exceptions import NotStrictJson

DEEPEST = 4
"""A batch is an object with an array of objects; a wrong answer inside may be one more, to be named."""

CONTAINERS = frozenset({dict, list})


def parse(body: bytes) -> Any:
    """The value that a body holds.

    Raises:
        NotStrictJson: not UTF-8, not JSON (RFC 8259), a number that is none or infinite, a key twice
            in one object, or nested deeper than any body of the contract.
    """
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_number,
        )
    except UnicodeDecodeError as error:
        raise NotStrictJson("the body is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotStrictJson(f"the body is not JSON: {error.msg}, {where}") from error
    except ValueError as error:
        raise NotStrictJson("a number in the body has too many digits") from error
    except RecursionError:
        raise NotStrictJson("the body is nested too deeply") from None
    if _is_deeper(value, DEEPEST):
        raise NotStrictJson("the body is nested too deeply")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise NotStrictJson("a key stands twice in one object")
    return value


def _constant(name: str) -> NoReturn:
    raise NotStrictJson(f"{name} is not a JSON number")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrictJson("a number in the body is too large")
    return value


def _is_deeper(value: object, levels: int) -> bool:
    """Whether objects and arrays lie deeper in each other; looked at level by level."""
    inside = [value] if isinstance(value, dict | list) else []
    while inside and levels:
        levels -= 1
        inside = [one for outer in inside for one in _containers(outer)]
    return bool(inside)


def _containers(outer: dict[str, Any] | list[Any]) -> list[Any]:
    """The objects and arrays directly inside one; most hold none."""
    values = outer.values() if isinstance(outer, dict) else outer
    if CONTAINERS.isdisjoint(map(type, values)):
        return []
    return [one for one in values if type(one) in CONTAINERS]
