"""Reads one field of a portfolio's document, and makes its question."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from creditapp.applications.faults import Faults, Keys, echo, in_words, translated
from creditapp.applications.questions import (
    NOT_GIVEN,
    Answer,
    Code,
    Date,
    Direction,
    FreeText,
    Nominal,
    Numeric,
    Ordinal,
    Question,
    Role,
    YesNo,
    is_date,
    number_from_text,
)
from creditapp.phrases import LocalText

WIDEST, LARGEST = 10**12, 10**15
"""The limits of a number that has none, and the largest limit that can be given."""

MOST_CODES = 1000
LONGEST_NAME = 100
OWN_KEYS = {
    "bands",
    "changeable",
    "description",
    "encoding",
    "expected_direction",
    "follows",
    "group",
    "protected",
    "reason",
    "review",
    "role",
    "rule",
    "title",
    "unit",
}
CODE_KEYS = {"label", "published", "vague"}
REASON_KEYS = {"more", "less", "any"}
CONSTRAINTS = {
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "required",
    "unique",
}
RULE = "days before application"
CATEGORICAL, NUMERIC = {"string", "integer"}, {"integer", "number"}
TRUE_TEXTS, FALSE_TEXTS = ["true", "True", "TRUE", "1"], ["false", "False", "FALSE", "0"]
UNUSED = {Role.IGNORED, Role.REFERENCE}


def read_field(
    field: Keys, slug: str, missing_values: Sequence[object], group: Callable[[str], str]
) -> Question | None:
    """Make the question of one field; none for a field that no application answers.

    Args:
        field: the field's keys; they collect its faults.
        slug: the field's name as an identifier.
        missing_values: the texts that stand for a missing value in fields that name none.
        group: gives the heading of a group with its translations.
    """
    own = field.own()
    own.refuse_unknown(OWN_KEYS)
    role = own.one_of("role", {role.value: role for role in Role}, default="feature")
    constraints = field.keys("constraints")
    constraints.refuse_unknown(CONSTRAINTS)
    make = field.one_of("type", MAKERS)
    if make is None or role is None or role in UNUSED:
        return None
    name = str(field.get("name"))
    title = field.string("title", name)
    shared = {
        "name": name,
        "slug": slug,
        "label": translated(title, own, "title"),
        "group": group(own.string("group", "Application")),
        "description": translated(field.string("description"), own, "description"),
        "unit": own.text("unit"),
        "role": role,
        "protected": own.flag("protected"),
        "follows": _follows(own, name),
        "reasons": _reasons(own),
    }
    _check_keys_of_type(field, own, constraints)
    question: Question = make(field, own, constraints, shared)
    if "expected_direction" in own:
        question = replace(question, direction=_direction(own, question))
    missing = _missing(field, constraints, missing_values, question)
    changeable = _changeable(own, question)
    # why: what stands for a missing value depends on the type of the values.
    return replace(question, missing=missing, changeable=changeable)


def _check_keys_of_type(field: Keys, own: Keys, constraints: Keys) -> None:
    """Note the keys that a field's type has no use for."""
    kind = field.get("type")
    for keys, accepted in (
        (field, {"categories": CATEGORICAL, "categoriesOrdered": CATEGORICAL}),
        (field, {"trueValues": {"boolean"}, "falseValues": {"boolean"}}),
        (field, {"decimalChar": NUMERIC, "groupChar": NUMERIC, "bareNumber": NUMERIC}),
        (own, {"encoding": {"integer"}, "rule": {"date"}, "bands": {*NUMERIC, "date"}}),
        (constraints, {"enum": CATEGORICAL, "maxLength": {"string"}, "minLength": {"string"}}),
        (constraints, {key: {*NUMERIC, "date"} for key in ("minimum", "maximum")}),
        (constraints, dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), NUMERIC)),
    ):
        for key, kinds in accepted.items():
            if key in keys and kind not in kinds:
                keys.fault(key, f"is accepted for the type {in_words(sorted(kinds))}, not {kind}")
    own.one_of("rule", {RULE: RULE}, default=RULE)


def _direction(own: Keys, question: Question) -> Direction | None:
    """What experts expect of a number or of codes with an order."""
    if not isinstance(question, Numeric | Ordinal):
        own.fault("expected_direction", "is accepted for numbers and for ordered categories only")
        return None
    return own.one_of("expected_direction", {one.value: one for one in Direction})


def _follows(own: Keys, name: str) -> tuple[str, ...]:
    """The names of the fields that settle this one."""
    names = own.list("follows")
    if not all(isinstance(one, str) and one != name for one in names):
        own.fault("follows", f"is {echo(names)}; accepted is a list of the names of other fields")
        return ()
    return tuple(names)


