"""Texts for people as JSON documents, so that another process can translate them when it shows them."""

from collections.abc import Mapping
from typing import Any

from creditapp.phrases import Figures, Listing, Phrase, Verbatim


def as_document(text: object) -> Any:
    """A text, a phrase or a listing as a JSON value; what is not translated is a plain string."""
    match text:
        case Phrase(template, values):
            return {
                "template": template,
                "values": {name: as_document(value) for name, value in values.items()},
            }
        case Listing(parts, between):
            return {"parts": [as_document(part) for part in parts], "between": between}
        case Figures():
            return {"figures": str(text)}
        case None | bool() | int() | float():
            return text
    if type(text) is str:
        return {"text": text}
    return str(text)


def from_document(document: Any) -> object:
    """The text that `as_document` wrote."""
    match document:
        case {"template": str(template), "values": Mapping() as values}:
            return Phrase(template, {name: from_document(one) for name, one in values.items()})
        case {"parts": list(parts), "between": str(between)}:
            return Listing(tuple(map(from_document, parts)), between)
        case {"figures": str(figures)}:
            return Figures(figures)
        case {"text": str(text)}:
            return text
        case str():
            return Verbatim(document)
    return document
