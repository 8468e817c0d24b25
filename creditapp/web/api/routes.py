"""The API's routes: check, one call, render."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from creditapp.applications import schemas
from creditapp.applications.schemas import Batch
from creditapp.applications.strict_json import parse
from creditapp.decisions import log as decision_log
from creditapp.decisions import replay, reviews
from creditapp.decisions.decide import Origin, decide
from creditapp.decisions.log import Channel, Decision, NewDecision
from creditapp.exceptions import DecisionLogUnavailable, ModelUnavailable, UnknownDecision
from creditapp.observability import request_ids
from creditapp.serving import cache as model_cache
from creditapp.serving import remote_commands
from creditapp.serving.cache import ServedModel
from creditapp.web import access, rate_limits
from creditapp.web.api import answers

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/live")
def live() -> Any:
    """Whether this process runs."""
    return {"status": "alive"}


@blueprint.get("/health")
def health() -> Any:
    """Whether decisions can be made and recorded."""
    try:
        served = model_cache.current()
        decision_log.check_writable()
    except (ModelUnavailable, DecisionLogUnavailable):
        return answers.HEALTH.dump(_health(None)), 503, {"Retry-After": "5"}
    return answers.HEALTH.dump(_health(served))


@blueprint.get("/model-info")
def model_info() -> Any:
    """The model that is served."""
    return answers.MODEL_INFO.dump(_model_info(model_cache.current()))


@blueprint.post("/predict")
def predict() -> Any:
    """One application to one recorded decision."""
    rate_limits.spend_applications(1)
    application = schemas.load_application(_json_body())
    [decision] = decide([application], _origin(Channel.API), with_reasons=True)
    return Response(answers.prediction(decision), content_type="application/json")


@blueprint.post("/predict-batch")
def predict_batch() -> Any:
    """Many applications to as many recorded decisions, all by one model version."""
    body = _json_body()
    rate_limits.spend_applications(schemas.batch_size(body))
    batch = schemas.load_batch(body, current_app.config["SETTINGS"].max_batch)
    origin = _origin(Channel.BATCH)
    decisions = decide(batch.applications, origin, with_reasons=batch.gives_reasons)
    return _batch_answer(batch, decisions)


@blueprint.get("/decisions/<decision_id>")
def decision(decision_id: str) -> Any:
    """One decision as it is kept; to a key that did not make it, it does not exist."""
    found = _readable(decision_id)
    return answers.stored(found, replay.reasons_of(found), reviews.of(found.decision_id))


@blueprint.get("/decisions/<decision_id>/alternatives")
def alternatives(decision_id: str) -> Any:
    """What would have led to an approval."""
    found = _readable(decision_id)
    return answers.alternatives(found, replay.alternatives_of(found))


@blueprint.post("/reload-model")
def reload_model() -> Any:
    """Serve what the registry's alias names now."""
    done = remote_commands.reload(access.current().label, request_ids.current())
    return answers.RELOAD.dump(
        {
            "message": _reload_message(done.model_version, done.previous_version),
            "model_version": done.model_version,
            "previous_version": done.previous_version,
            "timestamp": datetime.now(UTC),
        }
    )


def _readable(decision_id: str) -> Decision:
    found = decision_log.find(decision_id)
    if not access.may_read(found.made_by):
        raise UnknownDecision(decision_id)
    return found


def _origin(channel: Channel) -> Origin:
    return Origin(channel, request_ids.current(), access.current().label)


def _json_body() -> Any:
    if not request.is_json:
        raise UnsupportedMediaType("the content type application/json is expected")
    if request.content_encoding not in (None, "identity"):
        raise UnsupportedMediaType("a body without a content encoding is expected")
    return parse(_whole_body())


def _whole_body() -> bytes:
    """The body, if it ends within the limit: one sent in chunks is cut there without a word."""
    body = request.get_data()
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
        "fingerprint": served.metadata.fingerprint,
        "inputs": list(served.metadata.inputs),
        "metrics": served.metadata.metrics,
        "policy_version": served.policy.version,
    }


def _batch_answer(batch: Batch, decisions: list[NewDecision]) -> Response:
    positions = batch.positions if batch.reports_errors else None
    predictions = answers.predictions(decisions, positions, with_reasons=batch.gives_reasons)
    answer = {
        "predictions": predictions,
        "total_processed": len(predictions),
        "model_version": _scoring_version(decisions),
        "timestamp": datetime.now(UTC),
    }
    errors = batch.errors if batch.reports_errors else None
    return Response(answers.batch(answer, errors), content_type="application/json")


def _scoring_version(decisions: list[NewDecision]) -> str:
    """The version that scored them all, or would have."""
    return decisions[0].model_version if decisions else model_cache.current().model_version


def _reload_message(version: str, previous: str | None) -> str:
    if version == previous:
        return f"version {version} is served already"
    return f"version {version} is served now"
