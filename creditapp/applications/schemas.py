"""Marshmallow schemas of requests, derived from the catalogue; they decide which applications are valid."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flask_babel import get_locale, gettext
from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validate,
    validates_schema,
)

from creditapp.applications.application_table import ApplicationTable
from creditapp.applications.catalogue import REFERENCE, Application, Catalogue
from creditapp.applications.localisation import in_readers_language
from creditapp.applications.questions import Choice, Code, Date, Numeric, Question, as_shown
from creditapp.applications.table import (
    LONGEST_REFERENCE,
    application_of,
    is_application,
    is_reference,
)
from creditapp.exceptions import BatchTooLarge, InvalidApplication
from creditapp.phrases import Listing, Phrase, Verbatim, marked, translate

REFERENCE_PHRASE = Phrase(
    marked("a text of 1 to %(longest)s printable characters"), {"longest": LONGEST_REFERENCE}
)
MOST_DESCRIBED = 100
"""So many wrong rows of a batch are described; the others are only named, or counted."""
WITHOUT_POINT = " (a number without a decimal point: 5.0 is refused)"
"""JSON Schema counts 5.0 among the integers, and we do not."""
LONGEST_ECHO = 40
FEWEST_FIELDS_TO_COUNT = 60
UNKNOWN_FIELD = marked("This field is not known.")
MISSING = marked("Missing; accepted is %(accepted)s.")
WRONG = marked("%(wrong)s of %(number)s applications are wrong")
MANY_WRONG = marked(
    "%(wrong)s of %(number)s applications are wrong; the first %(described)s are described"
)
REFUSED = marked("%(answer)s is not accepted; accepted is %(accepted)s.")


class Strict(Schema):
    """A schema that refuses unknown fields."""

    class Meta:
        unknown = RAISE

    error_messages = {
        "unknown": UNKNOWN_FIELD,
        "type": marked("A JSON object is expected."),
    }


class StrictField(fields.Raw):
    """A field that accepts or refuses a value, and never converts it."""

    accepted: Phrase

    def accepts(self, value: object) -> bool:
        """Whether the value is valid."""
        raise NotImplementedError

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """The message for a value that is missing or null."""
        template = MISSING if key == "required" else REFUSED
        return ValidationError(_message(template, self.accepted, "null"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not self.accepts(value):
            raise ValidationError(_message(REFUSED, self.accepted, _echo(value)))
        return value


class AnswerField(StrictField):
    """The answer to one question, checked by the catalogue."""

    def __init__(self, question: Question, example: object, *, required: bool) -> None:
        self.question = question
        self.accepted = question.accepted
        super().__init__(
            required=required,
            allow_none=question.optional,
            metadata={**described(question), "example": example},
        )

    def accepts(self, value: object) -> bool:
        """Whether the catalogue accepts the answer."""
        return self.question.accepts(value)


class ReferenceField(StrictField):
    """The client's own identifier."""

    accepted = REFERENCE_PHRASE

    def accepts(self, value: object) -> bool:
        """Whether the value is short and printable."""
        return is_reference(value)


class OptionField(StrictField):
    """One of a few fixed values; the first is the default."""

    def __init__(self, options: tuple[Any, ...], description: str) -> None:
        self.options = options
        self.accepted = Phrase(marked("one of %(codes)s"), {"codes": json.dumps(options)[1:-1]})
        super().__init__(
            load_default=options[0],
            metadata={"enum": list(options), "description": description},
        )

    def accepts(self, value: object) -> bool:
        """Whether the value is one of the options; 1 does not count as true."""
        return type(value) is type(self.options[0]) and value in self.options


def described(question: Question) -> dict[str, Any]:
    """A question as JSON Schema, with the meanings of its answers."""
    rule, meanings = _rule(question), [*question.codes, *question.missing]
    words = question.label + (f", in {question.unit}" if question.unit else "")
    if rule["type"] == "integer":
        words += WITHOUT_POINT
    if question.missing:
        rule = {"anyOf": [rule, {"enum": list(question.missing_answers)}]}
    texts = [words, question.description, "; ".join(map(_described_code, meanings))]
    description = ": ".join(filter(None, texts))
    return {**rule, "description": description}


