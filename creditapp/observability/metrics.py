"""The metrics of the service, and their sum over all workers."""

import json
import os
import struct
import time
from collections import Counter as Counted
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPMethod
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Request
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
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_flask_exporter import PrometheusMetrics

from creditapp.observability.processes import WorkerProcesses

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset(HTTPMethod)
KEY_PARTS = 4
"""The parts of a sample's key in a worker's file: metric, sample, labels, help."""

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
QUEUE_SECONDS = Histogram(
    "creditapp_request_queue_seconds",
    "Time from the proxy in front, once it had read a request, to the worker that took it",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120),
)
ACTIVE_MODELS = Gauge(
    "active_models_total", "Models loaded in live workers", multiprocess_mode="livesum"
)
THREADS = Gauge(
    "creditapp_threads", "Threads of live workers that may answer", multiprocess_mode="livesum"
)
THREADS_BUSY = Gauge(
    "creditapp_threads_busy",
    "Threads of live workers that are answering, and the one that answers this",
    multiprocess_mode="livesum",
)
CONNECTIONS = Gauge(
    "creditapp_database_connections",
    "Connections that the pools of live workers may open",
    multiprocess_mode="livesum",
)
CONNECTIONS_USED = Gauge(
    "creditapp_database_connections_used",
    "Connections of those pools that somebody holds",
    multiprocess_mode="livesum",
)
DEPLOYMENT_NAME = "creditapp_deployment_generation"
DEPLOYMENT = Gauge(
    DEPLOYMENT_NAME,
    "The deployment that each live worker serves; its pid is a label",
    multiprocess_mode="liveall",
)
MODEL_IN_FORCE = Gauge(
    "creditapp_model_in_force",
    "1 for the version and deployment that live workers serve, 0 for those they served before",
    ["version", "deployment"],
    multiprocess_mode="livemax",
)
POLICY_IN_FORCE = Gauge(
    "creditapp_policy_in_force",
    "1 for the policy that live workers decide by, 0 for those they decided by before",
    ["policy"],
    multiprocess_mode="livemax",
)
MODEL_TRAINED = Gauge(
    "creditapp_model_trained_timestamp_seconds",
    "When the served model was trained; the newest of live workers",
    multiprocess_mode="livemax",
)
DECISIONS = Counter("creditapp_decisions_total", "Recorded decisions by outcome", ["decision"])
LOG_FAILURES = Counter(
    "creditapp_decision_log_failures_total", "Attempts to record decisions that failed"
)
DATABASE_FAILURES = Counter(
    "creditapp_database_failures_total",
    "Failures of the database by what was being done; whether a row is refused does not count",
    ["doing"],
)
BATCH_SIZE = Histogram(
    "creditapp_batch_applications",
    "Applications in one batch",
    buckets=(1, 10, 100, 1_000, 10_000, 100_000),
)
SHADOWED = Counter(
    "creditapp_challenger_total",
    "Decisions that the challenger was to score too, by what became of that",
    ["result"],
)
DRIFT = Gauge(
    "creditapp_drift_psi",
    "Population stability index of recent decisions against the model's own population",
    ["feature"],
    multiprocess_mode="livemostrecent",
)
DRIFT_LIMIT = Gauge(
    "creditapp_drift_limit",
    "The index over which, with as many cases, the population counts as shifted",
    ["feature"],
    multiprocess_mode="livemostrecent",
)
DRIFT_KS = Gauge(
    "creditapp_drift_ks",
    "The largest difference of the shares of recent scores and of the model's own below one score",
    ["feature"],
    multiprocess_mode="livemostrecent",
)
DRIFT_KS_LIMIT = Gauge(
    "creditapp_drift_ks_limit",
    "The difference over which, with as many cases, the score counts as shifted",
    ["feature"],
    multiprocess_mode="livemostrecent",
)
DRIFT_CASES = Gauge(
    "creditapp_drift_cases",
    "Recent decisions that the drift gauges were worked out from",
    multiprocess_mode="livemostrecent",
)
PERFORMANCE = Gauge(
    "creditapp_performance",
    "A figure of the newest decisions of the served model: estimated_auc, bad_rate or auc",
    ["measure"],
    multiprocess_mode="livemostrecent",
)
PERFORMANCE_LOWEST = Gauge(
    "creditapp_performance_lowest",
    "What the figure should not be below, with as many cases",
    ["measure"],
    multiprocess_mode="livemostrecent",
)
PERFORMANCE_HIGHEST = Gauge(
    "creditapp_performance_highest",
    "What the figure should not be above, with as many cases",
    ["measure"],
    multiprocess_mode="livemostrecent",
)
PERFORMANCE_CASES = Gauge(
    "creditapp_performance_cases",
    "The decisions that the figure was worked out from",
    ["measure"],
    multiprocess_mode="livemostrecent",
)
NEWEST_OUTCOME = Gauge(
    "creditapp_newest_outcome_timestamp_seconds",
    "When an outcome was recorded last; NaN if none ever was",
    multiprocess_mode="livemostrecent",
)
OLDEST_UNSEALED = Gauge(
    "creditapp_oldest_unsealed_seconds",
    "The age of the oldest decision that is in no sealed block yet; 0 if all are",
    multiprocess_mode="livemostrecent",
)
SEAL_FAULTS = Gauge(
    "creditapp_seal_faults",
    "The faults that the last verification of the record found",
    multiprocess_mode="livemostrecent",
)
SEAL_VERIFIED = Gauge(
    "creditapp_seal_verified_timestamp_seconds",
    "When the record was verified last",
    multiprocess_mode="livemostrecent",
)
OVERDUE = Gauge(
    "creditapp_retention_overdue_seconds",
    "By how long the oldest data of a kind is past its time; 0 if nothing is",
    ["kind"],
    multiprocess_mode="livemostrecent",
)

