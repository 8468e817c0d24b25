"""Writes YAML with comments, of JSON types only, so that every parser reads the same."""

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import yaml

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[ .][A-Za-z0-9_]+)*")
_OTHER_PARSERS = ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf")


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """A comment, wrapped."""
    begin = " " * indent + "# "
    # why: texts may come from cells, and a comment ends with its line.
    yield from textwrap.wrap(
        _printable(text),
        WIDTH,
        initial_indent=begin,
        subsequent_indent=begin,
        break_long_words=False,
    )


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def lines_of(key: str, value: Any, indent: int = 0) -> Iterator[str]:
    """A key and its value: in one line if it is short, else in a block."""
    begin = " " * indent + f"{scalar(key)}:"
    short = _flow(value)
    if not isinstance(value, (dict, list)) or len(begin) + len(short) < WIDTH - 1:
        yield f"{begin} {short}"
        return
    yield begin
    if isinstance(value, dict):
        for name, item in value.items():
            yield from lines_of(name, item, indent + 2)
    else:
        yield from (f"{' ' * indent}  - {_flow(item)}" for item in value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A text, number, truth value or null; a text is quoted where a parser may see something else."""
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) and value.lower() not in _OTHER_PARSERS
    return value if plain and yaml.safe_load(value) == value else _quoted(value)


def _quoted(value: str) -> str:
    # why: YAML forbids some characters that JSON leaves as they are, and has an escape for each.
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08X}" for one in quoted)


def _number(value: float) -> str:
    """A number without an exponent, which YAML 1.1 and 1.2 read differently."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return format(Decimal(repr(value)), "f")
