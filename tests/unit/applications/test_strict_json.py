"""The strict JSON parser."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications import strict_json
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


NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=4).map(
        lambda text: json.dumps(text, ensure_ascii=False)
    ),
    st.text(max_size=4).map(json.dumps),
    st.sampled_from(['"a:b"', r'"\u003a"', r'"\ud800"', '"\t"', '"1234567890123456789"', r'"\/"']),
)
KEYS = st.sampled_from(['"a"', '"b"', r'"\u0061"', '"a:b"', '""'])
PLAIN = st.one_of(
    NUMBERS,
    TEXTS,
    st.sampled_from(["true", "false", "null", "NaN", "-Infinity", "tru", "01", "+1", "1."]),
)


def _written(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Arrays and objects as texts, also with a key twice."""
    pairs = st.lists(st.tuples(KEYS, inside), max_size=3)
    return st.one_of(
        st.lists(inside, max_size=3).map(lambda values: f"[{', '.join(values)}]"),
        pairs.map(lambda found: "{" + ",\n".join(f"{key}: {value}" for key, value in found) + "}"),
    )


@given(st.recursive(PLAIN, _written, max_leaves=8))
def test_the_fast_parser_reads_what_the_strict_one_reads(text: str) -> None:
    """The same values of the same types, or the same error."""

    def outcome() -> str:
        try:
            return repr(parse(text.encode("utf-8", "surrogatepass")))
        except NotStrictJson as error:
            return str(error)

    both = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "_parse_plain", lambda _: strict_json.UNSURE)
        assert outcome() == both


def test_an_ordinary_batch_is_read_by_the_fast_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The strict one is for what could be read in two ways."""
    monkeypatch.setattr(json, "loads", None)
    assert parse(b'{"applications": [{"a": 1, "b": "x"}, {"a": 2.5, "b": null}]}') == {
        "applications": [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}]
    }