def reviews_of(field: Keys) -> list[str]:
    """What a person must still decide about a field, as the draft marked it."""
    review = field.own().get("review", [])
    marks = review if isinstance(review, list) else [review]
    return [f'field "{field.get("name")}": {mark}' for mark in marks]


def _number(field: Keys, own: Keys, constraints: Keys, shared: dict[str, Any]) -> Numeric:
    integer = field.get("type") == "integer"
    low, above = _limit(constraints, "minimum", "exclusiveMinimum", -WIDEST, integer=integer)
    high, below = _limit(constraints, "maximum", "exclusiveMaximum", WIDEST, integer=integer)
    if low > high:
        constraints.fault("minimum", f"is {low}, over the maximum, {high}")
    return Numeric(
        **shared,
        minimum=low,
        maximum=high,
        above_minimum=above,
        below_maximum=below,
        integer=integer,
        edges=_edges(own),
        decimal_mark=field.string("decimalChar", "."),
        thousands_mark=field.string("groupChar"),
        has_signs=field.one_of("bareNumber", {True: False, False: True}, default=True) or False,
    )


def _integer(field: Keys, own: Keys, constraints: Keys, shared: dict[str, Any]) -> Question:
    encoding = own.one_of("encoding", {"number": True, "category": False}, default="category")
    codes = _codes(field, constraints, int)
    if not codes:
        if "encoding" in own:
            own.fault("encoding", "is accepted for a field with categories only")
        return _number(field, own, constraints, shared)
    if not encoding:
        return _choice(field, codes, shared)
    return replace(_number(field, own, constraints, shared), bands=codes)


def _text(field: Keys, _own: Keys, constraints: Keys, shared: dict[str, Any]) -> Question:
    codes = _codes(field, constraints, str)
    if codes:
        return _choice(field, codes, shared)
    if shared["role"] is Role.RECORDED:
        longest = constraints.get("maxLength", 200)
        return FreeText(**shared, longest=longest if type(longest) is int else 200)
    if shared["role"] is not Role.OUTCOME:
        field.fault(
            "categories",
            "is missing; a feature of text needs its categories (or the role recorded or ignored)",
        )
    return FreeText(**shared)


def _boolean(field: Keys, _own: Keys, _constraints: Keys, shared: dict[str, Any]) -> Question:
    texts: dict[str, bool] = {}
    for key, default, value in (
        ("trueValues", TRUE_TEXTS, True),
        ("falseValues", FALSE_TEXTS, False),
    ):
        listed = field.list(key) if key in field else default
        if not listed or not all(isinstance(text, str) for text in listed):
            field.fault(key, f"is {echo(listed)}; accepted is a list of texts in quotes")
        texts.update(dict.fromkeys(map(str, listed), value))
    return YesNo(**shared, texts=texts)


def _date(field: Keys, own: Keys, constraints: Keys, shared: dict[str, Any]) -> Question:
    limits: dict[str, Any] = {}
    for key in ("minimum", "maximum"):
        if key in constraints:
            limit = constraints.get(key)
            if isinstance(limit, str) and is_date(limit):
                limits[key] = limit
            else:
                constraints.fault(key, f"is {echo(limit)}; accepted is a date as YYYY-MM-DD")
    pattern = field.string("format")
    pattern = "" if pattern in ("default", "any") else pattern
    if pattern and not _is_pattern(pattern):
        field.fault(
            "format",
            f'is {echo(pattern)}; accepted is default, or a pattern with a year as "%d/%m/%Y"',
        )
    return Date(**shared, **limits, pattern=pattern, edges=_edges(own))


def _is_pattern(pattern: str) -> bool:
    """Whether a date that is written by the pattern is read again, at least to its year."""
    day = datetime(2001, 2, 3)  # noqa: DTZ001
    try:
        return datetime.strptime(day.strftime(pattern), pattern).year == day.year  # noqa: DTZ007
    except (ValueError, re.error):
        return False


MAKERS = {
    "integer": _integer,
    "number": _number,
    "string": _text,
    "boolean": _boolean,
    "date": _date,
}


def _choice(field: Keys, codes: tuple[Code, ...], shared: dict[str, Any]) -> Question:
    kind = Ordinal if field.flag("categoriesOrdered") else Nominal
    return kind(**shared, choices=codes)


def _limit(
    constraints: Keys, key: str, exclusive: str, default: float, *, integer: bool
) -> tuple[float, bool]:
    """A limit, and whether it is excluded."""
    if key in constraints and exclusive in constraints:
        constraints.fault(exclusive, f"and {key} are both given; give one")
    for name in (key, exclusive):
        if name in constraints:
            value = constraints.get(name)
            if _is_number(value) and (type(value) is int or not integer):
                return value, name == exclusive
            kind = "an integer" if integer else "a number"
            constraints.fault(
                name, f"is {echo(value)}; accepted is {kind} from {-LARGEST:g} to {LARGEST:g}"
            )
    return default, False


