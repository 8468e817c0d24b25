"""What the API answers, as marshmallow schemas; a batch is written out by their fields' names."""

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import orjson
from marshmallow import Schema, fields

from creditapp.decisions.log import Decision, NewDecision
from creditapp.decisions.reviews import Review, Verdict, reasons_of
from creditapp.explanations.alternatives import Alternatives
from creditapp.explanations.reasons import Reason, Source
from creditapp.web.phrasing import worded, worded_alternatives


class ReasonSchema(Schema):
    """A principal reason for a decision that is no approval."""

    feature = fields.String()
    value = fields.Raw()
    meaning = fields.String()
    text = fields.String()
    source = fields.String(metadata={"enum": [source.value for source in Source]})


class PredictionSchema(Schema):
    """A recorded decision, as it is answered."""

    prediction = fields.Integer(
        metadata={"enum": [0, 1], "description": "1 = good credit, 0 = bad"}
    )
    probability_good_credit = fields.Float(metadata={"minimum": 0, "maximum": 1})
    probability_bad_credit = fields.Float(metadata={"minimum": 0, "maximum": 1})
    risk_level = fields.String(metadata={"enum": ["LOW", "MEDIUM", "HIGH"]})
    model_version = fields.String(metadata={"description": "The version that scored"})
    timestamp = fields.DateTime(format="iso")
    decision_id = fields.UUID()
    decision = fields.String(metadata={"enum": ["approve", "refer", "decline"]})
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        metadata={"description": "At most four, the most important first; empty when approved"},
    )
    outside_training = fields.List(
        fields.String(),
        metadata={
            "description": "Features whose answer the training data never held; "
            "with one of them nothing is approved without a person"
        },
    )
    policy_version = fields.String()
    reference = fields.String(
        allow_none=True, metadata={"description": "The client's own identifier, if it gave one"}
    )


class BatchPredictionSchema(PredictionSchema):
    """A prediction of a batch; `index` is its application's place where errors are reported."""

    index = fields.Integer()
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        allow_none=True,
        metadata={"description": "null unless the body asks for reasons"},
    )


class RowErrorSchema(Schema):
    """What is wrong with one row of a batch."""

    index = fields.Integer()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class BatchAnswerSchema(Schema):
    """The predictions of a batch, in the order of its applications."""

    predictions = fields.List(fields.Nested(BatchPredictionSchema))
    total_processed = fields.Integer()
    model_version = fields.String()
    timestamp = fields.DateTime(format="iso")
    errors = fields.List(
        fields.Nested(RowErrorSchema), metadata={"description": 'Only with "on_error": "report"'}
    )


class ReviewSchema(Schema):
    """What a person decided after the machine."""

    outcome = fields.String(metadata={"enum": [verdict.value for verdict in Verdict]})
    note = fields.String(
        allow_none=True, metadata={"description": "The reviewer's reason; null once it is erased"}
    )
    reviewed_by = fields.String()
    reviewed_at = fields.DateTime(format="iso")
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        metadata={"description": "The person's own; the decision's are those of the machine"},
    )


class StoredDecisionSchema(PredictionSchema):
    """A decision as it is kept, with the answers it was made on."""

    channel = fields.String(metadata={"enum": ["ui", "api", "batch", "file"]})
    request_id = fields.String()
    fingerprint = fields.String(metadata={"description": "Of the catalogue it was scored under"})
    review = fields.Nested(
        ReviewSchema,
        allow_none=True,
        metadata={"description": "The person's decision that stands, where there is one"},
    )
    reviews = fields.List(fields.Nested(ReviewSchema), metadata={"description": "Newest first"})
    application = fields.Function(
        lambda decision: decision.given and decision.given.answers,
        metadata={
            "type": ["object", "null"],
            "description": "The answers as given; null once they are erased",
        },
    )


class ChangeSchema(Schema):
    """One answer that would be another."""

    feature = fields.String()
    from_ = fields.Raw(data_key="from", attribute="from")
    to = fields.Raw()


class AlternativeSchema(Schema):
    """Other answers, and what they would have led to."""

    changes = fields.List(fields.Nested(ChangeSchema))
    probability_good_credit = fields.Float(metadata={"minimum": 0, "maximum": 1})
    risk_level = fields.String(metadata={"enum": ["LOW", "MEDIUM", "HIGH"]})
    decision = fields.String(metadata={"enum": ["approve", "refer", "decline"]})
    text = fields.String()


