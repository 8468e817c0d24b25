"""What the service counts: collectors under their fixed names, and the page that shows all workers' sum."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_flask_exporter import PrometheusMetrics

PREDICTIONS = Counter(
    "credit_predictions_total",
    "Applications scored, or tried to be",
    ["prediction_type", "status"],
)
PREDICTIONS_GOOD = Counter("credit_predictions_good_total", "Predictions of good credit")
PREDICTIONS_BAD = Counter("credit_predictions_bad_total", "Predictions of bad credit")
REQUEST_ERRORS = Counter(
    "api_request_errors_total", "Requests answered with an error", ["endpoint", "error_type"]
)
MODEL_LOADS = Counter("model_load_attempts_total", "Attempts to load a model", ["status"])
PREDICTION_SECONDS = Histogram(
    "credit_prediction_duration_seconds",
    "Time from the checked application to its recorded decision",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
ACTIVE_MODELS = Gauge(
    "active_models_total", "Models loaded in live workers", multiprocess_mode="livesum"
)

blueprint = Blueprint("metrics", __name__)


def url_rule(request: Request) -> str:
    """The route that a request matched; all unknown paths count as one."""
    return str(request.url_rule or "unknown")


requests = PrometheusMetrics.for_app_factory(path=None, group_by=url_rule)


@contextmanager
def timed_predictions(prediction_type: str, number: int) -> Iterator[None]:
    """Count `number` applications as scored, or as failed where the block raises; time the block once."""
    started = time.perf_counter()
    status = "error"
    try:
        yield
        status = "success"
    finally:
        PREDICTIONS.labels(prediction_type, status).inc(number)
        PREDICTION_SECONDS.observe(time.perf_counter() - started)


def count_outcomes(good: int, bad: int) -> None:
    """Count recorded predictions by what they predict."""
    PREDICTIONS_GOOD.inc(good)
    PREDICTIONS_BAD.inc(bad)


def count_error(endpoint: str, error_type: str) -> None:
    """Count a request that was answered with an error."""
    REQUEST_ERRORS.labels(endpoint, error_type).inc()


def count_model_load(*, success: bool) -> None:
    """Count an attempt to load a model."""
    MODEL_LOADS.labels("success" if success else "failure").inc()


def note_models_loaded(number: int) -> None:
    """Say how many models this process has loaded."""
    ACTIVE_MODELS.set(number)


@blueprint.get("/metrics")
def show() -> Response:
    """All collectors in the Prometheus text format, summed over all workers."""
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """The workers' shared files under gunicorn, else this process's own numbers."""
    if values.ValueClass is values.MutexValue:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
