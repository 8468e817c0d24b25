"""Runs the service, Prometheus and Alertmanager with the shipped files, and writes down what they saw.

Started in a network and mount namespace of its own, where the shipped names and ports are free:
`credit-score-api:8000`, `localhost:9090`, `alertmanager:9093` all lead to the loopback address.
"""

import http.server
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.portfolios import EXAMPLE
from tests.serving import ROOT, environment, flask, send, wait_until

SERVICE = "http://credit-score-api:8000"
PROMETHEUS = "http://localhost:9090"
ALERTMANAGER = "http://alertmanager:9093"
RECEIVER = ("127.0.0.1", 9099)
DASHBOARD = ROOT / "ops/grafana/provisioning/dashboards/credit-score-dashboard.json"
HOSTS = "127.0.0.1 localhost credit-score-api credit-score-api-2 prometheus alertmanager\n"
UNSAFE = {**EXAMPLE, "Duration in month": 60, "Credit amount": 15000, "Credit history": "A30"}
SCRAPE = 15

received: list[dict[str, Any]] = []


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what Alertmanager posts."""

    def do_POST(self) -> None:
        """Keep the alert."""
        received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def post(path: str, value: object) -> int:
    """The status of a request to the service."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(SERVICE + path, json.dumps(value).encode(), headers)
    return send(request).status


def traffic() -> None:
    """Some of every kind: good, bad, wrong, unknown, single, batch, pages."""
    for _ in range(10):
        post("/api/predict", EXAMPLE)
    for _ in range(5):
        post("/api/predict", UNSAFE)
    post("/api/predict-batch", {"applications": [EXAMPLE, UNSAFE] * 10})
    post("/api/predict", {})
    send(SERVICE + "/nothing")
    send(SERVICE + "/")


def query(expression: str) -> dict[str, Any]:
    """What Prometheus answers to an expression."""
    address = f"{PROMETHEUS}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    return dict(send(address).json)


def filled_in(expression: str) -> str:
    """A dashboard's expression with its variables replaced, as Grafana does."""
    replaced = expression.replace("$__rate_interval", "1m").replace("$__range", "5m")
    return replaced.replace("$instance", ".*")


def expressions() -> dict[str, list[str]]:
    """All expressions of the dashboard by panel, and of the rules by name."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = {
        f"panel: {panel['title']}": [filled_in(target["expr"]) for target in panel["targets"]]
        for panel in dashboard["panels"]
    }
    rules = (ROOT / "ops/prometheus/alert_rules.yml").read_text()
    for name, expression in re.findall(r"- (?:alert|record): (\S+)\n\s+expr: (.+)", rules):
        found[f"rule: {name}"] = [expression]
    return found


def start(home: Path, database: Path, registry: Path) -> list[subprocess.Popen[bytes]]:
    """The service, Prometheus and Alertmanager."""
    more = {
        "PORT": "8000",
        "CREDITAPP_DRIFT_SECONDS": "5",
        "CREDITAPP_TRUSTED_HOSTS": "credit-score-api,credit-score-api-2",
        "PROMETHEUS_MULTIPROC_DIR": str(home / "metrics"),
    }
    env = environment(database, registry, **more)
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", "wsgi:app"]
    prometheus = [
        "prometheus",
        f"--config.file={ROOT}/ops/prometheus/prometheus.yml",
        f"--storage.tsdb.path={home}/tsdb",
        "--storage.tsdb.retention.time=30d",
    ]
    alertmanager = [str(ROOT / "ops/alertmanager/start"), "--cluster.listen-address="]
    receiver = {
        "ALERTMANAGER": "prometheus-alertmanager",
        "ALERT_WEBHOOK_URL": f"http://{RECEIVER[0]}:{RECEIVER[1]}/",
    }
    with (home / "log").open("wb") as log:
        return [
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
            for command, env in (
                (gunicorn, env),
                (alertmanager, {**os.environ, **receiver}),
                (prometheus, dict(os.environ)),
            )
        ]


def is_up() -> bool:
    """Whether all three answer, and both workers have their model."""
    try:
        ready = (
            send(f"{PROMETHEUS}/-/ready").status == send(f"{ALERTMANAGER}/-/ready").status == 200
        )
        return ready and b"active_models_total 2.0" in send(f"{SERVICE}/metrics").body
    except OSError:
        return False


def seal(home: Path, database: Path, registry: Path) -> None:
    """Seal and verify the record by the commands, as an operator does: their metrics begin with that."""
    key = str(home / "seal-key.pem")
    for command in (["seal", "key", key], ["seal"], ["audit", "verify"]):
        done = flask(*command, database=database, registry=registry, CREDITAPP_SEAL_KEY=key)
        assert done.returncode == 0, done.stdout + done.stderr


def observe(database: Path) -> dict[str, Any]:
    """Send traffic for a minute, ask everything, then break the log and wait for the alert."""
    rounds = 0
    end = time.monotonic() + 4.5 * SCRAPE
    while time.monotonic() < end:
        traffic()
        rounds += 1
        time.sleep(2)
    time.sleep(SCRAPE + 2)
    counted = {
        name: query(f"sum({name})")["data"]["result"][0]["value"][1]
        for name in (
            'credit_predictions_total{prediction_type="single",status="success"}',
            'credit_predictions_total{prediction_type="batch",status="success"}',
            "credit_predictions_good_total",
            "credit_predictions_bad_total",
            'api_request_errors_total{error_type="InvalidApplication"}',
            "creditapp_batch_applications_count",
            "active_models_total",
        )
    }
    answers = {
        name: [query(expression) for expression in several]
        for name, several in expressions().items()
    }
    targets = send(f"{PROMETHEUS}/api/v1/targets?state=active").json["data"]["activeTargets"]
    break_the_log(database)
    deadline = time.monotonic() + 90
    while not is_noticed() and time.monotonic() < deadline:
        post("/api/predict", EXAMPLE)
        time.sleep(3)
    return {
        "rounds": rounds,
        "counted": counted,
        "answers": answers,
        "metrics": send(f"{PROMETHEUS}/api/v1/label/__name__/values").json["data"],
        "targets": {target["labels"]["job"]: target["health"] for target in targets},
        "received": received,
    }


def is_noticed() -> bool:
    """Whether the alert has arrived, and Prometheus has seen the errors grow, which takes it two scrapes."""
    grown = query("creditapp:errors:number_3d")["data"]["result"]
    return bool(grown) and any(has_arrived(sent) for sent in received)


def has_arrived(sent: dict[str, Any]) -> bool:
    """Whether Alertmanager sent the alert about the log."""
    return any(one["labels"]["alertname"] == "DecisionLogFailing" for one in sent["alerts"])


def break_the_log(database: Path) -> None:
    """Let the database refuse every new decision."""
    with sqlite3.connect(database, timeout=30) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON decision "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    connection.close()


def main(home: Path, database: Path, registry: Path) -> None:
    """Start everything, observe, end everything, and write the findings."""
    receiver = http.server.ThreadingHTTPServer(RECEIVER, Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    processes = start(home, database, registry)
    try:
        wait_until(is_up, 60, lambda: (home / "log").read_text()[-3000:])
        seal(home, database, registry)
        findings = observe(database)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(timeout=40)
    (home / "findings.json").write_text(json.dumps(findings))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
