"""Texts that another process shows."""

import json

import pytest

from creditapp.exceptions import RegistryUnavailable
from creditapp.phrase_documents import as_document, from_document
from creditapp.phrases import Figures, Listing, Phrase, Verbatim, translate

TEXTS = [
    "a marked text",
    "",
    Phrase("%(share)s %% of %(name)s", {"share": 3, "name": Verbatim("a marked text")}),
    Listing((Phrase("%(one)s", {"one": "a marked text"}), Figures("10,000")), ", "),
    RegistryUnavailable("%(folder)s: rename it", folder="here").phrase,
]


def shouted(text: str) -> str:
    """A translation that leaves alone what every language leaves alone."""
    return (
        str(text)
        if isinstance(text, Verbatim)
        else f"{type(text).__name__}:{text.replace('a ', 'A ')}"
    )


@pytest.mark.parametrize("text", TEXTS, ids=str)
def test_a_text_is_translated_as_if_it_had_not_travelled(text: object) -> None:
    """With its values, and the texts among them; names stay as they are."""
    sent = json.loads(json.dumps(as_document(text)))
    assert from_document(sent) == text
    assert translate(from_document(sent), shouted) == translate(text, shouted)
