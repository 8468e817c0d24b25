"""Marshmallow schemas of requests, derived from the catalogue; they decide which applications are valid."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import get_locale, gettext
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate

from creditapp.applications.catalogue import (
    FEATURES,
    RECORDED,
    Application,
    Choice,
    Feature,
    Numeric,
)
from creditapp.applications.table import (
    LONGEST_REFERENCE,
    application_of,
    is_application,
    is_reference,
    wrong_rows,
)
from creditapp.exceptions import BatchTooLarge, InvalidApplication
from creditapp.phrases import Phrase, marked

REFERENCE_PHRASE = Phrase(
    "a text of 1 to %(longest)s printable characters", {"longest": LONGEST_REFERENCE}
)
LONGEST_ECHO = 40
MOST_FIELDS = 60
REFUSED = marked("%(answer)s is not accepted; accepted is %(accepted)s.")


class Strict(Schema):
    """A schema that refuses unknown fields."""

    class Meta:
        unknown = RAISE

    error_messages = {
        "unknown": "This field is not known.",
        "type": "A JSON object is expected.",
    }


class StrictField(fields.Raw):
    """A field that accepts or refuses a value, and never converts it."""

    accepted: Phrase

    def accepts(self, value: object) -> bool:
        """Whether the value is valid."""
        raise NotImplementedError

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """The message for a value that is missing or null."""
        template = marked("Missing; accepted is %(accepted)s.") if key == "required" else REFUSED
        return ValidationError(_message(template, self.accepted, "null"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not self.accepts(value):
            raise ValidationError(_message(REFUSED, self.accepted, _echo(value)))
        return value


class AnswerField(StrictField):
    """The answer to one question, checked by the catalogue."""

    def __init__(self, question: Feature, *, required: bool) -> None:
        self.question = question
        self.accepted = question.accepted
        super().__init__(required=required, metadata=described(question))

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
        self.accepted = Phrase("one of %(codes)s", {"codes": json.dumps(options)[1:-1]})
        super().__init__(
            load_default=options[0],
            metadata={"enum": list(options), "description": description},
        )

    def accepts(self, value: object) -> bool:
        """Whether the value is one of the options; 1 does not count as true."""
        return type(value) is type(self.options[0]) and value in self.options


def described(question: Feature) -> dict[str, Any]:
    """A question as JSON Schema, with the meanings of its answers."""
    match question:
        case Numeric(integer=True):
            limits = {"minimum": question.minimum, "maximum": question.maximum}
            rule: dict[str, Any] = {"type": "integer", **limits}
            meanings = [f"{n} = {band}" for n, band in enumerate(question.bands, 1)]
        case Numeric():
            limits = {"exclusiveMinimum": question.minimum, "maximum": question.maximum}
            rule = {"type": "number", **limits}
            meanings = []
        case Choice():
            rule = {"type": "string", "enum": list(question.values)}
            meanings = [f"{code.code} = {code.meaning}" for code in question.codes]
    unit = getattr(question, "unit", "")
    words = question.label + (f", in {unit}" if unit else "")
    description = ": ".join(filter(None, [words, "; ".join(meanings)]))
    return {**rule, "description": description, "example": question.example}


def _message(template: str, accepted: Phrase, answer: str) -> str:
    """A message in the language of the request."""
    # why: a batch may need thousands of messages, so translations are cached.
    texts = _translated(template, accepted.template, str(get_locale()))
    return texts[0] % {"answer": answer, "accepted": texts[1] % accepted.values}


@lru_cache(maxsize=256)
def _translated(template: str, accepted: str, _locale: str) -> tuple[str, str]:
    return gettext(template), gettext(accepted)


def _echo(value: object) -> str:
    text = json.dumps(value)
    if len(text) <= LONGEST_ECHO:
        return text
    return text[:LONGEST_ECHO] + ('…"' if isinstance(value, str) else "…")


ANSWER_FIELDS: dict[str, fields.Field[Any]] = {
    **{feature.name: AnswerField(feature, required=True) for feature in FEATURES},
    **{question.name: AnswerField(question, required=False) for question in RECORDED},
}


def batch_size(data: object) -> int:
    """The number of applications in a body that is not checked yet; at least 1, for the rate limit."""
    rows = data.get("applications") if isinstance(data, dict) else None
    return max(1, len(rows)) if isinstance(rows, list) else 1


class ApplicationSchema(Strict.from_dict(ANSWER_FIELDS, name="Answers")):  # type: ignore[misc]
    """One application: the answers by their names in the catalogue, and an optional reference."""

    reference = ReferenceField(
        metadata={
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_REFERENCE,
            "description": "The client's own identifier: recorded, searchable, echoed, never scored",
            "example": "2026-000123",
        }
    )

    @pre_load
    def refuse_too_many_fields(self, data: Any, **_kwargs: object) -> Any:
        """Report far too many fields in one message, not in one message for each field."""
        if isinstance(data, dict) and len(data) > MOST_FIELDS:
            raise ValidationError(f"{len(data)} fields; at most {len(self.fields)} are known.")
        return data

    @post_load
    def as_application(self, data: dict[str, Any], **_kwargs: object) -> Application:
        """Make an application of the checked answers."""
        return application_of(data)


class RowsField(fields.List[Any]):
    """An array whose elements are not checked here: `wrong_rows` checks them faster."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class BatchSchema(Strict):
    """Many applications in one request."""

    applications = RowsField(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(min=1, error="At least one application is expected."),
        error_messages={"invalid": "A JSON array of applications is expected."},
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

    applications: Sequence[Application]
    positions: Sequence[int]
    errors: Sequence[Mapping[str, Any]]
    reports_errors: bool
    gives_reasons: bool


def load_application(data: object) -> Application:
    """Check parsed JSON, and return it as an application.

    Raises:
        InvalidApplication: the application is wrong; the exception holds the messages by field.
    """
    # why: this check is much faster than the schema, which is needed only for its messages.
    if is_application(data):
        return application_of(data)
    try:
        application: Application = APPLICATION.load(data)
    except ValidationError as error:
        raise InvalidApplication("the application breaks the rules", error.messages) from error
    return application


def load_batch(data: object, limit: int) -> Batch:
    """Check parsed JSON, and return it as a batch of applications.

    Rows are checked as a table, which is fast. Only wrong rows go through the schema, for the messages.

    Raises:
        InvalidApplication: the body is not a batch, or a row is wrong and `on_error` is not `report`.
        BatchTooLarge: the batch has more than `limit` applications.
    """
    if batch_size(data) > limit:
        raise BatchTooLarge(
            f"the batch has {batch_size(data)} applications; send at most {limit} at once"
        )
    try:
        body = BATCH.load(data)  # type: ignore[arg-type]
    except ValidationError as error:
        raise InvalidApplication(
            "the body is not a batch of applications", error.messages
        ) from error
    rows = body["applications"]
    wrong = wrong_rows(rows)
    errors = [
        {"index": index, "errors": APPLICATION.validate(rows[index])} for index in sorted(wrong)
    ]
    if errors and body["on_error"] == "refuse":
        raise InvalidApplication(f"{len(errors)} of {len(rows)} applications are wrong", errors)
    good = [index for index in range(len(rows)) if index not in wrong]
    applications = [application_of(rows[index]) for index in good]
    return Batch(applications, good, errors, body["on_error"] == "report", body["reasons"])


APPLICATION = ApplicationSchema()
BATCH = BatchSchema()
