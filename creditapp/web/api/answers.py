"""The API's answers as marshmallow schemas."""

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.table import LONGEST_REFERENCE
from creditapp.columns import Column
from creditapp.decisions.decision_table import DecisionTable
from creditapp.decisions.log import NewDecision
from creditapp.decisions.review_reasons import ReviewReason
from creditapp.decisions.reviews import LANGUAGES, Verdict, reasons_of
from creditapp.decisions.stored import StoredDecision
from creditapp.explanations.reasons import Source
from creditapp.outcomes import recording
from creditapp.outcomes.recording import Recorded
from creditapp.outcomes.table import standing_rows
from creditapp.phrases import Phrase, marked
from creditapp.policy.definition import Outcome
from creditapp.web.phrasing import phrase_alternatives, phrase_reasons


class ReasonSchema(Schema):
    """A principal reason for a decision other than an approval."""

    feature = fields.String()
    value = fields.Raw()
    meaning = fields.String()
    text = fields.String()
    source = fields.String(metadata={"enum": [source.value for source in Source]})


class PredictionSchema(Schema):
    """A recorded decision."""

    prediction = fields.Integer(
        metadata={"enum": [0, 1], "description": "1 = good credit, 0 = bad"}
    )
    probability_good_credit = fields.Float(metadata={"minimum": 0, "maximum": 1})
    probability_bad_credit = fields.Float(metadata={"minimum": 0, "maximum": 1})
    score = fields.Integer(
        allow_none=True,
        metadata={
            "description": "The odds of good credit in points, on the scale of the policy; "
            "null if the policy has no scale"
        },
    )
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
            "description": "Features with an answer that the training data did not contain; "
            "such an application is not approved without a person"
        },
    )
    policy_version = fields.String()
    reference = fields.String(
        allow_none=True, metadata={"description": "The client's own identifier, if it sent one"}
    )
    earlier_decisions = fields.List(
        fields.UUID(),
        metadata={
            "description": "A warning: decisions that the same reference had before, newest first; at most "
            "ten"
        },
    )


class BatchPredictionSchema(PredictionSchema):
    """A prediction of a batch; `index` is its application's position, if errors are reported."""

    index = fields.Integer()
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        allow_none=True,
        metadata={"description": "null unless the request asks for reasons"},
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
    """What a person decided after the automatic decision."""

    outcome = fields.String(metadata={"enum": [verdict.value for verdict in Verdict]})
    reason = fields.String(
        allow_none=True,
        metadata={
            "enum": [*(one.value for one in ReviewReason), None],
            "description": "The main reason; null for reviews from before it was asked for",
        },
    )
    note = fields.String(
        allow_none=True,
        metadata={"description": "The reviewer's own words; null once they are erased"},
    )
    language = fields.String(
        allow_none=True,
        metadata={"enum": [*LANGUAGES, None], "description": "The language of the note"},
    )
    reviewed_by = fields.String()
    reviewed_at = fields.DateTime(format="iso")
    reasons = fields.List(
        fields.Nested(ReasonSchema),
        metadata={"description": "The reviewer's reasons"},
    )


class RecordedOutcomeSchema(Schema):
    """What became of a decision, as it was recorded."""

    decision_id = fields.UUID()
    kind = fields.String(metadata={"enum": [kind.value for kind in OutcomeKind]})
    date = fields.Date(attribute="happened_on", metadata={"description": "When it happened"})
    amount = fields.Float(allow_none=True, metadata={"description": "What was owed then"})
    withdrawn = fields.Boolean(metadata={"description": "It was recorded before, and is not so"})
    recorded_by = fields.String()
    recorded_at = fields.DateTime(format="iso")


class OutcomesSchema(Schema):
    """The outcomes that were sent, in their order, each as it stands on record now."""

    outcomes = fields.List(fields.Nested(RecordedOutcomeSchema))


class ListedOutcomeSchema(RecordedOutcomeSchema):
    """An outcome of a decision that is looked up."""

    class Meta:
        exclude = ("decision_id",)

    stands = fields.Boolean(
        metadata={"description": "It was neither corrected by a newer one nor withdrawn"}
    )


