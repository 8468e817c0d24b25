"""What became of decisions is compared with what was predicted of them."""

import math
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import update

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.database.session import writing
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.reviews import SentReview
from creditapp.identity.people import Role
from creditapp.outcomes import judged, recording
from creditapp.outcomes.judged import Wanted
from creditapp.outcomes.reports import Report
from creditapp.performance import kept, report, watch
from creditapp.performance.cases import collect
from creditapp.performance.groupings import NO_GROUP, AnswerGroups
from creditapp.performance.kept import KeptReport
from creditapp.performance.measures import Figures
from creditapp.serving import cache as model_cache
from creditapp.simulation.costs import Costs
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient, downloads
from tests.engines import on_both
from tests.portfolios import EXAMPLE

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=500)
APPROVED = {**EXAMPLE, "Status of existing checking account": "A14"}
GERMAN = Wanted("german-credit")


def decide(client: StrictClient, *applications: dict[str, object]) -> list[dict[str, object]]:
    """Decisions on some applications, as a program gets them."""
    body = {"applications": list(applications)}
    predictions: list[dict[str, object]] = client.post("/api/predict-batch", json=body).get_json()[
        "predictions"
    ]
    return predictions


def tell(decision_id: object, kind: OutcomeKind) -> None:
    """Record an outcome of today."""
    recording.record([Report(UUID(str(decision_id)), "", kind, NOW.date())], A_TEST)


def look(wanted: Wanted, now: datetime) -> report.Report:
    """The report on some decisions at a time."""
    served = model_cache.current()
    return report.make(report.read_cases(wanted, served.catalogue, now), served, now)


def counts(figures: Figures) -> tuple[int, ...]:
    """Good, bad, not mature, not taken up."""
    return tuple(figures[:4])


