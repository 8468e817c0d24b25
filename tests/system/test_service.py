"""The real service: gunicorn, two workers, HTTP."""

import csv
import http.client
import json
import random
import shutil
import socket
import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from creditapp.applications.questions import number_from_text
from creditapp.settings.paths import ROOT
from tests.load import assert_kept, under_load
from tests.portfolios import EXAMPLE, QUESTIONS
from tests.serving import Service, Trained, flask, serve, wait_until

PAGE_REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
NAMES = [question.name for question in QUESTIONS]


@pytest.fixture(scope="module")
def applications() -> list[dict[str, Any]]:
    """The 1000 rows of the data set as they are, less their target."""
    with (ROOT / "data" / "estadistical.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [{name: number_from_text(row[name]) for name in NAMES} for row in rows]


def probabilities(service: Service, applications: list[dict[str, Any]]) -> list[float]:
    """The probabilities of good credit of one batch."""
    answer = service.post("/api/predict-batch", {"applications": applications})
    assert answer.status == 200, answer.body
    return [one["probability_good_credit"] for one in answer.json["predictions"]]


def test_all_1000_rows_score_alike_on_every_road(
    service: Service, applications: list[dict[str, Any]], trained: Trained
) -> None:
    """One by one, in one batch, in a shuffled batch, and by the registered pipeline itself."""
    import mlflow
    import pandas as pd

    mlflow.set_tracking_uri(f"sqlite:///{trained.registry}")
    pipeline = mlflow.sklearn.load_model("models:/RDF_score_pipeline@production")
    frame = pd.DataFrame(applications).drop(columns="Present residence since")
    direct = pipeline.predict_proba(frame)[:, 1]

    alone = [service.post("/api/predict", row).json for row in applications]
    assert [one["probability_good_credit"] for one in alone] == pytest.approx(direct, abs=1e-6)
    assert [one["prediction"] for one in alone] == pipeline.predict(frame).tolist()
    assert probabilities(service, applications) == pytest.approx(direct, abs=1e-6)

    order = list(range(1000))
    random.Random(1).shuffle(order)
    shuffled = probabilities(service, [applications[place] for place in order])
    assert shuffled == pytest.approx(direct[order], abs=1e-6)


def test_a_batch_of_the_largest_size_is_answered(
    service: Service, applications: list[dict[str, Any]]
) -> None:
    """10,000 applications in one request."""
    answer = service.post("/api/predict-batch", {"applications": applications * 10})
    assert answer.json["total_processed"] == 10_000


def test_connections_are_shared_by_the_workers(service: Service) -> None:
    """A worker whose threads are all busy leaves a client's next connections to the other one."""
    host, _, port = service.address.removeprefix("http://").partition(":")
    before = [_sockets(worker) for worker in _workers(service)]
    with ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection((host, int(port)))) for _ in range(24)
        ]
        for connection in connections:
            connection.sendall(PAGE_REQUEST)
        for connection in connections:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        taken = [_sockets(worker) for worker in _workers(service)]
    assert min(after - of_old for after, of_old in zip(taken, before, strict=True)) >= 4


def _workers(service: Service) -> list[str]:
    pid = service.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _sockets(worker: str) -> int:
    links = [link.readlink() for link in Path(f"/proc/{worker}/fd").iterdir()]
    return sum(str(link).startswith("socket:") for link in links)


def test_metrics_are_summed_over_the_workers(service: Service) -> None:
    """Whichever worker is asked, the count is the same, and both models are active."""

    def count() -> float:
        lines = service.get("/metrics").body.decode().splitlines()
        name = 'credit_predictions_total{prediction_type="single",status="success"} '
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = count()
    for _ in range(20):
        assert service.post("/api/predict", EXAMPLE).status == 200
    assert [count() for _ in range(6)] == [before + 20] * 6
    assert "active_models_total 2.0" in service.get("/metrics").body.decode()


def test_unknown_addresses_add_no_series(service: Service) -> None:
    """All of them are one label; what other requests and the time add does not matter here."""

    def not_found() -> set[str]:
        lines = service.get("/metrics").body.decode().splitlines()
        return {line.rpartition(" ")[0] for line in lines if 'status="404"' in line}

    service.get("/unknown/0")
    before = not_found()
    for number in range(50):
        service.get(f"/unknown/{number}")
    assert not_found() == before
    assert 'url_rule="unknown"' in "".join(before)
    assert "unknown/" not in service.get("/metrics").body.decode()