class StoredDecisionSchema(PredictionSchema):
    """A stored decision with the answers it was made on."""

    channel = fields.String(metadata={"enum": ["ui", "api", "batch", "file"]})
    request_id = fields.String()
    portfolio = fields.String(metadata={"description": "The portfolio that the model scored"})
    fingerprint = fields.String(metadata={"description": "The fingerprint of the catalogue"})
    review = fields.Nested(
        ReviewSchema,
        allow_none=True,
        metadata={"description": "The newest review, which applies instead of the decision"},
    )
    reviews = fields.List(fields.Nested(ReviewSchema), metadata={"description": "Newest first"})
    outcomes = fields.List(
        fields.Nested(ListedOutcomeSchema),
        metadata={"description": "What became of it: all that was recorded, newest first"},
    )
    corrects = fields.UUID(
        allow_none=True,
        metadata={"description": "The decision that this one corrects, with other answers"},
    )
    corrected_by = fields.List(
        fields.UUID(),
        metadata={"description": "At most ten decisions that correct this one, newest first"},
    )
    application = fields.Function(
        lambda decision: decision.given and decision.given.answers,
        metadata={
            "type": ["object", "null"],
            "description": "The answers as given; null once they are erased",
        },
    )


class ListedDecisionSchema(PredictionSchema):
    """A decision in a list; a look-up has its answers, reasons and reviews."""

    class Meta:
        exclude = ("reasons", "earlier_decisions")

    channel = fields.String(metadata={"enum": ["ui", "api", "batch", "file"]})
    request_id = fields.String()


class DecisionsSchema(Schema):
    """A page of decisions."""

    decisions = fields.List(
        fields.Nested(ListedDecisionSchema), metadata={"description": "Newest first"}
    )
    next = fields.UUID(
        allow_none=True,
        metadata={"description": "Send it as `before` to get the next page; null on the last page"},
    )


def check_printable(text: str) -> None:
    """Refuse control characters: nothing is named with them, and PostgreSQL fails at some.

    Raises:
        ValidationError: the text has one.
    """
    if not text.isprintable():
        raise ValidationError("Printable characters are expected.")


class WithinLimit(Range):
    """A range whose message is translated when it is shown."""

    def _format_error(self, value: Any, message: str) -> Any:
        limits = {"min": self.min, "max": self.max}
        return [Phrase(marked("Accepted is a whole number from %(min)s to %(max)s."), limits)]


class ListQuery(Schema):
    """Which decisions to list; what is left out does not filter."""

    class Meta:
        unknown = RAISE

    reference = fields.String(
        validate=[Length(1, LONGEST_REFERENCE), check_printable],
        metadata={"format": "printable", "description": "The client's own identifier, exactly"},
    )
    since = fields.AwareDateTime(
        format="iso",
        metadata={"description": "From this time on, with its offset: `2026-11-26T10:00:00+00:00`"},
    )
    until = fields.AwareDateTime(format="iso", metadata={"description": "Before this time"})
    decision = fields.String(validate=OneOf([one.value for one in Outcome]))
    model_version = fields.String(
        validate=[Length(1, 50), check_printable], metadata={"format": "printable"}
    )
    before = fields.UUID(metadata={"description": "Older than this decision: `next` of a page"})
    limit = fields.Integer(
        load_default=50, validate=WithinLimit(1, 500), metadata={"description": "At most so many"}
    )


class ChangeSchema(Schema):
    """One changed answer, or a range of numbers that all lead to the decision."""

    feature = fields.String()
    from_ = fields.Raw(data_key="from", attribute="from")
    to = fields.Raw(metadata={"description": "The new answer; of a range, the end nearest to it"})
    until = fields.Raw(metadata={"description": "The other end of the range; else the same as to"})


class AlternativeSchema(Schema):
    """Changed answers, and the decision they would have led to."""

    changes = fields.List(fields.Nested(ChangeSchema))
    followers = fields.List(
        fields.String(),
        metadata={
            "description": "Features whose answers follow from the changes; the decision is the same "
            "for all of their values"
        },
    )
    probability_good_credit = fields.Float(
        metadata={"minimum": 0, "maximum": 1, "description": "The lowest one that is possible"}
    )
    risk_level = fields.String(metadata={"enum": ["LOW", "MEDIUM", "HIGH"]})
    decision = fields.String(metadata={"enum": ["approve", "refer", "decline"]})
    text = fields.String()


