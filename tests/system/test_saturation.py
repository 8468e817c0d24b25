"""What is used up is seen before it is used up: threads, connections, processors and memory."""

import re
import shutil
import time
from pathlib import Path

from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import Service, Trained, flask, serve, wait_until
from tests.system.test_queue_time import all_workers_busy, value_of


def metrics_of(service: Service) -> str:
    """What Prometheus would be told."""
    return service.get("/metrics").body.decode()


def samples(exposition: str, name: str) -> list[float]:
    """All values of a metric with labels."""
    return [float(one) for one in re.findall(rf"^{name}{{.*}} (\S+)$", exposition, re.MULTILINE)]


def test_busy_threads_processors_and_memory_are_seen(trained: Trained, tmp_path: Path) -> None:
    """Of all workers together, or of each."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    with serve(database, trained.registry, CREDITAPP_THREADS="3") as service:
        idle = metrics_of(service)
        with all_workers_busy(service):
            busy = metrics_of(service)
        wait_until(lambda: value_of(metrics_of(service), "creditapp_threads_busy") == 1, 10)
        for _ in range(50):
            service.post("/api/predict", EXAMPLE)
        later = metrics_of(service)
        workers = {int(pid) for pid in re.findall(r'worker_memory_bytes{pid="(\d+)"}', later)}
        assert workers == set(service.workers())
    assert value_of(idle, "creditapp_threads") == 6
    assert value_of(idle, "creditapp_threads_busy") == 1  # the scrape itself
    assert value_of(busy, "creditapp_threads_busy") == 2
    spent = [sum(samples(one, "creditapp_worker_cpu_seconds_total")) for one in (idle, later)]
    assert 0.05 < spent[1] - spent[0] < 30
    assert all(50e6 < one < 1e9 for one in samples(later, "creditapp_worker_memory_bytes"))


FAILURES = 'creditapp_database_failures_total{doing="%s"}'


def test_an_outage_of_the_database_is_counted_by_what_was_tried(
    server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """Where no key can be looked up, nobody comes as far as the decision log; the scrape comes in time."""
    added = flask("key", "add", "x", "--scope", "predict", database=address, registry=":memory:")
    key = added.stdout.split()[-1]
    log = tmp_path / "log"
    with serve(address, trained.registry, log=log) as service:
        assert service.post("/api/predict", EXAMPLE, key).status == 200
        before = metrics_of(service)
        server.stop()
        statuses = [service.post("/api/predict", EXAMPLE, key).status for _ in range(5)]
        # why: the workers look for deployments after a moment, and the requests may fail faster.
        wait_until(lambda: value_of(metrics_of(service), FAILURES % "deployment") > 0, 20)
        began = time.monotonic()
        away = metrics_of(service)
        took = time.monotonic() - began
        with_held = value_of(away, "creditapp_database_connections_used")
        server.start()
        wait_until(lambda: service.post("/api/predict", EXAMPLE, key).status == 200, 20)
        back = metrics_of(service)
    assert statuses == [503] * 5
    assert value_of(before, FAILURES % "key") == 0
    assert value_of(away, FAILURES % "key") == 5
    assert value_of(away, FAILURES % "deployment") > 0
    assert value_of(away, FAILURES % "decision") == 0
    assert value_of(away, "creditapp_decision_log_failures_total") == 0
    assert took < 8
    assert value_of(before, "creditapp_database_connections") == 2 * (4 + 5)
    assert 0 <= with_held <= 18
    assert 0 <= value_of(back, "creditapp_database_connections_used") <= 8


def test_a_silent_database_does_not_silence_the_metrics(
    server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """Prometheus waits for ten seconds."""
    log = tmp_path / "log"
    with serve(address, trained.registry, log=log) as service:
        metrics_of(service)
        with server.standing_still():
            time.sleep(3)
            began = time.monotonic()
            metrics_of(service)
            took = time.monotonic() - began
    assert took < 9
