"""Catalogues like another one, but for a change."""

import json
from collections.abc import Callable
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import catalogue_of


def changed(catalogue: Catalogue, change: Callable[[dict[str, Any]], None]) -> Catalogue:
    """A catalogue like another one, but for a change of its document."""
    document = json.loads(json.dumps(catalogue.document))
    change(document)
    return catalogue_of(document)


def fields_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a catalogue's document."""
    fields: list[dict[str, Any]] = document["resources"][0]["schema"]["fields"]
    return fields


def renamed(catalogue: Catalogue, pattern: str) -> Catalogue:
    """A catalogue like another one, whose questions have other names; the outcome keeps its own."""

    def rename(document: dict[str, Any]) -> None:
        own = document["creditapp"]
        for field in fields_of(document):
            if field["name"] != own["outcome"]["field"]:
                field["name"] = pattern.format(field["name"])
            more = field.get("creditapp", {})
            if "follows" in more:
                more["follows"] = [pattern.format(name) for name in more["follows"]]
        own["example"] = {pattern.format(name): one for name, one in own["example"].items()}
        own["amount"], own["term"] = (pattern.format(own[key]) for key in ("amount", "term"))

    return changed(catalogue, rename)