def _rule(question: Question) -> dict[str, Any]:
    """The values that a question accepts, as JSON Schema."""
    match question:
        case Numeric():
            low = "exclusiveMinimum" if question.above_minimum else "minimum"
            high = "exclusiveMaximum" if question.below_maximum else "maximum"
            kind = "integer" if question.integer else "number"
            return {"type": kind, low: question.minimum, high: question.maximum}
        case Choice():
            kinds = {str: "string", int: "integer", bool: "boolean"}
            return {"type": kinds[question.code_type], "enum": list(question.values)}
        case Date():
            return {"type": "string", "format": "date"}
    return {"type": "string"}


def _described_code(code: Code) -> str:
    return f"{as_shown(code.code)} = {code.meaning}" if code.meaning else as_shown(code.code)


def _message(template: str, accepted: Phrase, answer: str) -> str:
    """A message in the language of the request."""
    # why: a batch may need thousands of messages, so translations are cached.
    text = _translated(template, accepted.template, str(get_locale()))
    if any(isinstance(value, Phrase | Listing | float) for value in accepted.values.values()):
        words = translate(accepted, in_readers_language)
    else:
        words = text[1] % accepted.values
    return text[0] % {"answer": answer, "accepted": words}


@lru_cache(maxsize=256)
def _translated(template: str, accepted: str, _locale: str) -> tuple[str, str]:
    return gettext(template), gettext(accepted)


def _echo(value: object) -> str:
    text = json.dumps(value)
    if len(text) <= LONGEST_ECHO:
        return text
    return text[:LONGEST_ECHO] + ('…"' if isinstance(value, str) else "…")


def batch_size(data: object) -> int:
    """The number of applications in a body that is not checked yet; at least 1, for the rate limit."""
    rows = data.get("applications") if isinstance(data, dict) else None
    return max(1, len(rows)) if isinstance(rows, list) else 1


class ApplicationSchema(Strict):
    """One application: the answers by their names in the catalogue, and an optional reference.

    The schema of a catalogue is a subclass with its fields: see `schema_of`.
    """

    catalogue: Catalogue

    reference = ReferenceField(
        metadata={
            "type": "string",
            "format": "printable",
            "minLength": 1,
            "maxLength": LONGEST_REFERENCE,
            "description": "The client's own identifier: recorded, searchable, echoed, never scored",
            "example": "2026-000123",
        }
    )

    @pre_load
    def refuse_too_many_fields(self, data: Any, **_kwargs: object) -> Any:
        """Report far too many fields in one message, not in one message for each field."""
        most = max(FEWEST_FIELDS_TO_COUNT, 2 * len(self.fields))
        if isinstance(data, dict) and len(data) > most:
            raise ValidationError([self._too_many(data)])
        return data

    def _too_many(self, data: dict[str, Any]) -> Phrase:
        return Phrase(
            marked("The application has %(number)s fields; at most %(known)s are known."),
            {"number": len(data), "known": len(self.fields)},
        )

    @validates_schema
    def refuse_two_references(self, data: dict[str, Any], **_kwargs: object) -> None:
        """Refuse an application that has its reference under both names."""
        both = [key for key in self.catalogue.reference_keys if key in data]
        if len(both) > 1:
            names = {"one": Verbatim(both[0]), "other": Verbatim(both[1])}
            raise ValidationError(
                {both[1]: [Phrase(marked("Give %(one)s or %(other)s, not both."), names)]}
            )

    @post_load
    def as_application(self, data: dict[str, Any], **_kwargs: object) -> Application:
        """Make an application of the checked answers."""
        return application_of(self.catalogue, data)


@lru_cache(maxsize=16)
def schema_of(catalogue: Catalogue) -> ApplicationSchema:
    """The schema of a catalogue's applications."""
    answers: dict[str, Any] = {
        question.name: AnswerField(
            question,
            catalogue.example.get(question.name),
            required=question.name in catalogue.required_keys,
        )
        for question in catalogue.questions
    }
    if catalogue.reference_column and catalogue.reference_column != REFERENCE:
        answers[catalogue.reference_column] = ReferenceField()
    made = ApplicationSchema.from_dict(answers, name="Application")
    made.catalogue = catalogue  # type: ignore[attr-defined]
    made.__doc__ = ApplicationSchema.__doc__
    schema: ApplicationSchema = made()  # type: ignore[assignment]
    return schema


