"""Production: the real service with its real neighbours, and all the ways in which it does not start."""

import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.clients import csrf_token
from tests.portfolios import EXAMPLE, QUESTIONS
from tests.serving import (
    ROOT,
    Browser,
    Service,
    Trained,
    environment,
    flask,
    free_port,
    serve,
    wait_until,
)

SECRET = "9b1f7c3e5a2d8046f1e3c5a7092b4d6e8f0a1c3e"
LIMIT = 40


@dataclass(frozen=True)
class Production:
    """A running production: its service, its store of limits, and the settings of its commands."""

    service: Service
    redis: subprocess.Popen[bytes]
    trained: Trained
    settings: dict[str, str]

    def flask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the settings of production."""
        made = self.trained
        return flask(*arguments, database=made.database, registry=made.registry, **self.settings)

    def key(self, *scopes: str) -> str:
        """Make a key."""
        options = [option for scope in scopes for option in ("--scope", scope)]
        return self.flask("key", "add", "a program", *options).stdout.strip()


def settings_of_production(redis_port: int) -> dict[str, str]:
    """What an operator sets."""
    return {
        "CREDITAPP_ENV": "production",
        "SECRET_KEY": SECRET,
        "CREDITAPP_TRUSTED_HOSTS": "127.0.0.1",
        "CREDITAPP_LIMITS_STORAGE": f"redis://127.0.0.1:{redis_port}/0",
        "CREDITAPP_SCORING_LIMIT": f"{LIMIT} per day",
        "CREDITAPP_MAX_BODY_BYTES": "1000000",
    }


@pytest.fixture
def production(trained: Trained, tmp_path: Path) -> Iterator[Production]:
    """Gunicorn with two workers, and a Redis of its own."""
    own = replace(trained, database=tmp_path / "creditapp.db")
    shutil.copy(trained.database, own.database)
    port = free_port()
    redis = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    settings = settings_of_production(port)
    try:
        with serve(own.database, own.registry, models=-2, **settings) as service:
            yield Production(service, redis, own, settings)
    finally:
        redis.terminate()
        redis.wait(timeout=10)


def score(production: Production, key: str, times: int = 1) -> list[int]:
    """The statuses of some predictions."""
    service = production.service
    return [service.post("/api/predict", EXAMPLE, key=key).status for _ in range(times)]


def test_a_key_opens_and_a_revoked_one_does_not_on_any_worker(production: Production) -> None:
    """Within five seconds, on both of them."""
    key = production.key("predict")
    assert score(production, key, 10) == [200] * 10
    assert score(production, "") == [401]
    production.flask("key", "revoke", key.split("_")[1])
    wait_until(lambda: score(production, key, 10) == [401] * 10, 5)


def test_limits_are_shared_by_the_workers_and_hold_without_redis(production: Production) -> None:
    """Both count together; where the store is away each counts for itself, and nothing breaks."""
    key = production.key("predict")
    statuses = score(production, key, LIMIT + 10)
    assert statuses == [200] * LIMIT + [429] * 10
    production.redis.kill()
    production.redis.wait(timeout=10)
    statuses = score(production, key, 2 * LIMIT + 20)
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= 2 * LIMIT


def test_a_person_works_on_both_workers_until_disabled(production: Production) -> None:
    """Forms, tokens and sign-ins are good on each; the end of one is an end on both."""
    added = production.flask("user", "add", "olga", "--role", "officer", "--generate")
    [password] = re.findall(r"shown only once: (\S+)", added.stdout)
    browser = Browser(production.service)
    page = browser.get("/sign-in").body.decode()
    form = {"csrf_token": csrf_token(page), "name": "olga", "password": password}
    assert browser.post("/sign-in", form).status == 302
    assert {browser.get("/decisions").status for _ in range(20)} == {200}
    production.flask("user", "disable", "olga")
    wait_until(lambda: {browser.get("/decisions").status for _ in range(20)} == {302}, 5)


def test_a_form_sent_to_another_worker_or_after_a_restart_is_accepted(
    production: Production,
) -> None:
    """The token belongs to the secret and the session, not to a process."""
    browser = Browser(production.service)
    token = csrf_token(browser.get("/sign-in").body.decode())
    form = {"csrf_token": token, "name": "nobody", "password": "wrong"}
    for pid in production.service.workers():
        subprocess.run(["kill", "-9", str(pid)], check=True)
    wait_until(lambda: len(production.service.workers()) == 2, 10)
    statuses = {browser.post("/sign-in", form).status for _ in range(6)}
    assert statuses == {401}


def test_nothing_personal_and_no_key_is_in_logs_or_metrics(production: Production) -> None:
    """Sentinels in every field, in the reference, in names, passwords, keys and addresses."""
    key = production.key("predict", "metrics:read")
    service = production.service
    for question in QUESTIONS:
        wrong = {**EXAMPLE, question.name: f"SENTINEL-{question.slug}"}
        assert service.post("/api/predict", wrong, key=key).status == 422
    service.post("/api/predict", {**EXAMPLE, "reference": "SENTINEL-ref\u2028"}, key=key)
    service.post("/api/predict", {**EXAMPLE, "reference": "SENTINEL-ref"}, key=key)
    service.post("/api/predict", EXAMPLE, key="SENTINEL-key\x1b[31m")
    service.get("/SENTINEL-path%0a%1b[31m?SENTINEL-query")
    service.get("/decisions?reference=SENTINEL-search")
    browser = Browser(service)
    form = {"csrf_token": csrf_token(browser.get("/sign-in").body.decode())}
    browser.post("/sign-in", {**form, "name": "SENTINEL-name", "password": "SENTINEL-password"})
    port = int(service.address.rpartition(":")[2])
    for line in (b"Bearer SENTINEL-header\r\n\r\n", b"GET /?reference=SENTINEL x HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n" + line if line[0] == b"B"[0] else line)
            connection.recv(1000)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"SENTINELMETHOD /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        connection.recv(1000)
    metrics = service.get("/metrics", key=key).body.decode()
    log = service.log.read_text()
    assert "credit_predictions_total" in metrics
    for text in (metrics, log):
        assert "SENTINEL" not in text
        assert key not in text
        assert key.split("_")[2] not in text


def test_each_line_of_the_log_is_one_event_in_json(production: Production) -> None:
    """With its moment, level, and request."""
    answer = production.service.get("/api/live")
    lines = production.service.log.read_text().splitlines()
    events: list[dict[str, Any]] = [json.loads(line) for line in lines if line.startswith("{")]
    others = [line for line in lines if line and not line.startswith(("{", "  "))]
    assert others == []
    assert all(
        {"asctime", "levelname", "message", "request_id"} <= event.keys() for event in events
    )
    [mine] = [e for e in events if e["request_id"] == answer.headers["X-Request-ID"]]
    assert (mine["route"], mine["status"]) == ("/api/live", 200)


REFUSED = {
    "a missing secret": ("SECRET_KEY", ""),
    "a weak secret": ("SECRET_KEY", "weak"),
    "a known secret": ("SECRET_KEY", "change-me-in-production-please-now-2026"),
    "debug": ("FLASK_DEBUG", "1"),
    "no database": ("DATABASE_URL", None),
    "a database in memory": ("DATABASE_URL", "sqlite:///:memory:"),
    "a database that is none": ("DATABASE_URL", "nonsense"),
    "a database without a password": (
        "DATABASE_URL",
        "postgresql://creditapp@127.0.0.1:9/creditapp",
    ),
    "a database with a known password": ("DATABASE_URL", "postgresql://x:Postgres@127.0.0.1:9/x"),
    "a first admin whom everybody knows": ("CREDITAPP_FIRST_ADMIN_PASSWORD", "change-me-please"),
    "no registry": ("MLFLOW_TRACKING_URI", None),
    "no trusted hosts": ("CREDITAPP_TRUSTED_HOSTS", ""),
    "any host": ("CREDITAPP_TRUSTED_HOSTS", "*"),
    "any proxy": ("CREDITAPP_PROXIES", "0.0.0.0/0"),
    "any origin": ("CREDITAPP_CORS_ORIGINS", "*"),
    "an origin without TLS": ("CREDITAPP_CORS_ORIGINS", "http://app.example"),
    "metrics for everybody": ("CREDITAPP_METRICS_NETWORKS", "0.0.0.0/0"),
    "limits in memory for two": ("CREDITAPP_LIMITS_STORAGE", "memory://"),
    "a limit that is none": ("CREDITAPP_SCORING_LIMIT", "plenty"),
    "a limit of nothing": ("CREDITAPP_READING_LIMIT", "0 per minute"),
    "everybody's names": ("CREDITAPP_TRUSTED_HOSTS", "credit.example,.co.uk"),
    "a storage of limits that is away": ("CREDITAPP_LIMITS_STORAGE", "redis://127.0.0.1:9/0"),
    "no body limit": ("CREDITAPP_MAX_BODY_BYTES", None),
    "a port that is none": ("PORT", "eighty"),
    "an environment that is none": ("CREDITAPP_ENV", "staging"),
    "a schema that is not there": ("DATABASE_URL", "sqlite:///{tmp}/empty.db"),
}


def start(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Try to start the service."""
    command = [sys.executable, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", "wsgi:app"]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def check(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Ask whether it would start."""
    command = [sys.executable, "-m", "flask", "check-config"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "value"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_setting_ends_the_start_with_code_2_and_one_line(
    database: Path, trained: Trained, name: str, value: str | None
) -> None:
    """Before a port is opened; `flask check-config` says the same."""
    env = environment(
        database, trained.registry, **settings_of_production(9), PORT=str(free_port())
    )
    if value is None:
        del env[name]
    else:
        env[name] = value.format(tmp=database.parent)
    done = start(env)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()[-1:]
    assert line.startswith(f"{name}: ")
    assert "Listening" not in done.stderr
    assert "Traceback" not in done.stderr
    checked = check(env)
    assert (checked.returncode, checked.stderr.splitlines()[-1]) == (2, line)


def test_a_production_that_nobody_governs_does_not_start(database: Path, trained: Trained) -> None:
    """Somebody must be able to let others in, and to keep them out."""
    in_memory = {"CREDITAPP_LIMITS_STORAGE": "memory://", "CREDITAPP_WORKERS": "1"}
    settings = {**settings_of_production(9), **in_memory, "PORT": str(free_port())}
    env = environment(database, trained.registry, **settings)
    assert check(env).returncode == 0
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE person SET disabled_at = created_at")
        connection.commit()
    done = start(env)
    assert done.returncode == 2
    assert "nobody in it is an admin" in done.stderr


def test_prometheus_reads_the_metrics_from_a_listed_network_alone(production: Production) -> None:
    """Here none is listed, and a key is asked for."""
    assert production.service.get("/metrics").status == 401
    key = production.key("metrics:read")
    assert production.service.get("/metrics", key=key).status == 200


def test_gunicorns_own_options_change_nothing_that_was_checked(
    database: Path, trained: Trained
) -> None:
    """Neither the address, nor the number of workers, nor when the application is loaded."""
    for options in ("--bind 127.0.0.3:9999", "--workers 3", "--preload"):
        env = environment(database, trained.registry, PORT=str(free_port()))
        done = start({**env, "GUNICORN_CMD_ARGS": options})
        assert done.returncode == 2
        assert "GUNICORN_CMD_ARGS" in done.stderr


def test_what_commands_write_is_for_their_user_alone(trained: Trained, tmp_path: Path) -> None:
    """The decision log holds personal data."""
    database = tmp_path / "creditapp.db"
    assert flask("db", "upgrade", database=database, registry=trained.registry).returncode == 0
    assert database.stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_said_at_once(database: Path, trained: Trained, service: Service) -> None:
    """And leaves nothing behind."""
    port = service.address.rpartition(":")[2]
    done = start(environment(database, trained.registry, PORT=port))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"PORT: {port} cannot be served on")


def test_a_model_that_uses_protected_answers_is_served_only_where_somebody_says_why(
    trained: Trained, tmp_path: Path
) -> None:
    """Refused with the way out; allowed, its reason is kept; and what is served stays so."""
    registry = Path(shutil.copy(trained.registry, tmp_path / "mlflow.db"))
    shutil.copytree(trained.registry.parent / "mlruns", tmp_path / "mlruns")
    settings = settings_of_production(9)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return flask(*command, database=tmp_path / "new.db", registry=registry, **settings)

    assert run("db", "upgrade").returncode == 0
    promote = ("promote", "1", "--override", "--reason", "a study of last year")
    alone = run(*promote)
    assert alone.returncode == 2
    assert "--without-second-person" in alone.stderr
    promote = (*promote, "--without-second-person")
    refused = run(*promote)
    assert refused.returncode == 3
    assert "version 1 uses protected answers (Age in years, " in refused.stderr
    assert "--allow-protected" in refused.stderr
    assert run("deploy").returncode == 3
    assert "in production" in run(*promote, "--allow-protected").stdout
    assert "a study of last year" in run("models", "--history").stdout
    assert run("deploy").returncode == 0
