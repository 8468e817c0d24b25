"""A strict JSON parser: refuses documents that parsers could read in different ways."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

import orjson

from creditapp.exceptions import NotStrictJson, TooManyObjects
from creditapp.phrases import Figures, marked

DEEPEST = 4
"""A batch has three levels; the fourth lets the error name a field whose answer is an object or array."""

CONTAINERS = frozenset({dict, list})
UNSURE = object()
AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
LONG_NUMBER = b"0" * 19
"""So many digits, once all of them are zeros, may be an integer that does not fit into 64 bits."""

MOST_VALUES = 10_000
"""For each object and array, on average; no application has as many answers."""


def parse(body: bytes, most_objects: int | None = None) -> Any:
    """Parse a request body; a byte order mark in front is passed over.

    Raises:
        TooManyObjects: it may have more than `most_objects` objects and arrays, or more than 10,000 values
            in each of them; nothing was parsed.
        NotStrictJson: the body is not UTF-8 or not JSON (RFC 8259), contains NaN or an infinite
            number, has a duplicate key, or is nested deeper than `DEEPEST`.
    """
    if most_objects is not None:
        _check_numbers(body, most_objects)
    text = body.removeprefix(BOM_UTF8)
    value = _parse_plain(text)
    if value is not UNSURE:
        return value
    try:
        value = json.loads(
            text.decode(),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_number,
        )
    except UnicodeDecodeError as error:
        raise NotStrictJson(marked("the body is not UTF-8")) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotStrictJson(
            marked("the body is not JSON: %(problem)s, %(where)s"), problem=error.msg, where=where
        ) from error
    except ValueError as error:
        raise NotStrictJson(marked("a number in the body has too many digits")) from error
    except RecursionError:
        raise NotStrictJson(marked("the body is nested too deeply")) from None
    if any(islice(_levels(value), DEEPEST, None)):
        raise NotStrictJson(marked("the body is nested too deeply"))
    return value


def _parse_plain(text: bytes) -> Any:
    """The value of a text that the fast parser reads as the strict one does; else `UNSURE`."""
    # why: it needs a third of the time, but sees no duplicate key, and makes large integers inexact.
    if LONG_NUMBER in text.translate(AS_ZEROS):
        return UNSURE
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return UNSURE
    # why: each key needs a colon. If there are no more colons than keys, no key was lost as a duplicate.
    levels = list(islice(_levels(value), DEEPEST + 1))
    keys = sum(len(one) for level in levels for one in level if isinstance(one, dict))
    return value if len(levels) <= DEEPEST and text.count(b":") == keys else UNSURE


def _check_numbers(body: bytes, most: int) -> None:
    """Check how many objects, arrays and values there may be, by the marks that each of them needs."""
    # why: before parsing, as an empty object of two bytes takes 64 in memory, and a key still more.
    objects = body.count(b"{") + body.count(b"[")
    if objects > most:
        raise TooManyObjects(
            marked("the body has more than %(most)s objects and arrays; send less at once"),
            most=Figures(f"{most:,}"),
        )
    if body.count(b",") > MOST_VALUES * max(objects, 1):
        raise TooManyObjects(
            marked("the objects and arrays of the body have more than %(most)s values each"),
            most=Figures(f"{MOST_VALUES:,}"),
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise NotStrictJson(marked("an object has a duplicate key; keep each key once"))
    return value


def _constant(name: str) -> NoReturn:
    raise NotStrictJson(marked("%(name)s is not a JSON number"), name=name)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrictJson(marked("a number in the body is too large"))
    return value


def _levels(value: object) -> Iterator[list[dict[str, Any] | list[Any]]]:
    """The objects and arrays of each level of nesting, from the outside."""
    # why: level by level, as recursion would fail on deep nesting.
    inside = [value] if isinstance(value, dict | list) else []
    while inside:
        yield inside
        inside = [container for outer in inside for container in _containers(outer)]


def _containers(outer: dict[str, Any] | list[Any]) -> list[Any]:
    """The objects and arrays directly inside an object or array."""
    values = outer.values() if isinstance(outer, dict) else outer
    # why: most values are plain, and this check is faster than the loop.
    if CONTAINERS.isdisjoint(map(type, values)):
        return []
    return [value for value in values if type(value) in CONTAINERS]
