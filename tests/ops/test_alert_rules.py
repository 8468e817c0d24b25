"""Each alert fires when it should, and does not when it should not, by promtool's own clock."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import ROOT

RULES = ROOT / "ops/prometheus/alert_rules.yml"
REQUESTS = (
    'flask_http_request_duration_seconds_count{method="POST", url_rule="/api/predict", status="%s"}'
)
PERFORMANCE = 'creditapp_performance%s{measure="%s"}'
NOT_KNOWN = "NaN " * 99
INTERVAL = {"46d": "6h", "2300m": "20m", "2881m": "43m", "2h": "2m", "7h": "10m", "4d": "30m"}
"""How far the samples of a case lie apart, by its moment; else a minute."""

BUCKET = (
    "flask_http_request_duration_seconds_bucket"
    '{method="POST", url_rule="/api/predict", status="200", le="%s"}'
)
FAST = BUCKET % 0.25
HALF_A_SECOND = BUCKET % 0.5
SLOW = BUCKET % "+Inf"
PREDICTED = 'credit_predictions_total{status="success"}'
UP = 'up{job="credit-score-api", instance="a"}'
TOTAL = 'flask_http_request_total{status="%s"}'
FAILURES = 'creditapp_database_failures_total{doing="%s"}'
DISK = 'node_filesystem_%s_bytes{instance="a", device="d%s"}'
BACKUP = "creditapp_last_backup_timestamp_seconds"
LOADS = 'model_load_attempts_total{status="failure"}'


@dataclass(frozen=True)
class Case:
    """Series in promtool's notation under which an alert fires, and others under which it does not."""

    alert: str
    at: str
    firing: dict[str, str]
    quiet: dict[str, str]


def requests(good: int, bad: int) -> dict[str, str]:
    """So many good and failed requests a minute, for four days."""
    return {REQUESTS % 200: f"0+{good}x210", REQUESTS % 503: f"0+{bad}x210"}


def latency(fast: int, slow: int) -> dict[str, str]:
    """So many fast and slow single predictions a minute, for four days."""
    return {
        FAST: f"0+{fast}x210",
        HALF_A_SECOND: f"0+{fast + slow}x210",
        SLOW: f"0+{fast + slow}x210",
        REQUESTS % 200: f"0+{fast + slow}x210",
    }


PAGES = 'flask_http_request_duration_seconds_count{method="GET", url_rule="/", status="200"}'
OTHER = 'flask_http_request_duration_seconds_count{method="POST", url_rule="/x", status="503"}'


def until(minutes: int, per_minute: int, then: int = 0) -> str:
    """A counter that grows for so many minutes, and then by another number."""
    at = minutes * per_minute
    return f"0+{per_minute}x{minutes} {at + then}+{then}x200"


