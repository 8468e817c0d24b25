"""The API's routes: check the input, make one call, render the answer."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask_babel import gettext
from marshmallow import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from creditapp.applications import schemas
from creditapp.applications.schemas import Batch
from creditapp.applications.strict_json import parse
from creditapp.decisions import listing
from creditapp.decisions import log as decision_log
from creditapp.decisions.batches import decide_table
from creditapp.decisions.decide import Origin, decide
from creditapp.decisions.decision_table import DecisionTable
from creditapp.decisions.listing import Wanted
from creditapp.decisions.log import Channel
from creditapp.exceptions import BadQuery, DatabaseUnavailable, ModelUnavailable, UnfitOutcomes
from creditapp.identity.api_keys import Scope
from creditapp.observability import request_ids
from creditapp.outcomes import recording
from creditapp.phrases import marked
from creditapp.serving import cache as model_cache
from creditapp.serving import remote_commands
from creditapp.serving.served_model import ServedModel
from creditapp.settings.current import current_settings
from creditapp.web import access, intake, large_bodies, rate_limits
from creditapp.web.access import ANYONE, open_to, programs
from creditapp.web.api import answers
from creditapp.web.api.examples import PREDICTION
from creditapp.web.api.operations import Body, Operation, operation
from creditapp.web.api.outcome_bodies import number_of_outcomes, read_outcomes, worded
from creditapp.web.once import current_claim, decided_once, done_once
from creditapp.web.personal import load_personal
from creditapp.web.phrasing import phrase_all

blueprint = Blueprint("api", __name__, url_prefix="/api")

OBJECTS_OF_AN_APPLICATION = 4
"""A body with more objects and arrays for each application of the largest batch is not even parsed."""


@blueprint.get("/live")
@open_to(ANYONE)
@operation(Operation(tag="Health", summary="Whether the process runs", answer=answers.LiveSchema))
def live() -> Any:
    """Answer while the process runs."""
    return {"status": "alive"}


@blueprint.get("/health")
@open_to(ANYONE)
@operation(
    Operation(
        tag="Health",
        summary="Whether decisions can be made and recorded",
        answer=answers.HealthSchema,
        unavailable="Decisions cannot be made or recorded",
    )
)
def health() -> Any:
    """Check that a model is served and that the decision log can be written."""
    try:
        served = model_cache.current()
        decision_log.check_writable()
    except (ModelUnavailable, DatabaseUnavailable):
        return answers.HEALTH.dump(_health(None)), 503, {"Retry-After": "5"}
    return answers.HEALTH.dump(_health(served))


@blueprint.get("/model-info")
@open_to(programs(Scope.MODEL_READ, Scope.MODEL_ADMIN))
@operation(Operation(tag="Model", summary="The served model", answer=answers.ModelInfoSchema))
def model_info() -> Any:
    """Describe the served model."""
    return answers.MODEL_INFO.dump(_model_info(model_cache.current()))


@blueprint.post("/predict")
@open_to(programs(Scope.PREDICT))
@operation(
    Operation(
        tag="Scoring",
        summary="Score one application",
        answer=answers.PredictionSchema,
        answer_example=PREDICTION,
        body=Body.APPLICATION,
        once=True,
    )
)
@decided_once
def predict() -> Response:
    """Decide on one application."""
    rate_limits.spend_applications(1)
    with large_bodies.in_turn():
        body, served = _json_body(), model_cache.current()
        application = intake.load_application(served, body)
    origin = _origin(Channel.API)
    decided = decide(
        [application],
        served,
        origin,
        with_reasons=True,
        write=lambda decided: answers.prediction(decided.decisions[0]),
        claim=current_claim(),
    )
    return _json(decided.answer)


@blueprint.post("/predict-batch")
@open_to(programs(Scope.PREDICT))
@operation(
    Operation(
        tag="Scoring",
        summary="Score many applications with one model",
        answer=answers.BatchAnswerSchema,
        body=Body.BATCH,
        once=True,
    )
)
@decided_once
def predict_batch() -> Response:
    """Decide on many applications with one model and one policy."""
    with large_bodies.in_turn():
        body = _json_body()
        rate_limits.spend_applications(schemas.batch_size(body))
        served = model_cache.current()
        batch = intake.load_batch(served, body, current_settings().max_batch)
    origin = _origin(Channel.BATCH)
    answer = decide_table(
        batch.applications,
        served,
        origin,
        with_reasons=batch.gives_reasons,
        write=lambda decisions: _batch_answer(batch, decisions, served),
        claim=current_claim(),
    )
    return _json(answer)


@blueprint.get("/catalogue")
@open_to(programs(Scope.PREDICT, Scope.MODEL_READ, Scope.MODEL_ADMIN))
@operation(
    Operation(
        tag="Model",
        summary="The inputs of the served model",
        answer=answers.CatalogueSchema,
    )
)
def catalogue() -> Any:
    """Answer the catalogue of the served model."""
    served = model_cache.current()
    return answers.CATALOGUE.dump(
        {
            "name": served.catalogue.name,
            "version": served.catalogue.version,
            "fingerprint": served.catalogue.fingerprint,
            "model_version": served.model_version,
            "example": served.catalogue.example,
            "document": served.catalogue.document,
        }
    )


@blueprint.get("/decisions")
@open_to(programs(Scope.DECISIONS_READ, Scope.DECISIONS_READ_ALL))
@operation(
    Operation(
        tag="Decisions",
        summary="List decisions",
        answer=answers.DecisionsSchema,
        query=answers.ListQuery,
        problems=(404,),
    )
)
def decisions() -> Any:
    """List the decisions that the key may read, newest first, a page at a time."""
    rate_limits.spend_reading()
    query = _list_query()
    before, limit = query.pop("before", ""), query.pop("limit")
    wanted = Wanted(**query, made_by=access.only_reads() or "")
    found = listing.find_newest(wanted, str(before), limit + 1)
    page = found[:limit]
    more = page[-1].decision_id if len(found) > limit else None
    return answers.DECISIONS.dump({"decisions": page, "next": more})


@blueprint.get("/decisions/<decision_id>")
@open_to(programs(Scope.DECISIONS_READ, Scope.DECISIONS_READ_ALL))
@operation(
    Operation(
        tag="Decisions",
        summary="Look up a decision",
        answer=answers.StoredDecisionSchema,
        problems=(404,),
    )
)
def decision(decision_id: str) -> Any:
    """Answer a stored decision; for a key that may not read it, it does not exist."""
    return answers.stored_decision(load_personal(decision_id))


@blueprint.get("/decisions/<decision_id>/alternatives")
@open_to(programs(Scope.DECISIONS_READ, Scope.DECISIONS_READ_ALL))
@operation(
    Operation(
        tag="Decisions",
        summary="What would have led to an approval",
        answer=answers.AlternativesSchema,
        problems=(404, 409),
    )
)
def alternatives(decision_id: str) -> Any:
    """Answer the smallest changes that would have led to an approval."""
    return answers.alternatives(load_personal(decision_id))


@blueprint.post("/outcomes")
@open_to(programs(Scope.OUTCOMES_WRITE))
@operation(
    Operation(
        tag="Outcomes",
        summary="Record what became of decisions",
        answer=answers.OutcomesSchema,
        body=Body.OUTCOMES,
        once=True,
    )
)
@decided_once
def outcomes() -> Response:
    """Record what became of decisions: all that is sent, or nothing."""
    with large_bodies.in_turn():
        body = _json_body()
        rate_limits.spend_outcomes(number_of_outcomes(body))
        reports = read_outcomes(body, current_settings().max_batch)
    actor, claim = access.current_actor(), current_claim()
    try:
        recorded = recording.record(reports, actor, claim=claim, write=answers.outcomes)
    except UnfitOutcomes as error:
        raise worded(error, body) from error
    return _json(answers.outcomes(recorded))


@blueprint.post("/reload-model")
@open_to(programs(Scope.MODEL_ADMIN))
@operation(
    Operation(
        tag="Model",
        summary="Serve the version that the registry's production alias names",
        answer=answers.ReloadSchema,
        problems=(409,),
        once=True,
    )
)
@done_once
def reload_model() -> Response:
    """Serve the version that the registry's production alias names."""
    switch = remote_commands.reload(access.current_actor())
    answer = {
        "message": _reload_message(switch.model_version, switch.previous_version),
        "model_version": switch.model_version,
        "previous_version": switch.previous_version,
        "timestamp": datetime.now(UTC),
    }
    return jsonify(answers.RELOAD.dump(answer))


