"""Runs the service behind nginx, and the monitoring, with the shipped files, and writes down what was seen.

Started in a network and mount namespace of its own, where the shipped names and ports are free:
`credit-score-api:8000`, `localhost:9090`, `alertmanager:9093` and the exporters all lead to the loopback
address.
"""

import http.server
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.ops import compose
from tests.portfolios import EXAMPLE
from tests.postgresql import postgresql
from tests.serving import ROOT, environment, flask, send, wait_until

SERVICE = "http://credit-score-api:8000"
FRONT = "https://credit-score-api:8443"
PROMETHEUS = "http://localhost:9090"
ALERTMANAGER = "http://alertmanager:9093"
DOCUMENTATION = "https://docs.example"
RECEIVER = ("127.0.0.1", 9099)
DASHBOARD = ROOT / "ops/grafana/provisioning/dashboards/credit-score-dashboard.json"
EXPORTERS = ("postgres", "redis", "node", "blackbox")
NAMES = [
    "localhost",
    "credit-score-api",
    "credit-score-api-2",
    "nginx",
    "prometheus",
    "alertmanager",
]
HOSTS = f"127.0.0.1 {' '.join([*NAMES, *(f'{name}-exporter' for name in EXPORTERS)])}\n"
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
    """The status of a request to the service, through nginx."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(FRONT + path, json.dumps(value).encode(), headers)
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
    for mark in dashboard["annotations"]["list"]:
        found[f"mark: {mark['name']}"] = [mark["expr"]]
    rules = (ROOT / "ops/prometheus/alert_rules.yml").read_text()
    for name, expression in re.findall(r"- (?:alert|record): (\S+)\n\s+expr: (.+)", rules):
        found[f"rule: {name}"] = [expression]
    return found


def service(home: Path, database: Path, registry: Path) -> tuple[list[str], dict[str, str]]:
    """The command of the service, and its environment."""
    more = {
        "PORT": "8000",
        "CREDITAPP_DRIFT_SECONDS": "5",
        "CREDITAPP_TRUSTED_HOSTS": "credit-score-api,credit-score-api-2",
        "CREDITAPP_PROXIES": "127.0.0.1",
        "PROMETHEUS_MULTIPROC_DIR": str(home / "metrics"),
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", "wsgi:app"]
    return command, environment(database, registry, **more)


def nginx() -> tuple[list[str], dict[str, str]]:
    """Nginx with a certificate of this run, as a user that is not root."""
    folder = Path(tempfile.mkdtemp(prefix="creditapp-tls-"))
    folder.chmod(0o755)
    key, certificate = folder / "tls.key", folder / "tls.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90"]
    name = ["-subj", "/CN=x", "-addext", "subjectAltName=DNS:credit-score-api"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *name, *files], check=True, capture_output=True)
    key.chmod(0o644)
    os.environ["SSL_CERT_FILE"] = str(certificate)
    shipped = compose.service("nginx", {"CREDITAPP_HOSTNAME": "credit-score-api"})
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    return [*nobody, *shipped.command], {
        **os.environ,
        **shipped.environment,
        "TLS_FOLDER": str(folder),
        "UPSTREAMS": "credit-score-api:8000",
    }


def exporters(home: Path, database: str) -> list[tuple[list[str], dict[str, str]]]:
    """The exporters, as the compose file starts them, but with the secrets of this run."""
    now = f"creditapp_last_backup_timestamp_seconds {int(time.time())}\n"
    (home / "backup.prom").write_text(now)
    replaced = {
        "postgres": {"DATA_SOURCE_NAME": database},
        "redis": {"REDIS_ADDR": "localhost:6379"},
    }
    found = []
    for name in EXPORTERS:
        options = compose.service(f"{name}-exporter", {}).command
        options = [one.replace("/volumes/seals", str(home)) for one in options]
        program = f"prometheus-{name}-exporter"
        found.append(([program, *options], {**os.environ, **replaced.get(name, {})}))
    return found


def monitoring(home: Path) -> list[tuple[list[str], dict[str, str]]]:
    """Prometheus and Alertmanager."""
    options = [f"--storage.tsdb.path={home}/tsdb", "--storage.tsdb.retention.time=30d"]
    links = {"DOCUMENTATION_URL": DOCUMENTATION}
    receiver = {
        "ALERTMANAGER": "prometheus-alertmanager",
        "ALERT_WEBHOOK_URL": f"http://{RECEIVER[0]}:{RECEIVER[1]}/",
    }
    alertmanager = [str(ROOT / "ops/alertmanager/start"), "--cluster.listen-address="]
    return [
        (alertmanager, {**os.environ, **receiver}),
        ([str(ROOT / "ops/prometheus/start"), *options], {**os.environ, **links}),
    ]


def start(
    home: Path, database: Path, registry: Path, postgresql: str
) -> list[subprocess.Popen[bytes]]:
    """The service, nginx, Redis, and what watches them."""
    commands = [
        service(home, database, registry),
        nginx(),
        (["redis-server", "--save", ""], dict(os.environ)),
        *exporters(home, postgresql),
        *monitoring(home),
    ]
    with (home / "log").open("ab") as log:
        (home / "log").chmod(0o666)  # nginx opens its standard output once more
        return [
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
            for command, env in commands
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
    # why: both hosts of the compose file are the same service here, and each is scraped.
    counted = {
        name: query(f"max(sum by (instance) ({name}))")["data"]["result"][0]["value"][1]
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
    break_the_deployment(database)
    deadline = time.monotonic() + 240
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
    """Whether the alerts arrived, and Prometheus has seen the errors grow, which takes it two scrapes."""
    grown = query("creditapp:errors:number_3d")["data"]["result"]
    arrived = {one["labels"]["alertname"] for sent in received for one in sent["alerts"]}
    return bool(grown) and {"DecisionLogFailing", "DatabaseUnreachable"} <= arrived


def break_the_log(database: Path) -> None:
    """Let the database refuse every new decision."""
    with sqlite3.connect(database, timeout=30) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON decision "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    connection.close()


def break_the_deployment(database: Path) -> None:
    """Let no worker find out which model to serve; they keep theirs."""
    with sqlite3.connect(database, timeout=30) as connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("ALTER TABLE deployment RENAME TO gone")
    connection.close()


def main(home: Path, database: Path, registry: Path) -> None:
    """Start everything, observe, end everything, and write the findings."""
    receiver = http.server.ThreadingHTTPServer(RECEIVER, Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with postgresql() as server:
        processes = start(home, database, registry, f"{server.url('postgres')}?sslmode=disable")
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
