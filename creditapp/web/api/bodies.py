"""What a route reads, as the documentation describes it; the catalogue of the served model decides."""

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.schemas import BatchSchema, OptionField, RowsField, schema_of
from creditapp.web.api.operations import Body
from creditapp.web.api.outcome_bodies import describe_outcomes

APPLICATION = "#/components/schemas/Application"
PLAIN = {"type": ["string", "number", "boolean", "null"]}
KINDS = {"type": [*PLAIN["type"], "array", "object"]}
"""Any JSON; what it contains is said beside it."""
INNER = {**KINDS, "items": PLAIN, "additionalProperties": PLAIN}
ANYTHING = {**KINDS, "items": INNER, "additionalProperties": INNER}
"""Whatever can be reported as wrong: a body that is nested deeper is not read (`strict_json.DEEPEST`)."""
REPORTED = (
    "An application; with `on_error` as `report`, one that breaks the rules is reported, and the others are "
    "scored"
)


def describe_body(body: Body, catalogue: Catalogue, largest_batch: int) -> dict[str, Any]:
    """The media type object of what a route reads: its schema and an example."""
    if body is Body.OUTCOMES:
        return describe_outcomes(largest_batch)
    example = dict(catalogue.example)
    if body is Body.APPLICATION:
        return {"schema": schema_of(catalogue), "example": example}
    schemas = [_refusing(catalogue, largest_batch), _reporting(largest_batch)]
    return {"schema": {"anyOf": schemas}, "example": {"applications": [example]}}


def _refusing(catalogue: Catalogue, largest_batch: int) -> Schema:
    """A batch that one wrong application refuses."""
    return _batch(
        "Batch",
        fields.Nested(schema_of(catalogue)),
        OptionField(("refuse",), "One wrong application refuses the batch"),
        largest_batch,
    )


def _reporting(largest_batch: int) -> Schema:
    """A batch whose wrong applications are reported."""
    application = fields.Raw(
        metadata={"anyOf": [{"$ref": APPLICATION}, ANYTHING], "description": REPORTED}
    )
    on_error = fields.Raw(
        required=True,
        metadata={"enum": ["report"], "description": "The other applications are scored"},
    )
    return _batch("ReportingBatch", application, on_error, largest_batch)


def _batch(name: str, item: Any, on_error: Any, largest: int) -> Schema:
    applications = RowsField(item, required=True, validate=Length(1, largest))
    declared: dict[str, Any] = {"applications": applications, "on_error": on_error}
    return BatchSchema.from_dict(declared, name=name)()