def _list_query() -> dict[str, Any]:
    """What is asked for.

    Raises:
        BadQuery: a parameter is unknown, given twice, or has no valid value.
    """
    given = request.args.to_dict(flat=False)
    errors = {
        name: [gettext("It is given twice.")] for name, texts in given.items() if len(texts) > 1
    }
    try:
        query: dict[str, Any] = answers.LIST_QUERY.load(
            {name: texts[0] for name, texts in given.items()}
        )
    except ValidationError as error:
        raise BadQuery(
            marked("the parameters are not valid"), {**error.messages_dict, **errors}
        ) from error
    if errors:
        raise BadQuery(marked("the parameters are not valid"), errors)
    return query


def _origin(channel: Channel) -> Origin:
    return Origin(channel, request_ids.current(), access.current().label)


def _json_body() -> Any:
    if not request.is_json:
        raise UnsupportedMediaType(gettext("the content type must be application/json"))
    if request.content_encoding not in (None, "identity"):
        raise UnsupportedMediaType(gettext("the body must not have a content encoding"))
    return parse(_whole_body(), OBJECTS_OF_AN_APPLICATION * (current_settings().max_batch + 25))


def _whole_body() -> bytes:
    """The body, if it is not larger than the limit."""
    body = request.get_data()
    # why: a chunked body that is too large is cut at the limit without an error.
    if request.content_length is None and len(body) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    return body


