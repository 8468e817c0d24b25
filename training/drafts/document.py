"""Writes a draft as the text of a `datapackage.yaml`."""

import re
from collections.abc import Iterator
from typing import Any

from training.drafts.draft import Draft
from training.drafts.fields import DraftField
from training.drafts.names import title_of
from training.drafts.yaml_text import comment, lines_of

HEAD = (
    "Drafted from a data file. Read every field, correct it, and remove the review marks: training "
    "refuses while one stands. Types, limits and roles were found in the data; labels must come from you."
)


def text_of(draft: Draft, name: str) -> str:
    """The document, ending with a line break."""
    return "\n".join([*_head(draft, name), *_top(draft), *_resource(draft)]) + "\n"


def name_of(folder: str) -> str:
    """A portfolio's name, made of the name of its folder."""
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.lower()).strip("-._")
    return name[:63] or "portfolio"


def _head(draft: Draft, name: str) -> Iterator[str]:
    yield from comment(HEAD)
    share = draft.outcome.bad_rows / draft.outcome.rows
    yield from comment(f"{draft.rows:,} rows, {share:.1%} of them bad.")
    for note in draft.notes:
        yield from comment(note)
    yield from lines_of("name", name)
    yield from lines_of("title", title_of(name.replace("-", "_")))


def _top(draft: Draft) -> Iterator[str]:
    outcome = draft.outcome
    yield "creditapp:"
    answer = {"field": outcome.field.name, "good": outcome.good, "bad": outcome.bad}
    yield from lines_of("outcome", answer, 2)
    for key, name in draft.credit._asdict().items():
        if name:
            yield from lines_of(key, name, 2)
    if draft.as_of:
        yield from comment(
            "No column is the day of the application: dates count from the newest one.", 2
        )
        yield from lines_of("as_of", draft.as_of, 2)
    yield from comment("Medians and most frequent answers, not a row of the file.", 2)
    yield from lines_of("example", draft.example, 2)


def _resource(draft: Draft) -> Iterator[str]:
    source = draft.source
    yield "resources:"
    yield "  - name: data"
    yield from lines_of("path", source.file_name, 4)
    yield from lines_of("format", source.format, 4)
    if source.encoding != "utf-8":
        yield from comment(f"The file is not UTF-8; its bytes read as {source.encoding}.", 4)
        yield from lines_of("encoding", source.encoding, 4)
    if source.separator != ",":
        yield from lines_of("dialect", {"delimiter": source.separator}, 4)
    yield "    schema:"
    yield "      fieldsMatch: [equal]"
    yield "      fields:"
    for field in draft.fields:
        yield ""
        yield from _field(field)


def _field(field: DraftField) -> Iterator[str]:
    for text in field.comments:
        yield from comment(text, 8)
    properties = [line for key, value in _properties(field) for line in lines_of(key, value, 10)]
    yield f"        - {properties[0].lstrip()}"
    yield from properties[1:]


def _properties(field: DraftField) -> Iterator[tuple[str, Any]]:
    yield "name", field.name
    yield "type", field.type
    title = title_of(field.name)
    if title != field.name:
        yield "title", title
    yield from field.properties.items()
    yield from _values(field)
    ours = dict(_own_properties(field))
    if ours:
        yield "creditapp", ours


def _values(field: DraftField) -> Iterator[tuple[str, Any]]:
    if field.categories:
        yield "categories", field.categories
        if field.ordered:
            yield "categoriesOrdered", True
    if field.missing:
        yield "missingValues", [{"value": text, "label": label} for text, label in field.missing]
    constraints = dict(_constraints(field))
    if constraints:
        yield "constraints", constraints


def _constraints(field: DraftField) -> Iterator[tuple[str, Any]]:
    if field.required and field.role in ("feature", "outcome"):
        yield "required", True
    if field.minimum is not None and not field.categories:
        yield "minimum", field.minimum
        yield "maximum", field.maximum


def _own_properties(field: DraftField) -> Iterator[tuple[str, Any]]:
    if field.role != "feature":
        yield "role", field.role
    if field.unit and field.role == "feature":
        yield "unit", field.unit
    if field.protected and field.role == "feature":
        yield "protected", True
    if field.changeable:
        yield "changeable", field.changeable
    if field.reviews:
        yield "review", field.reviews if len(field.reviews) > 1 else field.reviews[0]
