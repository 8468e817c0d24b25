"""The shipped files of Prometheus, Alertmanager and Grafana, against the real service."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ops.observed import HOSTS, expressions
from tests.serving import ROOT, Trained

NAMESPACE = ["unshare", "--net", "--mount", "sh", "-c"]
IN_NAMESPACE = 'ip link set lo up && mount --bind "$1" /etc/hosts && shift && exec "$@"'


@pytest.fixture(scope="session")
def findings(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Prometheus, Alertmanager and the receiver saw in about two minutes."""
    home = tmp_path_factory.mktemp("observed")
    database = Path(shutil.copy(trained.database, home / "creditapp.db"))
    (home / "hosts").write_text(HOSTS)
    command = [sys.executable, "-m", "tests.ops.observed", home, database, trained.registry]
    done = subprocess.run(
        [*NAMESPACE, IN_NAMESPACE, "sh", home / "hosts", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((home / "findings.json").read_text())
    return found


def test_prometheus_scrapes_all_jobs_with_the_shipped_file(findings: dict[str, Any]) -> None:
    """The service under its name, itself, and the exporters."""
    jobs = ("credit-score-api", "prometheus", "postgres", "redis", "host", "certificate")
    assert findings["targets"] == dict.fromkeys(jobs, "up")


def test_what_prometheus_counts_is_what_was_sent(findings: dict[str, Any]) -> None:
    """Known numbers of every kind, summed over two workers."""
    counted = {name: float(value) for name, value in findings["counted"].items()}
    rounds = findings["rounds"]
    single, batch, good, bad, wrong, batches, models = counted.values()
    assert (single, batch) == (15 * rounds, 20 * rounds)
    assert good + bad == single + batch
    assert bad == 15 * rounds
    assert (wrong, batches, models) == (rounds, rounds, 2)


@pytest.mark.parametrize("name", expressions())
def test_every_expression_parses_and_every_panel_has_data(
    findings: dict[str, Any], name: str
) -> None:
    """After traffic of every kind; alerts are expressions that stay silent."""
    for answer in findings["answers"][name]:
        assert answer["status"] == "success", answer
        if name.startswith("panel: "):
            assert answer["data"]["result"], name


def test_alerts_arrive_at_the_receiver(findings: dict[str, Any]) -> None:
    """From the failing database through Prometheus and Alertmanager, with words for a tired person."""
    alerts = [alert for sent in findings["received"] for alert in sent["alerts"]]
    by_name = {alert["labels"]["alertname"]: alert for alert in alerts}
    summary = by_name["DecisionLogFailing"]["annotations"]["summary"]
    assert "look at the database" in summary
    link = by_name["DatabaseUnreachable"]["annotations"]["runbook_url"]
    assert link == "https://docs.example/docs/runbook.md#databaseunreachable"


@pytest.mark.parametrize("name", expressions())
def test_every_metric_that_is_named_exists(findings: dict[str, Any], name: str) -> None:
    """An alert about a metric that nobody writes would be silent for ever."""
    known = set(findings["metrics"])
    for expression in expressions()[name]:
        plain = re.sub(r'"[^"]*"', "", expression)
        named = re.findall(
            r"\b(?:flask_|credit|active_|model_load|api_request|pg_|redis_|node_|probe_|up\b)[a-zA-Z0-9_:]*",
            plain,
        )
        assert named
        assert set(named) <= known, expression