CASES = [
    # long ago it was bad, now it is good
    Case(
        "AvailabilityBudgetFastBurn",
        "60m",
        {REQUESTS % 200: until(60, 900), REQUESTS % 503: until(60, 100)},
        {REQUESTS % 200: until(60, 900), REQUESTS % 503: until(50, 100)},
    ),
    # page views are no scoring, and other routes are none of its errors
    Case(
        "AvailabilityBudgetFastBurn",
        "60m",
        {**requests(900, 100), PAGES: "0+99000x100"},
        {**requests(1000, 0), OTHER: "0+1000x100"},
    ),
    # a handful at night is no ratio
    Case("AvailabilityBudgetFastBurn", "61m", requests(900, 100), {REQUESTS % 503: "0x59 1 2"}),
    Case(
        "LatencyBudgetFastBurn",
        "60m",
        latency(80, 20),
        {FAST: until(50, 80, 100), SLOW: "0+100x210", REQUESTS % 200: "0+100x210"},
    ),
    Case(
        "HighErrorRate",
        "6m",
        {TOTAL % 200: "0+90x20", TOTAL % 503: "0+10x20"},
        {TOTAL % 200: "0+90x20", TOTAL % 503: "0x3 10+10x20"},
    ),
    Case("ServiceDown", "3m", {UP: "0x10"}, {UP: "1x2 0x8"}),
    Case("AvailabilityBudgetFastBurn", "2h", requests(980, 20), requests(990, 10)),
    Case("AvailabilityBudgetSteadyBurn", "7h", requests(9930, 70), requests(9950, 50)),
    Case("AvailabilityBudgetSlowBurn", "4d", requests(9985, 15), requests(9995, 5)),
    Case("LatencyBudgetFastBurn", "2h", latency(80, 20), latency(90, 10)),
    Case("LatencyBudgetSteadyBurn", "7h", latency(93, 7), latency(95, 5)),
    Case("LatencyBudgetSlowBurn", "4d", latency(98, 2), latency(995, 5)),
    Case(
        "HighErrorRate",
        "15m",
        {TOTAL % 200: "0+94x20", TOTAL % 503: "0+6x20"},
        {TOTAL % 200: "0+96x20", TOTAL % 503: "0+4x20"},
    ),
    Case("LongLatency", "20m", latency(90, 10), latency(99, 1)),
    Case(
        "ModelUnavailable",
        "5m",
        {UP: "1x10"},
        {UP: "1x10", 'active_models_total{instance="a"}': "2x10"},
    ),
    Case(
        "ModelUnavailable",
        "5m",
        {UP: "1x10", 'active_models_total{instance="a"}': "0x10"},
        {UP: "1x10", 'active_models_total{instance="a"}': "1x10"},
    ),
    Case("ServiceDown", "5m", {UP: "0x10"}, {UP: "1x10"}),
    Case("ServiceDown", "5m", {"another": "1x10"}, {UP: "1x10"}),
    Case(
        "PrometheusDown",
        "5m",
        {'up{job="prometheus"}': "0x10"},
        {'up{job="prometheus"}': "1x10"},
    ),
    Case(
        "NoTraffic",
        "90m",
        {PREDICTED: "5x100"},
        {PREDICTED: "0+1x100"},
    ),
    Case(
        "NoTraffic",
        "90m",
        {PREDICTED: "5x100", 'credit_predictions_total{status="error"}': "0+9x100"},
        {PREDICTED: "0+1x100"},
    ),
    Case("NoTraffic", "90m", {UP: "1x100"}, {PREDICTED: "0+1x100"}),
    Case(
        "WorkersServeDifferentModels",
        "5m",
        {
            'creditapp_deployment_generation{instance="a", pid="1"}': "1x10",
            'creditapp_deployment_generation{instance="a", pid="2"}': "2x10",
        },
        {
            'creditapp_deployment_generation{instance="a", pid="1"}': "1 2x10",
            'creditapp_deployment_generation{instance="a", pid="2"}': "2x10",
        },
    ),
    Case(
        "WorkersServeDifferentModels",
        "5m",
        {
            'creditapp_deployment_generation{instance="a", pid="1"}': "1x10",
            'creditapp_deployment_generation{instance="b", pid="1"}': "2x10",
        },
        {
            'creditapp_deployment_generation{instance="a", pid="1"}': "2x10",
            'creditapp_deployment_generation{instance="b", pid="1"}': "2x10",
        },
    ),
    Case(
        "PopulationShifted",
        "90m",
        {
            'creditapp_drift_psi{feature="a"}': "0.5x99",
            'creditapp_drift_limit{feature="a"}': "0.25x99",
        },
        {
            'creditapp_drift_psi{feature="a"}': "0.5x20" + " NaN" * 79,
            'creditapp_drift_limit{feature="a"}': "0.25x99",
        },
    ),
    Case(
        "PerformanceOutsideLimits",
        "30m",
        {
            PERFORMANCE % ("", "bad_rate"): "0.2x99",
            PERFORMANCE % ("_highest", "bad_rate"): "0.19x99",
        },
        {
            PERFORMANCE % ("", "bad_rate"): "0.2x99",
            PERFORMANCE % ("_highest", "bad_rate"): "0.21x99",
            PERFORMANCE % ("_lowest", "bad_rate"): NOT_KNOWN,
        },
    ),
    Case(
        "PerformanceOutsideLimits",
        "30m",
        {PERFORMANCE % ("", "auc"): "0.7x99", PERFORMANCE % ("_lowest", "auc"): "0.72x99"},
        {PERFORMANCE % ("", "auc"): NOT_KNOWN, PERFORMANCE % ("_lowest", "auc"): NOT_KNOWN},
    ),
    # the clock of promtool begins in 1970
    Case(
        "OutcomesStopped",
        "46d",
        {"creditapp_newest_outcome_timestamp_seconds": "100x200"},
        {"creditapp_newest_outcome_timestamp_seconds": "200000x200"},
    ),
    Case(
        "DecisionLogFailing",
        "4m",
        {"creditapp_decision_log_failures_total": "0 0 0 1 2"},
        {"creditapp_decision_log_failures_total": "7x10"},
    ),
    Case(
        "RecordChanged", "1m", {"creditapp_seal_faults": "1x10"}, {"creditapp_seal_faults": "0x10"}
    ),
    Case(
        "RecordNotSealed",
        "10m",
        {"creditapp_oldest_unsealed_seconds": "1000x20"},
        {"creditapp_oldest_unsealed_seconds": "800x20"},
    ),
    Case(
        "RecordNotVerified",
        "2881m",
        {"creditapp_seal_verified_timestamp_seconds": "1x70"},
        {"creditapp_seal_verified_timestamp_seconds": "0x70"},
    ),
    Case(
        "RetentionOverdue",
        "90m",
        {'creditapp_retention_overdue_seconds{kind="answers"}': "259300x100"},
        {'creditapp_retention_overdue_seconds{kind="answers"}': "259300x80 0x20"},
    ),
    # a restart of the database is no outage, and an outage needs no decision that fails
    Case(
        "DatabaseUnreachable",
        "6m",
        {FAILURES % "key": "0x2 30+30x10", FAILURES % "decision": "0x12"},
        {FAILURES % "key": "0x2 30x10", FAILURES % "deployment": "0x2 30x10"},
    ),
    Case(
        "DatabaseUnreachable",
        "4m",
        {FAILURES % "deployment": "0+8x10"},
        {FAILURES % "deployment": "0+1x10"},
    ),
    Case("DatabaseUnreachable", "3m", {"pg_up": "1 0x9"}, {"pg_up": "1x10"}),
    Case(
        "DiskNearlyFull",
        "10m",
        {DISK % ("avail", "/"): "8x20", DISK % ("size", "/"): "100x20"},
        {DISK % ("avail", "/"): "12x20", DISK % ("size", "/"): "100x20"},
    ),
    # one full disk among others
    Case(
        "DiskNearlyFull",
        "10m",
        {
            DISK % ("avail", "/"): "50x20",
            DISK % ("size", "/"): "100x20",
            DISK % ("avail", "/volumes/postgres"): "1x20",
            DISK % ("size", "/volumes/postgres"): "100x20",
        },
        {DISK % ("avail", "/"): "8x8 20x12", DISK % ("size", "/"): "100x20"},
    ),
    Case(
        "CertificateExpiring",
        "1m",
        {"probe_ssl_earliest_cert_expiry": "1209600x5"},
        {"probe_ssl_earliest_cert_expiry": "1209700x5"},
    ),
    Case(
        "BackupOverdue",
        "2300m",
        {BACKUP: "100x120"},
        {BACKUP: "100x65 80000x55"},
    ),
    Case("BackupOverdue", "90m", {UP: "1x100"}, {BACKUP: "0x100"}),
    Case("RedisUnreachable", "5m", {"redis_up": "0x10"}, {"redis_up": "0 1x10"}),
    Case(
        "ExporterDown",
        "10m",
        {'up{job="postgres", instance="a"}': "0x10"},
        {'up{job="postgres", instance="a"}': "1x10", UP: "0x10"},
    ),
    Case("ModelLoadFailing", "5m", {LOADS: "0 0 1x10"}, {LOADS: "1x10"}),
    Case(
        "PopulationShifted",
        "90m",
        {
            'creditapp_drift_psi{feature="a"}': "0.5x99",
            'creditapp_drift_limit{feature="a"}': "0.25x99",
        },
        {
            'creditapp_drift_psi{feature="a"}': "0.2x99",
            'creditapp_drift_limit{feature="a"}': "0.25x99",
        },
    ),
    Case(
        "PopulationShifted",
        "90m",
        {
            'creditapp_drift_ks{feature="score"}': "0.12x99",
            'creditapp_drift_ks_limit{feature="score"}': "0.1x99",
        },
        {
            'creditapp_drift_ks{feature="score"}': "0.08x99",
            'creditapp_drift_ks_limit{feature="score"}': "0.1x99",
        },
    ),
]