# why: Prometheus sees no increase in a series that begins with its first event, so these begin at zero.
for _type in ("single", "batch"):
    for _status in ("success", "error"):
        PREDICTIONS.labels(_type, _status)
for _status in ("success", "failure"):
    MODEL_LOADS.labels(_status)
for _outcome in ("approve", "refer", "decline"):
    DECISIONS.labels(_outcome)
for _doing in ("key", "session", "deployment", "decision", "reading", "writing", "committing"):
    DATABASE_FAILURES.labels(_doing)
for _result in ("scored", "dropped", "failed"):
    SHADOWED.labels(_result)


def url_rule(request: Request) -> str:
    """The route that a request matched; all unknown paths count as one route."""
    return str(request.url_rule or "unknown")


requests = PrometheusMetrics.for_app_factory(path=None, group_by=url_rule)


@contextmanager
def timed_predictions(prediction_type: str, number: int) -> Iterator[None]:
    """Count `number` applications as scored, or as failed if the block raises; time the block once."""
    started = time.perf_counter()
    status = "error"
    try:
        yield
        status = "success"
    finally:
        PREDICTIONS.labels(prediction_type, status).inc(number)
        PREDICTION_SECONDS.observe(time.perf_counter() - started)


def count_decisions(predictions: Iterable[int], outcomes: Iterable[str]) -> None:
    """Count recorded decisions by prediction and by outcome."""
    predicted = Counted(predictions)
    for counter, prediction in ((PREDICTIONS_GOOD, 1), (PREDICTIONS_BAD, 0)):
        if predicted[prediction]:
            counter.inc(predicted[prediction])
    for outcome, number in Counted(outcomes).items():
        DECISIONS.labels(outcome).inc(number)


def count_log_failure() -> None:
    """Count a failed attempt to record decisions."""
    LOG_FAILURES.inc()


def count_database_failure(doing: str) -> None:
    """Count a failure of the database: it could not be reached, or could not do what was asked."""
    DATABASE_FAILURES.labels(doing).inc()


def count_shadowed(result: str, number: int) -> None:
    """Count decisions that the challenger scored, dropped, or failed to score."""
    SHADOWED.labels(result).inc(number)


def note_batch_size(number: int) -> None:
    """Observe the size of a batch."""
    BATCH_SIZE.observe(number)


def note_queue_time(seconds: float) -> None:
    """Observe how long a request waited for a worker."""
    QUEUE_SECONDS.observe(seconds)


def count_error(endpoint: str, error_type: str) -> None:
    """Count a request that was answered with an error."""
    REQUEST_ERRORS.labels(endpoint, error_type).inc()


def count_model_load(*, success: bool) -> None:
    """Count an attempt to load a model."""
    MODEL_LOADS.labels("success" if success else "failure").inc()


def note_served_model(generation: int, trained_at: datetime) -> None:
    """Set the gauges of the deployment that this process serves."""
    ACTIVE_MODELS.set(1)
    DEPLOYMENT.set(generation)
    MODEL_TRAINED.set(trained_at.timestamp())


def note_model_in_force(version: str, generation: int) -> None:
    """Set the gauge of the version in force; the one before gets 0."""
    _mark(MODEL_IN_FORCE, (version, str(generation)))


def note_policy_in_force(version: str) -> None:
    """Set the gauge of the policy in force; the one before gets 0."""
    _mark(POLICY_IN_FORCE, (version,))


_marked: dict[Gauge, tuple[str, ...]] = {}