def _edges(own: Keys) -> tuple[float, ...]:
    edges = own.list("bands")
    if not all(map(_is_number, edges)) or edges != sorted(set(edges)):
        own.fault("bands", f"is {echo(edges)}; accepted is a list of rising numbers")
        return ()
    return tuple(edges)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST


def _codes(field: Keys, constraints: Keys, kind: type) -> tuple[Code, ...]:
    """The codes of the categories, or of the enumeration."""
    entries = field.list("categories") or constraints.list("enum")
    codes = [code for entry in entries if (code := _code(entry, kind, field)) is not None]
    values = [code.code for code in codes]
    if twice := sorted({value for value in values if values.count(value) > 1}, key=str):
        field.fault("categories", f"has {echo(twice[0])} more than once; keep one")
    if len(values) > MOST_CODES:
        field.fault("categories", f"has {len(values)} values; at most {MOST_CODES} are accepted")
    return tuple(codes)


def _code(entry: object, kind: type, field: Keys) -> Code | None:
    keys = _entry(entry, field)
    value = keys.get("value")
    if type(value) is not kind or value == "" or (kind is str and value != str(value).strip(" ")):
        what = "a text in quotes, without blanks around it" if kind is str else "an integer"
        field.fault("categories", f"has the value {echo(value)}; accepted is {what}")
        return None
    own = keys.own()
    own.refuse_unknown(CODE_KEYS)
    label = keys.string("label")
    return Code(value, translated(label, own, "label"), own.string("published"), own.flag("vague"))


def _entry(entry: object, field: Keys) -> Keys:
    """The keys of a category or missing value, which may stand there as the value alone."""
    document = entry if isinstance(entry, Mapping) else {"value": entry}
    return Keys(document, field.place, field.faults)


def _missing(
    field: Keys, constraints: Keys, default: Sequence[object], question: Question
) -> tuple[Code, ...]:
    """The answers that stand for a missing value, with their meanings."""
    required = constraints.flag("required") or question.role is Role.DATE
    entries = field.list("missingValues") if "missingValues" in field else default
    texts: dict[str, str] = {}
    for entry in entries:
        keys = _entry(entry, field)
        value = keys.get("value")
        if type(value) is not str:
            field.fault("missingValues", f"has {echo(value)}; accepted is a text in quotes")
            continue
        own = keys.own()
        own.refuse_unknown({"label"})
        texts[value.strip(" ")] = translated(keys.string("label"), own, "label")
    null = texts.pop("", "")
    codes = [Code(_missing_code(text, question), label or text) for text, label in texts.items()]
    for code in codes:
        if not isinstance(question, Numeric | Date) and question.accepts_value(code.code):
            field.fault(
                "missingValues", f"has {echo(code.code)}, which is a category too; keep one"
            )
    return tuple(codes if required else [Code(None, null or NOT_GIVEN), *codes])


def _missing_code(text: str, question: Question) -> Answer:
    """The code in the type of the field's values where its text reads as one, else the text."""
    is_number = isinstance(question, Numeric) or getattr(question, "code_type", str) is int
    value = number_from_text(text) if is_number else text
    return value if type(value) is int else text


def _changeable(own: Keys, question: Question) -> str | tuple[Answer, ...]:
    if "changeable" not in own:
        return ""
    value = own.get("changeable")
    is_number = isinstance(question, Numeric)
    if is_number and value in ("smaller", "larger"):
        return str(value)
    if (
        not is_number
        and isinstance(value, list)
        and value
        and all(map(question.accepts_value, value))
    ):
        return tuple(value)
    accepted = "smaller or larger" if is_number else "a list of the field's own values"
    own.fault("changeable", f"is {echo(value)}; accepted is {accepted}")
    return ""


def _reasons(own: Keys) -> dict[str, LocalText]:
    reasons = own.keys("reason")
    reasons.refuse_unknown(REASON_KEYS)
    return {key: reasons.text(key) for key in sorted(REASON_KEYS) if key in reasons}


def check_name(name: object, taken: Sequence[object], faults: Faults, number: int) -> None:
    """Note a name that is missing, not printable, or taken."""
    place = f"field {number}"
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        faults.add(place, f"name is {echo(name)}; accepted is a text of printable characters")
    elif name != name.strip() or len(name) > LONGEST_NAME:
        faults.add(
            place, f"name {echo(name)} has blanks around it, or over {LONGEST_NAME} characters"
        )
    elif name in taken:
        faults.add(f'field "{name}"', "the name is used more than once; keep one")
