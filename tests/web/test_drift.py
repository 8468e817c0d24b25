"""The drift page, command and metrics."""

import math
from dataclasses import replace

from flask import Flask

from creditapp.drift import watch as drift_watch
from creditapp.drift.psi import State
from creditapp.identity.people import Role
from creditapp.observability import metrics
from tests.clients import StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE

pytestmark = on_both


def test_page_reports_too_few_cases(client: StrictClient, people: dict[Role, str]) -> None:
    """The page still lists the score and every feature."""
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/drift").text
    assert "Not enough cases yet" in page
    assert page.count("<tr>") == 1 + 20


def test_drift_is_reported_on_page_cli_and_metrics(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """A hundred identical applications are reported as shifted; without cases the metric is NaN."""
    client.post("/api/predict-batch", json={"applications": [EXAMPLE] * 100})
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/drift?days=1").text
    assert "shifted" in page
    assert "100 decisions" in page
    with app.app_context():
        output = app.test_cli_runner().invoke(args=["drift", "--days", "1"]).output
    assert "100 decisions in 1 days" in output
    assert "shifted" in output
    with app.app_context():
        report = drift_watch.look()
        drift_watch.export(report)
    assert {drift.name: drift.state for drift in report.drifts}["Age in years"] is State.SHIFTED
    assert metrics.DRIFT.labels("Age in years")._value.get() > 0.25
    with app.app_context():
        drift_watch.export(replace(report, cases=0))
    assert math.isnan(metrics.DRIFT.labels("Age in years")._value.get())