def _mark(gauge: Gauge, labels: tuple[str, ...]) -> None:
    """Set the gauge to 1 with these labels, and to 0 with those of the last call."""
    before = _marked.get(gauge, labels)
    gauge.labels(*before).set(0)
    gauge.labels(*labels).set(1)
    _marked[gauge] = labels


def served_by_workers() -> dict[str, int]:
    """The deployment that each live worker of this host serves, by process id."""
    samples = [
        sample
        for metric in _registry().collect()
        if metric.name == DEPLOYMENT_NAME
        for sample in metric.samples
    ]
    own = str(os.getpid())
    served = {one.labels.get("pid", own): int(one.value) for one in samples}
    return {pid: generation for pid, generation in served.items() if generation}


IndexAndLimit = tuple[float, float]


def note_drift(
    cases: int, indices: Mapping[str, IndexAndLimit], differences: Mapping[str, IndexAndLimit]
) -> None:
    """Set the drift gauges: the number of cases, and by feature each index and KS with its limit."""
    DRIFT_CASES.set(cases)
    for feature, (index, limit) in indices.items():
        DRIFT.labels(feature).set(index)
        DRIFT_LIMIT.labels(feature).set(limit)
    for feature, (difference, limit) in differences.items():
        DRIFT_KS.labels(feature).set(difference)
        DRIFT_KS_LIMIT.labels(feature).set(limit)


def note_performance(measure: str, value: float, lowest: float, highest: float, cases: int) -> None:
    """Set the gauges of a figure of the newest decisions; NaN where there is none."""
    PERFORMANCE.labels(measure).set(value)
    PERFORMANCE_LOWEST.labels(measure).set(lowest)
    PERFORMANCE_HIGHEST.labels(measure).set(highest)
    PERFORMANCE_CASES.labels(measure).set(cases)


def note_newest_outcome(seconds: float) -> None:
    """Set when an outcome was recorded last, in seconds since 1970; NaN if none ever was."""
    NEWEST_OUTCOME.set(seconds)


def note_unsealed(seconds: float) -> None:
    """Set the age of the oldest decision that is not sealed."""
    OLDEST_UNSEALED.set(seconds)


def note_verified(faults: int, checked_at: datetime) -> None:
    """Set the result of the last verification of the record."""
    SEAL_FAULTS.set(faults)
    SEAL_VERIFIED.set(checked_at.timestamp())


def note_overdue(kind: str, seconds: float) -> None:
    """Set by how long the oldest data of a kind is past its time."""
    OVERDUE.labels(kind).set(seconds)


class BusyThreads:
    """Counts the threads that are answering."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass the request on."""
        with THREADS_BUSY.track_inprogress():
            return self._app(environ, start_response)


def note_capacity(threads: int, connections: int) -> None:
    """Set how many threads and connections to the database this process may use."""
    THREADS.set(threads)
    CONNECTIONS.set(connections)


def note_connections(number: int) -> None:
    """Set how many connections of this process's pool somebody holds."""
    CONNECTIONS_USED.set(number)


class ReadableFiles(MultiProcessCollector):
    """Sums the metrics files of all workers that can be read."""

    # why: one empty or broken file, left by a killed worker, would otherwise fail every scrape.

    def collect(self) -> Iterable[Metric]:
        """Collect the metrics of all workers."""
        files = [str(file) for file in Path(self._path).glob("*.db") if _is_readable(file)]
        return self.merge(files, accumulate=True)  # type: ignore[no-any-return, no-untyped-call]


class KnownMethods:
    """Renames unknown HTTP methods to one name, so that a client cannot create series."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass the request on."""
        if environ.get("REQUEST_METHOD") not in METHODS:
            environ["REQUEST_METHOD"] = "UNKNOWN"
        return self._app(environ, start_response)


def exposition() -> bytes:
    """All metrics in the Prometheus text format, summed over all workers."""
    processes = CollectorRegistry()
    processes.register(WorkerProcesses(_live_workers))
    return generate_latest(_registry()) + generate_latest(processes)


def _is_readable(file: Path) -> bool:
    try:
        values_of_file = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]
        return all(len(json.loads(key)) == KEY_PARTS for key, *_ in values_of_file)
    except (OSError, ValueError, TypeError, struct.error, RuntimeError):
        return False


def _live_workers() -> set[str]:
    """The process ids of the live workers, as those of dead ones have no such files."""
    if values.ValueClass is values.MutexValue:
        return {str(os.getpid())}
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    return {file.stem.rpartition("_")[2] for file in folder.glob("gauge_livesum_*.db")}


def _registry() -> CollectorRegistry:
    """The workers' shared files under gunicorn, else this process's own metrics."""
    if values.ValueClass is values.MutexValue:
        return REGISTRY
    registry = CollectorRegistry()
    ReadableFiles(registry)  # type: ignore[no-untyped-call]
    return registry
