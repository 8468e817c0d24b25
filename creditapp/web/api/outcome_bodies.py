"""Reports of outcomes as a request holds them: one, or many at once; how they are read and documented."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext

from creditapp.applications.outcome_kinds import WITH_AMOUNT, OutcomeKind
from creditapp.applications.schemas import MOST_DESCRIBED, UNKNOWN_FIELD
from creditapp.applications.table import LONGEST_REFERENCE
from creditapp.exceptions import BatchTooLarge, UnfitOutcomes, WrongOutcomes
from creditapp.outcomes.recording import WRONG
from creditapp.outcomes.reports import LARGEST_AMOUNT, Faults, Report, read_report
from creditapp.phrases import Phrase, marked
from creditapp.web.phrasing import phrase

MANY = "outcomes"
AN_OBJECT: Faults = {"_schema": [Phrase(marked("A JSON object is expected."), {})]}
EXAMPLE = {
    "decision_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90",
    "kind": "defaulted",
    "date": "2026-11-20",
    "amount": 1250.5,
}


def number_of_outcomes(body: object) -> int:
    """The number of outcomes in a body that is not checked yet; at least 1, for the rate limit."""
    rows = body.get(MANY) if isinstance(body, dict) else None
    return max(1, len(rows)) if isinstance(rows, list) else 1


def read_outcomes(body: Any, limit: int) -> list[Report]:
    """The reports of a body: those of its array, or the body itself.

    Raises:
        WrongOutcomes: the body is neither, or a report breaks the rules.
        BatchTooLarge: it has more than `limit`.
    """
    if not isinstance(body, dict):
        raise WrongOutcomes(
            marked("the body is not an outcome, and has no outcomes"), _worded(AN_OBJECT)
        )
    if MANY not in body:
        report = read_report(body)
        if isinstance(report, Report):
            return [report]
        raise WrongOutcomes(marked("the outcome breaks the rules"), _worded(report))
    reports = [_read_row(row) for row in _rows(body, limit)]
    wrong = {index: one for index, one in enumerate(reports) if not isinstance(one, Report)}
    if wrong:
        faults = describe_by_index(wrong)
        raise WrongOutcomes(WRONG, faults, wrong=len(wrong), number=len(reports))
    return [one for one in reports if isinstance(one, Report)]


def worded(error: UnfitOutcomes, body: object) -> UnfitOutcomes:
    """The error in the reader's language: by index if the body has many outcomes, else by field."""
    wrong: dict[int, Faults] = error.errors  # type: ignore[assignment]
    is_many = isinstance(body, dict) and MANY in body
    return UnfitOutcomes(error.phrase, describe_by_index(wrong) if is_many else _worded(wrong[0]))


def describe_by_index(wrong: dict[int, Faults]) -> list[dict[str, Any]]:
    """What is wrong with the first wrong ones, each with its place."""
    first = sorted(wrong.items())[:MOST_DESCRIBED]
    return [{"index": index, "errors": _worded(faults)} for index, faults in first]


def describe_outcomes(largest: int) -> dict[str, Any]:
    """The media type object of the body: its schema and an example."""
    one = {"anyOf": [_variant(name, kinds) for name in NAMES for kinds in (WITH_AMOUNT, OTHERS)]}
    many = {
        "type": "object",
        "properties": {MANY: {"type": "array", "items": one, "minItems": 1, "maxItems": largest}},
        "required": [MANY],
        "additionalProperties": False,
    }
    return {"schema": {"anyOf": [*one["anyOf"], many]}, "example": EXAMPLE}


def _rows(body: dict[str, Any], limit: int) -> Sequence[Any]:
    rows = body[MANY]
    if set(body) != {MANY}:
        others = sorted(set(body) - {MANY})
        unknown = {name: [phrase(UNKNOWN_FIELD)] for name in others[:MOST_DESCRIBED]}
        raise WrongOutcomes(marked("the body has other fields beside %(name)s"), unknown, name=MANY)
    if not isinstance(rows, list) or not rows:
        expected = {MANY: [gettext("A JSON array of at least one outcome is expected.")]}
        raise WrongOutcomes(marked("the body has no outcomes"), expected)
    if len(rows) > limit:
        raise BatchTooLarge(
            marked("the body has %(number)s outcomes; send at most %(limit)s at once"),
            number=len(rows),
            limit=limit,
        )
    return rows


def _read_row(row: object) -> Report | Faults:
    return read_report(row) if isinstance(row, dict) else AN_OBJECT


def _worded(faults: Faults) -> dict[str, list[object]]:
    return {name: list(map(phrase, texts)) for name, texts in faults.items()}


OTHERS = frozenset(OutcomeKind) - WITH_AMOUNT
NAMES = {
    "decision_id": {"type": "string", "format": "uuid"},
    "reference": {
        "type": "string",
        "format": "printable",
        "minLength": 1,
        "maxLength": LONGEST_REFERENCE,
        "description": "Names the decision, if no other decision has it",
    },
}


def _variant(name: str, kinds: frozenset[OutcomeKind]) -> dict[str, Any]:
    """A report by an id or a reference, of kinds with an amount or without one."""
    amount: dict[str, Any] = {"type": "null"}
    if kinds is WITH_AMOUNT:
        amount = {
            "type": ["number", "null"],
            "minimum": 0,
            "maximum": LARGEST_AMOUNT,
            "description": "What was owed then",
        }
    return {
        "type": "object",
        "properties": {
            name: NAMES[name],
            "kind": {"type": "string", "enum": sorted(kinds)},
            "date": {"type": "string", "format": "date", "description": "When it happened"},
            "amount": amount,
            "withdrawn": {"type": "boolean", "description": "It was reported, and did not happen"},
        },
        "required": [name, "kind", "date"],
        "additionalProperties": False,
    }