def _health(served: ServedModel | None) -> dict[str, Any]:
    return {
        "status": "healthy" if served else "unavailable",
        "model_path": served and served.address,
        "model_loaded": served is not None,
        "timestamp": datetime.now(UTC),
    }


def _model_info(served: ServedModel) -> dict[str, Any]:
    return {
        "name": served.deployment.model_name,
        "version": served.model_version,
        "stage": "Production",
        "description": served.metadata.description,
        "trained_at": served.metadata.trained_at,
        "deployed_at": served.deployment.deployed_at,
        "deployment": served.deployment.generation,
        "digest": served.deployment.bundle_digest,
        "portfolio": served.catalogue.name,
        "fingerprint": served.metadata.fingerprint,
        "inputs": list(served.metadata.inputs),
        "metrics": served.metadata.metrics,
        "policy_version": served.policy.version,
    }


def _json(answer: bytes) -> Response:
    return Response(answer, content_type="application/json")


def _batch_answer(batch: Batch, decisions: DecisionTable | None, served: ServedModel) -> bytes:
    positions = batch.positions if batch.reports_errors else None
    answer = {
        "predictions": answers.predictions(decisions, positions),
        "total_processed": len(batch.positions),
        "model_version": served.model_version,
        "timestamp": datetime.now(UTC),
    }
    errors = phrase_all(list(batch.errors)) if batch.reports_errors else None
    return answers.batch(answer, errors)


def _reload_message(version: str, previous: str | None) -> str:
    if version == previous:
        return str(gettext("version %(version)s is served already", version=version))
    return str(gettext("version %(version)s is served now", version=version))