def messages_about(catalogue: Catalogue, row: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with a row, by field."""
    messages: dict[str, list[str]] = schema_of(catalogue).validate(row)
    return messages


def messages_about_cells(catalogue: Catalogue, row: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with a row of a CSV file, by field; accepted is what the portfolio's cells hold."""
    messages = messages_about(catalogue, row)
    for name in messages.keys() & catalogue.by_name.keys():
        question = catalogue.by_name[name]
        if str(question.accepted_in_cells) != str(question.accepted):
            template = REFUSED if name in row else MISSING
            cell = _echo(row.get(name))
            messages[name] = [_message(template, question.accepted_in_cells, cell)]
    return messages


class RowsField(fields.List[Any]):
    """An array whose elements are not checked here: a table of applications checks them faster."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class BatchSchema(Strict):
    """Many applications in one request."""

    applications = RowsField(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(min=1, error=marked("At least one application is expected.")),
        error_messages={"invalid": marked("A JSON array of applications is expected.")},
    )
    reasons = OptionField((False, True), "Give the reasons of each decision")
    on_error = OptionField(
        ("refuse", "report"),
        "`refuse`: one wrong row refuses the batch; "
        "`report`: wrong rows are reported and the other rows are scored",
    )


@dataclass(frozen=True)
class Batch:
    """The valid rows of a batch with their positions, and the messages about the wrong rows."""

    applications: ApplicationTable
    positions: Sequence[int]
    errors: Sequence[Mapping[str, Any]]
    reports_errors: bool
    gives_reasons: bool


def load_application(catalogue: Catalogue, data: Any) -> Application:
    """Check parsed JSON, and return it as an application.

    Raises:
        InvalidApplication: the application is wrong; the exception holds the messages by field.
    """
    # why: this check is much faster than the schema, which is needed only for its messages.
    if is_application(catalogue, data):
        return application_of(catalogue, data)
    try:
        application: Application = schema_of(catalogue).load(data)
    except ValidationError as error:
        raise InvalidApplication(
            marked("the application breaks the rules"), error.messages
        ) from error
    return application


def load_batch(catalogue: Catalogue, data: object, limit: int) -> Batch:
    """Check parsed JSON, and return it as a batch of applications.

    Rows are checked as a table, which is fast. Only the first wrong rows go through the schema, for the
    messages; if the batch is refused, only these are in the exception.

    Raises:
        InvalidApplication: the body is not a batch, or a row is wrong and `on_error` is not `report`.
        BatchTooLarge: the batch has more than `limit` applications.
    """
    if batch_size(data) > limit:
        raise BatchTooLarge(
            marked("the batch has %(number)s applications; send at most %(limit)s at once"),
            number=batch_size(data),
            limit=limit,
        )
    try:
        body = BATCH.load(data)  # type: ignore[arg-type]
    except ValidationError as error:
        raise InvalidApplication(
            marked("the body is not a batch of applications"), error.messages
        ) from error
    rows = body["applications"]
    table = ApplicationTable.of_rows(catalogue, rows)
    wrong = table.wrong()
    errors: list[Mapping[str, Any]] = [
        {
            "index": index,
            "errors": messages_about(catalogue, rows[index]) if number < MOST_DESCRIBED else {},
        }
        for number, index in enumerate(np.flatnonzero(wrong).tolist())
    ]
    if errors and body["on_error"] == "refuse":
        raise InvalidApplication(
            MANY_WRONG if len(errors) > MOST_DESCRIBED else WRONG,
            errors[:MOST_DESCRIBED],
            wrong=len(errors),
            number=len(rows),
            described=MOST_DESCRIBED,
        )
    return Batch(
        applications=table.without(wrong),
        positions=np.flatnonzero(~wrong).tolist(),
        errors=errors,
        reports_errors=body["on_error"] == "report",
        gives_reasons=body["reasons"],
    )


BATCH = BatchSchema()
