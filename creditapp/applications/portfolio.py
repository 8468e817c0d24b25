"""Reads a portfolio: a folder with the document of its catalogue and its data."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import read_catalogue
from creditapp.exceptions import BadCatalogue

DOCUMENTS = ("datapackage.yaml", "datapackage.yml", "datapackage.json")
LARGEST = 20_000_000
"""The length of a document, in characters, as JSON."""


class JsonTypes(yaml.SafeLoader):  # type: ignore[misc]
    """Reads YAML with the types of JSON only: no dates, no `yes` for true, no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """The mapping of a node.

        Raises:
            yaml.constructor.ConstructorError: a key stands in it twice, or is not a text.
        """
        made = super().construct_mapping(node, deep=True)
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, (key, (where, _)) in enumerate(zip(keys, node.value, strict=True)):
            if not isinstance(key, str) or key in keys[:place]:
                fault = f"the key {key!r} is there twice, or is not a text"
                raise yaml.constructor.ConstructorError(None, None, fault, where.start_mark)
        return made


# why: a tag such as !!timestamp or !!binary would bring a type that JSON does not have.
JsonTypes.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag is None
    or tag.rpartition(":")[2] in ("null", "bool", "int", "float", "str", "seq", "map")
}
JsonTypes.yaml_implicit_resolvers = {}
for _kind, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", list("-+0123456789")),
):
    JsonTypes.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), _first
    )


def read_portfolio(folder: Path) -> Catalogue:
    """Read the catalogue of a folder.

    Raises:
        BadCatalogue: there is no document, it cannot be read, or it has faults; the message names the file.
    """
    path = find_document(folder)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCatalogue(f"{path}: it is not UTF-8; save it in this encoding") from error
    except OSError as error:
        raise BadCatalogue(f"{path}: cannot be read: {error.strerror}") from error
    document = _as_json(parse_document(text, path), path)
    try:
        return read_catalogue(document)
    except BadCatalogue as error:
        raise BadCatalogue(f"{path}:\n{error}") from error


def find_document(folder: Path) -> Path:
    """The document of a portfolio's folder.

    Raises:
        BadCatalogue: there is none.
    """
    for name in DOCUMENTS:
        if (folder / name).is_file():
            return folder / name
    raise BadCatalogue(
        f"{folder}: there is no {DOCUMENTS[0]} (or .json) in this folder; "
        "draft one with: flask portfolio infer"
    )


def parse_document(text: str, path: Path) -> Any:
    """Parse a document in YAML or JSON.

    Raises:
        BadCatalogue: it is neither; the message names the line.
    """
    try:
        return yaml.load(text, JsonTypes)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise BadCatalogue(f"{path}: {where}{getattr(error, 'problem', error)}") from error
    except (ValueError, KeyError) as error:
        raise BadCatalogue(f"{path}: a value cannot be read: {error}") from error
    except RecursionError:
        raise BadCatalogue(f"{path}: it is nested too deeply") from None


def _as_json(document: Any, path: Path) -> str:
    """A document as JSON in UTF-8.

    Raises:
        BadCatalogue: it has what cannot be written so, or aliases make it very large.
    """
    parts: list[str] = []
    length = 0
    try:
        # why: a few lines of aliases of aliases can stand for more than fits into the memory.
        for part in json.JSONEncoder(ensure_ascii=False, allow_nan=False).iterencode(document):
            parts.append(part)
            length += len(part)
            if length > LARGEST:
                raise BadCatalogue(
                    f"{path}: it has over {LARGEST:,} characters, aliases written out"
                )
        return "".join(parts).encode().decode()
    except UnicodeEncodeError as error:
        raise BadCatalogue(
            f"{path}: a text has half of a character, {error.object[error.start]!a}"
        ) from error
    except ValueError as error:
        raise BadCatalogue(f"{path}: a number is too large, or is none") from error
