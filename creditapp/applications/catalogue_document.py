"""Reads a portfolio's document, a Data Package with a Table Schema, and makes its catalogue.

The keys are those of the Data Package standard, version 2 (https://datapackage.org), and our own under
`creditapp`. `docs/portfolios.md` describes them, and `static/portfolio.schema.json` for programs.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath

from creditapp.applications.catalogue import REFERENCE, Catalogue, DataFile, Outcome
from creditapp.applications.faults import Faults, Keys, echo, in_words, local_text
from creditapp.applications.field_document import check_name, read_field, reviews_of
from creditapp.applications.performance import read_performance
from creditapp.applications.questions import (
    Answer,
    Date,
    FreeText,
    Numeric,
    Question,
    Role,
    is_date,
    slugs_of,
)
from creditapp.exceptions import BadCatalogue

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
DATA_SUFFIXES = (".csv", ".csv.gz", ".parquet")
NO_DELIMITERS = '\r\n"\0'
MOST_FIELDS = 500
OWN_KEYS = {
    "amount",
    "as_of",
    "currency",
    "example",
    "groups",
    "note",
    "outcome",
    "performance",
    "published_labels",
    "term",
}


@lru_cache(maxsize=16)
def read_catalogue(document: str, *, may_be_newer: bool = False) -> Catalogue:
    """Make the catalogue of a document in JSON; the same document gives the same catalogue.

    Args:
        document: The document.
        may_be_newer: Whether a newer version may have written it; unknown keys at the top are passed over.

    Raises:
        BadCatalogue: with all faults of the document; each names its field and what is accepted.
        ValueError: the document is not JSON.
    """
    return catalogue_of(json.loads(document), may_be_newer=may_be_newer)


def catalogue_of(document: object, *, may_be_newer: bool = False) -> Catalogue:
    """Make the catalogue of a document, as `read_catalogue` does.

    Raises:
        BadCatalogue: with all faults of the document.
    """
    _check_values(document)
    faults = Faults()
    package = Keys(document, "", faults)
    own = package.own()
    if not may_be_newer:
        own.refuse_unknown(OWN_KEYS)
    name = package.string("name", required=True)
    if name and not NAME.fullmatch(name):
        package.fault("name", f"is {echo(name)}; accepted are small letters, digits, . _ and -")
    resource = _resource(package)
    data = _data_file(resource)
    fields = _fields(resource.keys("schema"))
    faults.refuse()
    groups = {
        str(text): text for text in (local_text(g, "groups", own) for g in own.list("groups"))
    }
    questions = _questions(resource.keys("schema"), fields, groups)
    roles = _roles(fields, faults)
    faults.refuse()
    outcome, outcome_question = _outcome(own.keys("outcome"), fields, questions, faults)
    performance = read_performance(own.keys("performance"))
    asked = [_with_currency(one, own) for one in _asked(questions)]
    _check_asked(own, asked, faults)
    faults.refuse()
    dated = any(isinstance(one, Date) for one in asked if one.role is Role.FEATURE)
    day = next((one for one in asked if one.role is Role.DATE), None)
    catalogue = Catalogue(
        name=name,
        title=package.string("title", name),
        version=package.string("version"),
        outcome=outcome,
        outcome_question=outcome_question,
        performance=performance,
        questions=tuple(asked if day or not dated else [*asked, _implied_day(asked)]),
        example=own.mapping("example"),
        data=data,
        currency=own.string("currency"),
        amount=own.string("amount"),
        term=own.string("term"),
        note=own.text("note"),
        published_labels=own.text("published_labels"),
        reference_column=roles.get(Role.REFERENCE, ""),
        ignored=frozenset(_names_of(fields, Role.IGNORED)),
        as_of=own.string("as_of"),
        implied_day=dated and day is None,
        groups=tuple(dict.fromkeys(_group_order(asked, groups))),
        reviews=tuple(mark for field in fields for mark in reviews_of(field)),
        document=document if isinstance(document, Mapping) else {},
    )
    _check_example(catalogue, faults)
    faults.refuse()
    return catalogue


def _check_values(document: object) -> None:
    """Refuse what JSON or UTF-8 cannot hold, wherever it stands."""
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise BadCatalogue(
            "the document holds half of a character (a lone surrogate); write the whole character"
        ) from error
    except ValueError as error:
        raise BadCatalogue(
            "the document holds NaN or an infinite number; write a number"
        ) from error


def _resource(package: Keys) -> Keys:
    resources = package.list("resources")
    if len(resources) != 1:
        package.fault("resources", f"has {len(resources)} entries; accepted is exactly one")
    return Keys(resources[0] if resources else {}, "", package.faults)


def _data_file(resource: Keys) -> DataFile:
    for keys, place in ((resource, "resource"), (resource.keys("schema"), "schema")):
        if "creditapp" in keys:
            keys.fault(
                "", f"creditapp stands in the {place}; accepted is at the top, or in a field"
            )
    if resource.keys("schema").get("fieldsMatch", ["equal"]) not in ("equal", ["equal"]):
        resource.fault("schema, fieldsMatch", "is not accepted; accepted is equal")
    resource.one_of("format", dict.fromkeys(("csv", "parquet", "")), default="")
    path = resource.string("path", required=True)
    parts = PurePosixPath(path).parts
    if path and (path.startswith("/") or ".." in parts or "://" in path):
        resource.fault("path", f"is {echo(path)}; accepted is a file in the portfolio's folder")
    if path and not path.endswith(DATA_SUFFIXES):
        resource.fault("path", f"is {echo(path)}; accepted is a name in {in_words(DATA_SUFFIXES)}")
    delimiter = resource.keys("dialect").string("delimiter", ",")
    if len(delimiter) != 1 or delimiter in NO_DELIMITERS:
        resource.fault("dialect, delimiter", f"is {echo(delimiter)}; accepted is one character")
    return DataFile(path, _encoding(resource), delimiter)


def _encoding(resource: Keys) -> str:
    encoding = resource.string("encoding", "utf-8")
    try:
        # why: some names that Python knows are of codecs that make no text.
        " ".encode(encoding)
    except (LookupError, ValueError):
        accepted = "a name that Python knows, such as utf-8, cp1252 or utf-16"
        resource.fault("encoding", f"is {echo(encoding)}; accepted is {accepted}")
        return "utf-8"
    return encoding


def _fields(schema: Keys) -> list[Keys]:
    entries = schema.list("fields")
    if not 0 < len(entries) <= MOST_FIELDS:
        schema.fault("fields", f"has {len(entries)} entries; accepted are 1 to {MOST_FIELDS}")
    names: list[object] = []
    fields = []
    for number, entry in enumerate(entries[:MOST_FIELDS], 1):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        check_name(name, names, schema.faults, number)
        names.append(name)
        fields.append(Keys(entry, f'field "{name}"', schema.faults))
    return fields


def _questions(
    schema: Keys, fields: Sequence[Keys], groups: Mapping[str, str]
) -> list[Question | None]:
    """The question of each field, in their order; none for a field that no application answers."""
    missing_values = schema.list("missingValues") or [""]
    slugs = slugs_of([str(field.get("name")) for field in fields])
    return [
        read_field(field, slug, missing_values, lambda name: groups.get(name, name))
        for field, slug in zip(fields, slugs, strict=True)
    ]


def _asked(questions: Sequence[Question | None]) -> list[Question]:
    """The questions of an application: the features first."""
    asked = [one for one in questions if one is not None and one.role is not Role.OUTCOME]
    return sorted(asked, key=lambda one: one.role is not Role.FEATURE)


def _with_currency(question: Question, own: Keys) -> Question:
    """The question for the amount with the currency as its unit, unless the document gives it another one."""
    is_amount = question.name == own.string("amount") and not question.unit
    return replace(question, unit=own.string("currency")) if is_amount else question


def _names_of(fields: Sequence[Keys], role: Role) -> list[str]:
    return [
        str(one.get("name")) for one in fields if one.own().get("role", "feature") == role.value
    ]


def _roles(fields: Sequence[Keys], faults: Faults) -> dict[Role, str]:
    """The field of each role that one field alone may have."""
    found = {}
    for role in (Role.OUTCOME, Role.REFERENCE, Role.DATE):
        names = _names_of(fields, role)
        if len(names) > 1:
            faults.add("", f"{len(names)} fields have the role {role}; accepted is one")
        if names:
            found[role] = names[0]
    if (
        REFERENCE in (str(one.get("name")) for one in fields)
        and found.get(Role.REFERENCE) != REFERENCE
    ):
        faults.add(
            f'field "{REFERENCE}"',
            "the name is that of an application's own reference; give the field the role reference, "
            "or rename the column",
        )
    return found


def _outcome(
    own: Keys, fields: Sequence[Keys], questions: Sequence[Question | None], faults: Faults
) -> tuple[Outcome, Question]:
    own.refuse_unknown({"field", "good", "bad"})
    name = own.string("field", required=True)
    good, bad = own.list("good"), own.list("bad")
    if not good or not bad or any(value in good for value in bad):
        own.fault("good", "and bad need at least one value each, and none in common")
    names = [str(field.get("name")) for field in fields]
    if name not in names:
        own.fault("field", f"is {echo(name)}; accepted is the name of a field")
        faults.refuse()
    if name not in _names_of(fields, Role.OUTCOME):
        faults.add(f'field "{name}"', "the outcome needs creditapp: {role: outcome}")
        faults.refuse()
    question = questions[names.index(name)]
    assert question is not None  # noqa: S101 - a field with the role of the outcome has a question
    for value in [*good, *bad]:
        is_text = isinstance(question, FreeText) and isinstance(value, str)
        if not is_text and not question.accepts_value(value):
            own.fault("good", f"or bad has {echo(value)}; accepted is {question.value_accepted}")
    return Outcome(name, tuple(good), tuple(bad)), question


def _check_asked(own: Keys, asked: Sequence[Question], faults: Faults) -> None:
    """Check what concerns several questions together."""
    by_name = {question.name: question for question in asked}
    if not any(question.role is Role.FEATURE for question in asked):
        faults.add("", "no field has the role feature; a model needs at least one")
    amount, term = own.string("amount"), own.string("term")
    if amount and not isinstance(by_name.get(amount), Numeric):
        own.fault("amount", f"is {echo(amount)}; accepted is the name of a field with numbers")
    if term and term not in by_name:
        own.fault("term", f"is {echo(term)}; accepted is the name of a field")
    _check_follows(by_name, faults)
    day = next((one for one in asked if one.role is Role.DATE), None)
    if day and not isinstance(day, Date):
        faults.add(f'field "{day.name}"', "the role date needs the type date")
    as_of = own.get("as_of")
    if as_of is not None and not (isinstance(as_of, str) and is_date(as_of)):
        own.fault("as_of", f"is {echo(as_of)}; accepted is a date as YYYY-MM-DD")
    dates = [one.name for one in asked if isinstance(one, Date) and one.role is Role.FEATURE]
    if dates and day is None and as_of is None:
        faults.add(
            f'field "{dates[0]}"',
            "a date counts in days before the application; give one field the role date, or give "
            "the day of the data as creditapp, as_of",
        )


def _check_follows(by_name: Mapping[str, Question], faults: Faults) -> None:
    """Check that every field that another one follows is a feature."""
    for question in by_name.values():
        for name in question.follows:
            if name not in by_name or by_name[name].role is not Role.FEATURE:
                faults.add(
                    f'field "{question.name}"',
                    f"follows has {echo(name)}; accepted is the name of a feature",
                )


def _implied_day(asked: Sequence[Question]) -> Date:
    """The question for the day of the application, where the data have no column for it."""
    names = {question.name for question in asked}
    free = (f"application_date{mark}" for mark in ("", *map(str, range(2, MOST_FIELDS + 3))))
    name = next(one for one in free if one not in names)
    return Date(name=name, slug=slugs_of([*names, name])[-1], label=name, role=Role.DATE)


def _group_order(asked: Sequence[Question], groups: Mapping[str, str]) -> list[str]:
    used = [question.group for question in asked]
    return [*(group for group in groups.values() if group in used), *used]


def _check_example(catalogue: Catalogue, faults: Faults) -> None:
    example = catalogue.example
    for name in example:
        if name not in catalogue.by_name:
            faults.add("creditapp, example", f'"{name}" is not a field of an application')
    for question in catalogue.questions:
        if question.role is not Role.FEATURE and question.name not in example:
            continue
        answer: Answer = example.get(question.name)
        if not question.accepts(answer):
            what = "is missing" if answer is None else f"is {echo(answer)}"
            faults.add(
                "creditapp, example", f'"{question.name}" {what}; accepted is {question.accepted}'
            )


def document_of(catalogue: Catalogue) -> str:
    """The document of a catalogue as JSON in one form, so that equal documents have equal bytes."""
    return json.dumps(catalogue.document, indent=1, ensure_ascii=False, allow_nan=False)