@on_both
def test_decisions_count_by_what_became_of_them(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Approvals and what was granted after a review; in pages, and only once their window has ended."""
    monkeypatch.setattr(judged, "AT_ONCE", 2)
    made = decide(client, APPROVED, APPROVED, APPROVED, LONG, LONG, POOR)
    assert [one["decision"] for one in made] == ["approve"] * 3 + ["refer"] * 2 + ["decline"]
    with app.app_context():
        granted = decision_log.find(str(made[3]["decision_id"]))
        reviews.record(granted, SentReview("approve", "documents", "seen"), A_TEST, None)
        tell(made[0]["decision_id"], OutcomeKind.REPAID)
        tell(made[1]["decision_id"], OutcomeKind.NOT_TAKEN_UP)
        tell(made[3]["decision_id"], OutcomeKind.DEFAULTED)
        young, old = look(GERMAN, NOW), look(GERMAN, LATER)
        others, later = look(Wanted("another"), LATER), look(GERMAN._replace(since=LATER), LATER)
    assert counts(young.overall) == (0, 0, 3, 3)
    assert math.isnan(young.overall.predicted)
    assert counts(old.overall) == (2, 1, 0, 3)
    bad = [1 - float(str(made[place]["probability_good_credit"])) for place in (0, 2, 3)]
    assert old.overall.predicted == pytest.approx(sum(bad) / 3)
    assert old.overall.auc == 1.0
    assert sum(band.cases for band in old.bands) == 3
    assert counts(others.overall) == counts(later.overall) == (0, 0, 0, 0)
    amounts = [float(str(one["Credit amount"])) for one in (APPROVED, APPROVED, LONG)]
    profit = sum(amounts[:2]) * Costs().margin - amounts[2] * Costs().loss
    assert old.overall.realised_profit == pytest.approx(profit)


@on_both
def test_figures_are_given_by_month_version_policy_channel_and_answer(
    app: Flask, client: StrictClient
) -> None:
    """Every mature decision is in one row of each; what was declined is in none that is measured."""
    old = {**APPROVED, "Age in years": 70}
    made = decide(client, *[APPROVED] * 30, *[old] * 3, POOR)
    client.post("/api/predict", json=APPROVED)
    with app.app_context():
        tell(made[0]["decision_id"], OutcomeKind.DEFAULTED)
        found = look(GERMAN, LATER)
    assert [(row.label, counts(row.figures)) for row in found.months] == [
        (f"{NOW:%Y-%m}", (33, 1, 0, 1))
    ]
    channels = {row.label: row.figures.mature for row in found.by_record["channel"]}
    assert channels == {"batch": 33, "api": 1}
    purposes = {str(row.label): counts(row.figures) for row in found.by_answer["Purpose"]}
    assert list(purposes.values()) == [(33, 1, 0, 0)]
    ages = [row.figures.mature for row in found.by_answer["Age in years"]]
    assert ages == [31]  # the three old ones would be known by their figures


@on_both
def test_an_answer_outside_of_all_bands_is_counted_with_the_others(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bands are made from the first decisions; later ones may have smaller and larger numbers."""
    monkeypatch.setattr(AnswerGroups, "FIRST", 25)
    small = {**APPROVED, "Credit amount": 300.0}
    decide(client, *[APPROVED] * 25, *[small] * 21)
    with app.app_context():
        found = look(GERMAN, LATER)
    amounts = {str(row.label): row.figures.mature for row in found.by_answer["Credit amount"]}
    assert list(amounts.values()) == [25, 21]
    assert list(amounts)[1] == "other answers"


def test_answers_to_another_catalogue_are_not_grouped(app: Flask, client: StrictClient) -> None:
    """The same name may have other values there."""
    decide(client, APPROVED)
    with app.app_context():
        catalogue = model_cache.current().catalogue
        [decided] = judged.judge(GERMAN, catalogue.performance, LATER, with_answers=True)
    other = decided._replace(fingerprint="another", answers={"Purpose": 7, "Credit amount": "A1"})
    cases = collect([decided, other], catalogue)
    assert (cases.by_answer["Purpose"].places == NO_GROUP).tolist() == [False, True]
    assert np.isnan(cases.amount).tolist() == [False, True]


@on_both
def test_a_report_is_kept_until_the_next(app: Flask, client: StrictClient) -> None:
    """The next one stands in its place; on the decisions of each version only where there are several."""
    decide(client, APPROVED)
    with app.app_context():
        assert kept.find("german-credit") is None
        watch.refresh(60)
        decide(client, APPROVED)
        watch.refresh(60)
        first = kept.find("german-credit")
        watch.refresh(0)
        second = kept.find("german-credit")
        assert kept.find("german-credit", "1") is None
        assert kept.find_versions("german-credit") == []
        with writing() as session:
            session.execute(update(KeptReport).values(document={"format": 0}))
        assert kept.find("german-credit") is None
        watch.refresh(60)
        assert kept.find("german-credit") is not None
    assert first
    assert second
    assert (counts(first.overall), counts(second.overall)) == ((0, 0, 1, 0), (0, 0, 2, 0))


def test_the_command_says_what_is_mature(app: Flask, client: StrictClient) -> None:
    """And by which definition; the page has its figures from then on."""
    decide(client, EXAMPLE, POOR)
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["performance"])
        wrong = app.test_cli_runner().invoke(args=["performance", "--since", "x"])
        assert kept.find("german-credit") is not None
    assert (done.exit_code, wrong.exit_code) == (0, 2), done.output
    assert "bad: defaulted, written_off within 12 months" in done.output
    assert "0 good, 0 bad, 1 not mature, 1 not taken up" in done.output
    assert "nothing is mature yet" in done.output
    assert "check of the estimate on 300 rows held out" in done.output


@on_both
def test_the_page_shows_the_kept_report(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """Without a report it says how to make one; then it has every group, in the reader's words."""
    client.sign_in("the analyst", people[Role.ANALYST])
    assert "There is no report yet" in client.get("/performance").text
    made = decide(client, *[APPROVED] * 20, POOR)
    with app.app_context():
        tell(made[0]["decision_id"], OutcomeKind.DEFAULTED)
        watch.make(LATER)
    page = client.get("/performance").text
    assert "5.0 % <span" in page  # of twenty mature credits one is bad
    assert "5 for a bad one" in page
    for shown in ("Vintages", f"{NOW:%Y-%m}", "default-1", "furniture", "protected", "<svg"):
        assert shown in page, shown
    files = downloads(client, "/performance")
    assert files["bad_rates.csv"].splitlines()[-1].startswith(f"{NOW:%Y-%m},")
    assert files["bands.svg"].startswith("<svg")
    assert "no report on version 9" in client.get("/performance?model=9").text