def test_a_body_in_chunks_over_the_limit_is_refused_whole(trained: Trained, tmp_path: Path) -> None:
    """It is not cut at the limit and decided on."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    with serve(database, trained.registry, CREDITAPP_MAX_BODY_BYTES="10000") as service:
        port = int(service.address.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        body = json.dumps(EXAMPLE).encode()
        chunks = [body, b" " * (10_000 - len(body)), b"garbage" * 100]
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/predict", iter(chunks), headers, encode_chunked=True)
        assert connection.getresponse().status == 413
        connection.close()


def test_no_answered_decision_is_lost_when_a_worker_is_killed(
    trained: Trained, tmp_path: Path
) -> None:
    """Under load, `kill -9` on one of two workers at five random moments; the service goes on."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    with serve(database, trained.registry) as service:
        with under_load(6, lambda: service.post("/api/predict", EXAMPLE)) as answered:
            counted = [predictions_counted(service)]
            for _ in range(5):
                time.sleep(random.uniform(0.2, 1.2))
                kill(service.workers()[0])
                counted += [predictions_counted(service) for _ in range(5)]
            assert counted == sorted(counted)
            enough = len(answered) + 100
            wait_until(lambda: len(answered) > enough, 30)
        assert len(service.workers()) == 2
        active = "active_models_total 2.0"
        wait_until(lambda: active in service.get("/metrics").body.decode(), 10)
    assert len(answered) > 100
    assert_kept(answered, database)


def predictions_counted(service: Service) -> float:
    """All predictions of all workers so far; asked again where the worker that was asked is killed."""
    while True:
        try:
            lines = service.get("/metrics").body.decode().splitlines()
        except OSError:
            continue
        samples = [line for line in lines if line.startswith("credit_predictions_total{")]
        return sum(float(line.rpartition(" ")[2]) for line in samples)


def kill(pid: int) -> None:
    """End a worker without a word."""
    import os
    import signal

    os.kill(pid, signal.SIGKILL)


def test_a_service_without_a_model_stays_up_and_serves_the_first_that_is_deployed(
    trained: Trained, tmp_path: Path
) -> None:
    """Workers answer 503 until there is one, and then all of them score."""
    database = tmp_path / "creditapp.db"
    assert flask("db", "upgrade", database=database, registry=trained.registry).returncode == 0
    with serve(database, trained.registry, models=0) as service:
        for _ in range(6):
            assert service.get("/api/health").status == 503
            assert service.post("/api/predict", EXAMPLE).status == 503
            assert service.get("/").status == 200
        workers = service.workers()
        assert service.post("/api/reload-model").json["previous_version"] is None
        wait_until(lambda: all(predicts(service) for _ in range(20)), 10, service.log.read_text)
        assert service.workers() == workers


def predicts(service: Service) -> bool:
    """Whether the worker that is asked scores."""
    return service.post("/api/predict", EXAMPLE).status == 200


def test_a_broken_deployment_leaves_the_old_model_in_place(
    trained: Trained, tmp_path: Path
) -> None:
    """Bytes that are no bundle are noted, and nothing else happens."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    with serve(database, trained.registry) as service:
        with sqlite3.connect(database) as connection:
            connection.execute("INSERT INTO served_bundle VALUES ('0', x'00')")
            connection.execute(
                "INSERT INTO deployment (model_name, model_version, bundle_digest, deployed_at, reason)"
                " VALUES ('RDF_score_pipeline', '9', '0', '2026-01-01', 'broken')"
            )
        connection.close()
        metric = 'model_load_attempts_total{status="failure"} 2.0'
        wait_until(lambda: metric in service.get("/metrics").body.decode(), 5)
        versions = {service.post("/api/predict", EXAMPLE).json["model_version"] for _ in range(20)}
        assert versions == {"1"}


def test_a_bad_setting_ends_the_start_with_code_2_and_one_line(
    trained: Trained, database: Path
) -> None:
    """Before a port is opened."""
    import subprocess
    import sys

    from tests.serving import environment

    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", "wsgi:app"],
        cwd=ROOT,
        env=environment(database, trained.registry, PORT="eighty"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("PORT: the port to serve on")
    assert len(done.stderr.splitlines()) == 1


def test_the_log_holds_no_personal_answer_and_no_reference(service: Service) -> None:
    """Neither of right nor of wrong applications."""
    marked = {**EXAMPLE, "Credit amount": 4711.25, "reference": "SENTINEL-REFERENCE"}
    service.post("/api/predict", marked)
    service.post("/api/predict", {**marked, "Age in years": "SENTINEL-AGE"})
    service.get("/decisions?reference=SENTINEL-REFERENCE")
    service.get("/SENTINEL%0Apath")
    text = service.log.read_text() + service.get("/metrics").body.decode()
    assert "SENTINEL" not in text
    assert "4711.25" not in text
    assert json.dumps("/api/predict").strip('"') in text