class AlternativesSchema(Schema):
    """The smallest changes that would have led to an approval, by the decision's own model and policy."""

    decision_id = fields.UUID()
    note = fields.String(metadata={"description": "That this is not an offer"})
    alternatives = fields.List(
        fields.Nested(AlternativeSchema),
        metadata={"description": "At most four, the smallest first; empty if no change is enough"},
    )
    nearest = fields.Nested(
        AlternativeSchema,
        allow_none=True,
        metadata={"description": "If no change is enough, the change with the highest score"},
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
    deployment = fields.Integer(metadata={"description": "Counts the changes of the served model"})
    digest = fields.String(metadata={"description": "sha256 of the served bundle"})
    portfolio = fields.String(metadata={"description": "The portfolio that the model scores"})
    fingerprint = fields.String(metadata={"description": "The fingerprint of the catalogue"})
    inputs = fields.List(fields.String())
    metrics = fields.Dict(keys=fields.String(), values=fields.Float())
    policy_version = fields.String()


class CatalogueSchema(Schema):
    """The inputs of the served model."""

    name = fields.String(metadata={"description": "The portfolio's name"})
    version = fields.String(metadata={"description": "The portfolio's own version; may be empty"})
    fingerprint = fields.String(
        metadata={"description": "A digest of names, types, codes and limits: it changes with them"}
    )
    model_version = fields.String()
    example = fields.Dict(metadata={"description": "A valid application"})
    document = fields.Dict(metadata={"description": "The portfolio's Data Package"})


class ReloadSchema(Schema):
    """The result of a reload."""

    message = fields.String()
    model_version = fields.String()
    previous_version = fields.String(allow_none=True)
    timestamp = fields.DateTime(format="iso")


class ProblemSchema(Schema):
    """An error as a problem document (RFC 9457)."""

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
LIST_QUERY = ListQuery()
DECISIONS = DecisionsSchema()
STORED_DECISION = StoredDecisionSchema(
    exclude=(
        "review",
        "reviews",
        "outcomes",
        "earlier_decisions",
        "corrects",
        "corrected_by",
    )
)
OUTCOMES = OutcomesSchema()
LISTED_OUTCOME = ListedOutcomeSchema()
REVIEW = ReviewSchema(exclude=("reasons",))
ALTERNATIVES = AlternativesSchema()
HEALTH = HealthSchema()
MODEL_INFO = ModelInfoSchema()
CATALOGUE = CatalogueSchema()
RELOAD = ReloadSchema()


def prediction(decision: NewDecision) -> bytes:
    """The answer to one application, as JSON."""
    return orjson.dumps(_prediction(decision))


def _prediction(decision: NewDecision) -> dict[str, Any]:
    answer = dict(zip(PREDICTION_KEYS, _values(decision), strict=True))
    answer["reasons"] = phrase_reasons(decision.reasons)
    return answer


def stored_decision(stored: StoredDecision) -> dict[str, Any]:
    """The answer to a look-up: the decision, its reviews and outcomes, newest first."""
    reviews = [
        {**REVIEW.dump(review), "reasons": phrase_reasons(reasons_of(review))}
        for review in stored.reviews
    ]
    return {
        **STORED_DECISION.dump(stored.decision),
        "reasons": phrase_reasons(stored.reasons),
        "earlier_decisions": list(map(str, stored.earlier)),
        "corrects": str(stored.corrects) if stored.corrects else None,
        "corrected_by": list(map(str, stored.corrected_by)),
        "review": reviews[0] if reviews else None,
        "reviews": reviews,
        "outcomes": _listed_outcomes(stored.decision.decision_id),
    }


def outcomes(recorded: Recorded) -> bytes:
    """The answer to reported outcomes, as JSON."""
    return orjson.dumps(OUTCOMES.dump({"outcomes": recorded.rows}))


def _listed_outcomes(decision_id: UUID) -> list[dict[str, Any]]:
    """What became of a decision, newest first."""
    rows = recording.find(decision_id)
    standing = standing_rows(rows)
    return [{**LISTED_OUTCOME.dump(row), "stands": row in standing} for row in rows]


def alternatives(stored: StoredDecision) -> Any:
    """The answer to what would have led to an approval."""
    alternatives = phrase_alternatives(stored.alternatives())
    return ALTERNATIVES.dump({"decision_id": stored.decision.decision_id, **alternatives})


def predictions(
    decisions: DecisionTable | None, positions: Sequence[int] | None
) -> list[dict[str, Any]]:
    """Decisions as the predictions of a batch, with their applications' positions if given."""
    if decisions is None:
        return []
    columns = decisions.recorded() | {
        "probability_bad_credit": (1.0 - decisions.probabilities).tolist(),
        "reasons": [*map(phrase_reasons, decisions.reasons)] or Column.same(None, len(decisions)),
        **({} if positions is None else {"index": positions}),
    }
    names = [name for name in (*PREDICTION_KEYS, "index") if name in columns]
    values = [Column.listed(columns[name]) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def batch(answer: Mapping[str, Any], errors: Sequence[Mapping[str, Any]] | None) -> bytes:
    """The answer to a batch as JSON, with the errors of its rows if given."""
    if errors is None:
        return orjson.dumps(answer)
    # why: a wrong row may contain lone surrogates, which orjson refuses and the standard library writes.
    return orjson.dumps({**answer, "errors": orjson.Fragment(json.dumps(errors))})
