"""A document that a person wrote wrongly is refused in words, whatever is wrong with it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from creditapp.applications.catalogue_document import catalogue_of
from creditapp.applications.portfolio import read_portfolio
from creditapp.exceptions import BadCatalogue
from tests.mixed import DOCUMENT

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 8)
)
TEXTS = {
    "another encoding": ("title: Größe".encode("latin-1"), "not UTF-8"),
    "UTF-16": ("name: x".encode("utf-16"), "not UTF-8"),
    "a date by its tag": (b"name: !!timestamp 2020-01-01", "tag"),
    "bytes by their tag": (b"name: !!binary aGVsbG8=", "tag"),
    "a set by its tag": (b"name: !!set {a, b}", "tag"),
    "a tag that does not fit": (b"name: !!int abc", "cannot be read"),
    "a truth value that is none": (b"name: !!bool abc", "cannot be read"),
    "a mapping that is none": (b"!!map name", "expected a mapping"),
    "a very long number": (b"name: " + b"9" * 5000, "cannot be read"),
    "an endless number": (b"size: 1e999", "too large"),
    "half of a character": (b'name: "\\ud800"', "half of a character"),
    "very deep lists": (b"[" * 3000 + b"]" * 3000, "nested too deeply"),
    "aliases of aliases": (BOMB.encode(), "aliases"),
    "a key twice": (b"name: x\nname: y", "twice"),
    "a list as a key": (b"[a]: x", "line 1"),
    "a tab": (b"name: x\n\tresources: []", "line 2"),
}


@pytest.mark.parametrize(("document", "message"), TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_no_document_is_refused(
    document: bytes, message: str, tmp_path: Path
) -> None:
    """The message names the file."""
    path = tmp_path / "datapackage.yaml"
    path.write_bytes(document)
    with pytest.raises(BadCatalogue, match=message) as refused:
        read_portfolio(tmp_path)
    assert str(path) in str(refused.value)


def changed(field: str, key: str, value: object) -> dict[str, Any]:
    """The mixed portfolio with one key of a field changed."""
    document = deepcopy(DOCUMENT)
    [resource] = document["resources"]
    [found] = [one for one in resource["schema"]["fields"] if one["name"] == field]
    found[key] = value
    return document


def with_resource(**keys: object) -> dict[str, Any]:
    """The mixed portfolio with some keys of its resource changed."""
    document = deepcopy(DOCUMENT)
    document["resources"][0].update(keys)
    return document


def with_example(**answers: object) -> dict[str, Any]:
    """The mixed portfolio with some answers of its example changed."""
    document = deepcopy(DOCUMENT)
    document["creditapp"]["example"].update(answers)
    return document


def with_text_outcome(good: object) -> dict[str, Any]:
    """The mixed portfolio with an outcome in texts."""
    document = changed("paid", "type", "string")
    document["creditapp"]["outcome"].update(good=[good], bad=["lost"])
    return document


DOCUMENTS = {
    "bands without end": (changed("age", "creditapp", {"bands": [18, 10**400]}), "bands is"),
    "a limit without end": (changed("age", "constraints", {"maximum": 10**400}), "maximum is"),
    "a day twice": (changed("hired", "format", "%d%d"), "format is"),
    "a date without a year": (changed("hired", "format", "%d.%m."), "format is"),
    "an unknown mark": (changed("hired", "format", "%Q"), "format is"),
    "a codec of bytes": (with_resource(encoding="rot13"), "encoding is"),
    "lines as delimiters": (with_resource(dialect={"delimiter": "\n"}), "delimiter is"),
    "quotes as delimiters": (with_resource(dialect={"delimiter": '"'}), "delimiter is"),
    "no day in the example": (with_example(applied=None), '"applied" is missing'),
    "a wrong day in the example": (with_example(applied="today"), '"applied" is "today"'),
    "a wrong note in the example": (with_example(note=["x"]), '"note" is'),
    "following itself": (changed("age", "creditapp", {"follows": ["age"]}), "follows is"),
    "following nobody": (changed("age", "creditapp", {"follows": ["aeg"]}), 'follows has "aeg"'),
    "following a note": (changed("age", "creditapp", {"follows": ["note"]}), "follows has"),
    "following a number": (changed("age", "creditapp", {"follows": [1]}), "follows is"),
    "following a text": (changed("age", "creditapp", {"follows": "income"}), "follows is"),
    "a list as an outcome": (with_text_outcome(["paid"]), "good or bad has"),
}


@pytest.mark.parametrize(("document", "message"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_value_that_cannot_be_used_is_refused(document: dict[str, Any], message: str) -> None:
    """The message says where it stands and what is accepted."""
    with pytest.raises(BadCatalogue, match=message) as refused:
        catalogue_of(document)
    assert "accepted" in str(refused.value)
