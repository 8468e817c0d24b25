"""The whole of docker-compose.yml as processes: the image as it is built, and everything around it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.serving import ROOT

NAME = "credit.example"
NAMESPACE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]


def python_3_13() -> str:
    """The folder of a Python like the image's."""
    found = [shutil.which("python3.13"), *Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13")]
    for program in filter(None, found):
        ask = [program, "-c", "import sys; print(sys.base_prefix)"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    pytest.fail("Python 3.13, the version of the image, was not found on this machine")


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen of the running system."""
    home = tmp_path_factory.mktemp("composed")
    tls, found = home / "tls", home / "findings.json"
    tls.mkdir()
    name = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", tls / "tls.key", "-out", tls / "tls.crt"]
    subprocess.run([*SELF_SIGNED, *name, *files], check=True, capture_output=True)
    (tls / "tls.key").chmod(0o644)
    more = {"PYTHON_3_13": python_3_13(), "SSL_CERT_FILE": str(tls / "tls.crt")}
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.ops.composed", tls, found],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    seen: dict[str, Any] = json.loads(found.read_text())
    return seen


def test_the_first_start_ends_with_a_service_that_scores(findings: dict[str, Any]) -> None:
    """Migrated, with an admin, trained, promoted and served: by jobs, in the order of the compose file."""
    assert "database: applied" in findings["migrated"]
    assert "admin may sign in" in findings["migrated"]
    assert "version 1 is in production" in findings["trained"]
    status, answer = findings["first"]
    assert (status, answer["model_version"]) == (200, "1")


def test_the_service_runs_as_nobody_with_no_rights(findings: dict[str, Any]) -> None:
    """Its root file system was read-only all the while."""
    nobody = {"Uid": "10001", "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
    assert findings["user"] == nobody


def test_strangers_stay_outside(findings: dict[str, Any]) -> None:
    """Without a key, under another name, over plain HTTP, or with an address they made up."""
    assert findings["without a key"] == 401
    assert findings["live"] == 200
    assert findings["another name"] == [400, 400]
    assert findings["plain"].startswith("https://credit.example")
    assert findings["metrics for a stranger"] == 401
    assert findings["metrics with a forged address"] == 401


def test_a_body_over_the_limit_is_turned_away_in_front(findings: dict[str, Any]) -> None:
    """With the same kind of answer that the service gives."""
    status, problem = findings["too large"]
    assert (status, problem["title"], problem["status"]) == (413, "Too large", 413)


def test_stalled_clients_cost_others_nothing(findings: dict[str, Any]) -> None:
    """200 of them, half in the header and half in the body."""
    assert findings["stalled"]["stalled"] == 200
    assert findings["stalled"]["statuses"] == {"200": 50}


def test_a_person_signs_in_and_scores_through_nginx(findings: dict[str, Any]) -> None:
    """With the first admin's password, over TLS, in a real browser."""
    assert findings["browser"]["verdict"] in ("Approve", "Refer to a person", "Decline")


def test_the_monitoring_sees_the_service(findings: dict[str, Any]) -> None:
    """From its own network, with no key."""
    jobs = ("credit-score-api", "prometheus", "postgres", "redis", "host", "certificate")
    assert findings["monitored"]["targets"] == dict.fromkeys(jobs, "up")
    assert findings["monitored"]["alertmanagers"]


def test_the_exporters_tell_of_the_database_the_disk_and_the_certificate(
    findings: dict[str, Any],
) -> None:
    """With the shipped roles; no backup was made yet."""
    found = findings["exported"]
    assert (found["postgres"], found["redis"], found["connections"]) == (1, 1, 200)
    assert found["redis memory"] > 0
    assert found["disk"] > 0
    assert 86_400 < found["certificate"] < 3 * 86_400
    assert found["backup"] is None


def test_the_monitoring_may_read_no_data(findings: dict[str, Any]) -> None:
    """Neither a table nor a counter."""
    creditapp, mlflow, redis = findings["refused"]
    assert "permission denied for database" in creditapp
    assert "permission denied for database" in mlflow
    assert "NOPERM" in redis


def test_a_reload_through_one_host_reaches_both_within_a_second(findings: dict[str, Any]) -> None:
    """From a registry behind HTTP, in the image without MLflow's server, and with no request failed."""
    found = findings["reload"]
    assert (found["status"], found["answer"]["model_version"]) == (200, "2")
    assert set(found["late"]) == {"2"}
    assert set(found["statuses"]) == {"200"}


def test_an_unreachable_database_is_said_and_survived(findings: dict[str, Any]) -> None:
    """503 within seconds, and 200 again without a restart."""
    found = findings["without the database"]
    assert found["away"] == [503] * 4
    assert found["health"] == 503
    assert found["seconds"] < 30
    assert found["back"] == {"200": 20}


def test_the_record_is_sealed_and_verified_by_services_of_their_own(
    findings: dict[str, Any],
) -> None:
    """The heads lie in their volume, and the keeper found nothing wrong; both end at a signal."""
    found = findings["sealed"]
    assert (found["heads"] > 0, found["keys"]) == (True, 1)
    assert "answers: 0 from before" in found["kept"]
    assert "no fault" in found["verified"]
    assert "failed" not in found["kept"]
    assert found["codes"] == [-15, 0]


def test_every_service_fits_its_limit_of_memory(findings: dict[str, Any]) -> None:
    """Under load, with no process killed; what each took is printed."""
    found = findings["memory"]
    for name, figures in found.items():
        print(name, figures)
        assert figures["killed"] == 0, name
        assert figures["taken"] < 0.8 * figures["limit"], (name, figures)
    limited = {"mlflow", "postgres", "redis", "nginx", "prometheus", "alertmanager"}
    limited |= {f"{name}-exporter" for name in ("postgres", "redis", "node", "blackbox")}
    assert limited | {"web-8000", "sealer", "keeper", "migrate", "train"} <= set(found)


def test_a_stop_loses_no_accepted_request(findings: dict[str, Any]) -> None:
    """Each host ends well; what was recorded is what was answered, and the rest was told to come again."""
    found = findings["stopped"]
    assert found["codes"] == [0, 0] * 2  # both are replaced, then both stop
    assert set(found["statuses"]) == {"200", "503"}
    assert found["recorded"] == found["statuses"]["200"]
    refused = found["one at a time"].get("503", 0)
    assert refused < found["one at a time"]["200"] / 20
    status, kind, problem = found["with nobody"]
    assert (status, kind) == (503, "application/problem+json")
    assert problem["detail"] == "the service does not answer; nothing was done"


def test_redis_ends_at_a_signal(findings: dict[str, Any]) -> None:
    """By itself, and no shell stands between."""
    assert findings["redis"] == 0


def test_the_handbook_leads_from_a_backup_to_a_restored_server(findings: dict[str, Any]) -> None:
    """Its lines are run as they stand; a copy that was cut off is an error and leaves no folder."""
    found = findings["restored"]
    code, left = found["cut"]
    assert (code != 0, left) == (True, [])
    assert found["made"][0] == 0, found["made"]
    assert found["done"][0] == 0, found["done"]
    before, after = found["decisions"]
    assert before == after > 0
    assert f" {after} |" in found["done"][1]
    assert "no fault" in found["verified"]
    assert found["artifacts"] > 0
    assert found["backup told"] < 600
