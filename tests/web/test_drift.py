"""The page and the command about drift."""

import math
from dataclasses import replace

from flask import Flask

from creditapp.applications.catalogue import EXAMPLE
from creditapp.drift import watch as drift_watch
from creditapp.drift.psi import State
from creditapp.identity.people import Role
from creditapp.observability import metrics
from tests.clients import StrictClient
from tests.engines import on_both

pytestmark = on_both


def test_the_page_says_when_there_are_too_few_cases(
    client: StrictClient, people: dict[Role, str]
) -> None:
    """And shows every feature all the same."""
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/drift").text
    assert "Not enough cases yet" in page
    assert page.count("<tr>") == 1 + 20


def test_a_population_of_one_is_shifted_on_the_page_by_the_command_and_in_the_gauges(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """A hundred times the same application is not the population that the model knows."""
    client.post("/api/predict-batch", json={"applications": [EXAMPLE] * 100})
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/drift?days=1").text
    assert "shifted" in page
    assert "100 decisions" in page
    with app.app_context():
        said = app.test_cli_runner().invoke(args=["drift", "--days", "1"]).output
    assert "100 decisions in 1 days" in said
    assert "shifted" in said
    with app.app_context():
        report = drift_watch.look()
        drift_watch.export(report)
    assert {one.name: one.state for one in report.drifts}["Age in years"] is State.SHIFTED
    assert metrics.DRIFT.labels("Age in years")._value.get() > 0.25
    with app.app_context():
        drift_watch.export(replace(report, cases=0))
    assert math.isnan(metrics.DRIFT.labels("Age in years")._value.get())