class AlternativesSchema(Schema):
    """The smallest changes that would have reached an approval, by the decision's own model and policy."""

    decision_id = fields.UUID()
    note = fields.String(metadata={"description": "That this is no promise"})
    alternatives = fields.List(
        fields.Nested(AlternativeSchema),
        metadata={"description": "At most four, the smallest first; empty where none is enough"},
    )
    nearest = fields.Nested(
        AlternativeSchema,
        allow_none=True,
        metadata={"description": "Where none is enough, the one that comes nearest"},
    )


class HealthSchema(Schema):
    """Whether decisions can be made and recorded now."""

    status = fields.String(metadata={"enum": ["healthy", "unavailable"]})
    model_path = fields.String(
        allow_none=True, metadata={"example": "models:/RDF_score_pipeline/3"}
    )
    model_loaded = fields.Boolean()
    timestamp = fields.DateTime(format="iso")


class LiveSchema(Schema):
    """That the process runs."""

    status = fields.String(metadata={"enum": ["alive"]})


class ModelInfoSchema(Schema):
    """The model that is served."""

    name = fields.String(metadata={"example": "RDF_score_pipeline"})
    version = fields.String()
    stage = fields.String(metadata={"example": "Production"})
    description = fields.String()
    trained_at = fields.String()
    deployed_at = fields.DateTime(format="iso")
    deployment = fields.Integer(metadata={"description": "Counts the changes of what is served"})
    digest = fields.String(metadata={"description": "sha256 of the served bundle"})
    fingerprint = fields.String(metadata={"description": "Of the catalogue of features"})
    inputs = fields.List(fields.String())
    metrics = fields.Dict(keys=fields.String(), values=fields.Float())
    policy_version = fields.String()


class ReloadSchema(Schema):
    """What a reload brought."""

    message = fields.String()
    model_version = fields.String()
    previous_version = fields.String(allow_none=True)
    timestamp = fields.DateTime(format="iso")


class ProblemSchema(Schema):
    """An error, as RFC 9457 describes it."""

    type = fields.String(metadata={"example": "about:blank"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    request_id = fields.String()
    errors = fields.Raw(
        metadata={
            "description": 'For invalid input: `{"Field": ["what is wrong, what is accepted"]}`, '
            'for a batch `[{"index": 4, "errors": {…}}]`'
        }
    )


PREDICTION = PredictionSchema()
PREDICTION_KEYS = tuple(PREDICTION.fields)
_values = attrgetter(*PREDICTION_KEYS)
STORED_DECISION = StoredDecisionSchema(exclude=("review", "reviews"))
REVIEW = ReviewSchema(exclude=("reasons",))
ALTERNATIVES = AlternativesSchema()
HEALTH = HealthSchema()
MODEL_INFO = ModelInfoSchema()
RELOAD = ReloadSchema()


def prediction(decision: NewDecision) -> bytes:
    """The answer to one application, as JSON."""
    return orjson.dumps(_prediction(decision))


def _prediction(decision: NewDecision) -> dict[str, Any]:
    answer = dict(zip(PREDICTION_KEYS, _values(decision), strict=True))
    answer["reasons"] = worded(decision.reasons)
    return answer


def stored(
    decision: Decision, reasons: Iterable[Reason], reviews: Sequence[Review]
) -> dict[str, Any]:
    """The answer to a decision that is kept, with what people decided after it, newest first."""
    told = [{**REVIEW.dump(one), "reasons": worded(reasons_of(one))} for one in reviews]
    newest = told[0] if told else None
    decided = STORED_DECISION.dump(decision)
    return {**decided, "reasons": worded(reasons), "review": newest, "reviews": told}


def alternatives(decision: Decision, found: Alternatives) -> Any:
    """The answer to what would change a decision."""
    told = {"decision_id": decision.decision_id, **worded_alternatives(found)}
    return ALTERNATIVES.dump(told)


def predictions(
    decisions: Iterable[NewDecision], positions: Sequence[int] | None, *, with_reasons: bool
) -> list[dict[str, Any]]:
    """Decisions as the predictions of a batch, with the places of their applications where given."""
    answer = [_prediction(decision) for decision in decisions]
    if not with_reasons:
        for prediction in answer:
            prediction["reasons"] = None
    if positions is not None:
        for prediction, position in zip(answer, positions, strict=True):
            prediction["index"] = position
    return answer


def batch(answer: Mapping[str, Any], errors: Sequence[Mapping[str, Any]] | None) -> bytes:
    """The answer to a batch as JSON, with what is wrong with its rows where that was asked for.

    A wrong row's own names are written by the standard library, which can write halves of
    surrogate pairs.
    """
    if errors is None:
        return orjson.dumps(answer)
    return orjson.dumps({**answer, "errors": orjson.Fragment(json.dumps(errors))})
