"""The strict JSON parser."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications.strict_json import parse
from creditapp.exceptions import NotStrictJson, TooManyObjects

WRONG = {
    "empty": b"",
    "cut": b'{"a": 1',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a number too large": b'{"a": 1e400}',
    "an integer too long": b'{"a": ' + b"9" * 5000 + b"}",
    "a key twice": b'{"a": 1, "a": 1}',
    "a key twice, inside": b'{"a": [{"b": 1, "b": 2}]}',
    "nested lists": b"[" * 2000 + b"]" * 2000,
    "nested lists, many": b"[" * 200_000,
    "one level too many": b'{"a": [{"b": [[]]}]}',
    "two values": b"{} {}",
    "a comment": b"{} // hello",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_invalid_json_is_refused(body: bytes) -> None:
    """Each body raises NotStrictJson with a message, and no other exception."""
    with pytest.raises(NotStrictJson, match=r"\w+ \w+"):
        parse(body)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_object_is_parsed_unchanged(value: dict[str, object]) -> None:
    """A valid object keeps its keys and values."""
    assert parse(json.dumps(value).encode()) == value


FLOODS = {
    "objects": b"[" + b"{}," * 5000 + b"{}]",
    "arrays": b"[" + b"[]," * 5000 + b"[]]",
    "keys": b"{" + b",".join(b'"%d":1' % number for number in range(20_001)) + b"}",
}


@pytest.mark.parametrize("body", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_is_refused_before_it_is_parsed(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small body can take a hundred times its size in memory."""
    assert parse(body) is not None
    monkeypatch.setattr(json, "loads", None)
    with pytest.raises(TooManyObjects, match=r"more than \d+,\d+"):
        parse(body, 4_000 if b"{}" in body or b"[]" in body else 40_000)


def test_a_byte_order_mark_is_passed_over() -> None:
    """Editors write it, and RFC 8259 lets a parser ignore it; inside a text it stays."""
    assert parse(b'\xef\xbb\xbf{"a": "\xef\xbb\xbf"}') == {"a": "\ufeff"}


@given(st.binary())
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    """No other exception than NotStrictJson is raised."""
    with contextlib.suppress(NotStrictJson):
        parse(body)