def fires(case: Case, series: dict[str, str], folder: Path) -> bool:
    """Whether promtool finds the alert firing at the case's moment."""
    interval = INTERVAL.get(case.at, "1m")
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": interval,
        "tests": [
            {
                "interval": interval,
                "input_series": [{"series": name, "values": v} for name, v in series.items()],
                "alert_rule_test": [
                    {"eval_time": case.at, "alertname": case.alert, "exp_alerts": []}
                ],
            }
        ],
    }
    file = folder / "case.yml"
    file.write_text(json.dumps(document))
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return False
    assert "exp:[" in said.replace(" ", ""), said
    return f'alertname="{case.alert}"' in said


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert} at {case.at}")
def test_an_alert_fires_when_it_should_and_not_otherwise(case: Case, tmp_path: Path) -> None:
    """The firing and the quiet series differ only in what the alert is about."""
    assert fires(case, case.firing, tmp_path)
    assert not fires(case, case.quiet, tmp_path)


def alerts() -> list[str]:
    """The names of all alerts."""
    return re.findall(r"- alert: (\S+)", RULES.read_text())


def test_every_alert_has_a_case_and_a_paragraph_in_the_runbook() -> None:
    """A tired person finds what to do under the alert's own name."""
    runbook = (ROOT / "docs/runbook.md").read_text()
    assert {case.alert for case in CASES} == set(alerts())
    for name in alerts():
        assert f"\n## {name}\n" in runbook
    links = re.findall(
        r"runbook_url: \$\{DOCUMENTATION_URL\}/docs/runbook\.md#(\S+)\n", RULES.read_text()
    )
    assert links == [name.lower() for name in alerts()]


def test_prometheus_files_are_valid() -> None:
    """By the program that reads them; the rules are found where the file says."""
    for what, file in (("config", "prometheus.yml"), ("rules", "alert_rules.yml")):
        command = ["promtool", "check", what, str(ROOT / "ops/prometheus" / file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def started(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The start of Prometheus, with a program in its place that shows its file of rules."""
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncat "$(dirname "${1#--config.file=}")/alert_rules.yml"\n')
    program.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PROMETHEUS": str(program), **variables}
    start = [ROOT / "ops/prometheus/start"]
    return subprocess.run(start, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("base", ["https://docs.example/a&b|c/", "http://10.0.0.1"])
def test_each_alert_leads_to_its_section_from_anywhere(base: str, tmp_path: Path) -> None:
    """By an absolute address, whose anchor is a heading of that document."""
    shown = started(tmp_path, DOCUMENTATION_URL=base).stdout
    links = re.findall(r"runbook_url: (\S+)", shown)
    assert len(links) == len(alerts())
    for link in links:
        document, anchor = link.removeprefix(base.rstrip("/") + "/").split("#")
        headings = re.findall(r"^#+ (.+)$", (ROOT / document).read_text(), re.MULTILINE)
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("base", ["", "docs", "ftp://docs.example"])
def test_without_an_address_for_its_links_prometheus_does_not_start(
    base: str, tmp_path: Path
) -> None:
    """The message names the variable."""
    done = started(tmp_path, **({"DOCUMENTATION_URL": base} if base else {}))
    assert (done.returncode, done.stdout) == (2, "")
    assert "DOCUMENTATION_URL" in done.stderr


def test_alertmanagers_file_is_valid_once_its_variable_is_filled_in(tmp_path: Path) -> None:
    """And the start says which variable is missing."""
    text = (ROOT / "ops/alertmanager/alertmanager.yml").read_text()
    file = tmp_path / "alertmanager.yml"
    file.write_text(text.replace("${ALERT_WEBHOOK_URL}", "http://127.0.0.1/"))
    done = subprocess.run(
        ["amtool", "check-config", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    start = subprocess.run(
        [ROOT / "ops/alertmanager/start"], env={}, capture_output=True, text=True, check=False
    )
    assert start.returncode != 0
    assert "ALERT_WEBHOOK_URL" in start.stderr
