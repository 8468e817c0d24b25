"""What reviewers do, what became of it and how long it took: officers see their own, analysts all."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask

from creditapp.applications.performance import USUAL
from creditapp.database.session import writing
from creditapp.decisions import log as decision_log
from creditapp.decisions.log import Decision, first_id
from creditapp.decisions.reviews import Review
from creditapp.identity.people import Role
from creditapp.intervals import Proportion
from creditapp.outcomes.table import RecordedOutcome
from creditapp.simulation import review_report
from creditapp.simulation.costs import Costs
from creditapp.simulation.review_report import Limits, ReviewReport
from tests.clients import LONG, StrictClient, downloads
from tests.engines import on_both

NOW = datetime.now(UTC)
OLD, YOUNG = NOW - timedelta(days=500), NOW - timedelta(days=10)
OFFICER, ANALYST = "person:the officer", "person:the analyst"

Decided = Callable[..., None]


@pytest.fixture
def decided(app: Flask, client: StrictClient) -> Decided:
    """Makes a decision of an earlier time, with its reviews and what became of it.

    A review is its outcome, its reviewer, its reason and how many hours later it was made.
    """
    made = client.post("/api/predict", json=LONG).get_json()["decision_id"]
    numbers = itertools.count(1)
    with app.app_context():
        row = decision_log.find(made)
        values = {column.name: getattr(row, column.name) for column in Decision.__table__.columns}

    def make(
        automatic: str,
        *reviews: tuple[str, str, str | None, float],
        at: datetime = OLD,
        risk: float = 0.25,
        kind: str = "",
        portfolio: str = "german-credit",
    ) -> None:
        key = UUID(int=first_id(at).int + (7 << 76) + next(numbers))
        own = {"decision_id": key, "timestamp": at, "decision": automatic, "portfolio": portfolio}
        with app.app_context(), writing() as session:
            session.add(Decision(**{**values, **own, "probability_good_credit": 1 - risk}))
            session.flush()
            for outcome, reviewer, reason, hours in reviews:
                given = {"outcome": outcome, "reviewed_by": reviewer, "reason": reason}
                later = at + timedelta(hours=hours)
                session.add(Review(decision_id=key, reviewed_at=later, **given))
                session.flush()
            if kind:
                told = {"kind": kind, "happened_on": at.date(), "withdrawn": False}
                stated = {"recorded_by": "a test", "recorded_at": at}
                session.add(RecordedOutcome(decision_id=key, **told, **stated))

    return make


@pytest.fixture
def some(decided: Decided) -> None:
    """Seven reviewed decisions, two approvals that nobody reviewed, and others that do not count."""
    decided("refer", ("approve", OFFICER, "documents", 2), risk=0.4, kind="defaulted")
    decided("refer", ("approve", OFFICER, "documents", 4), risk=0.3)
    decided("refer", ("approve", OFFICER, "security", 6), kind="not_taken_up")
    decided("refer", ("approve", ANALYST, None, 1), ("decline", OFFICER, "identity", 50))
    decided("decline", ("approve", ANALYST, "existing_relation", 8), risk=0.5, kind="repaid")
    decided("approve", ("decline", ANALYST, "data_wrong", 8))
    decided("refer", ("decline", ANALYST, "affordability", 10), at=YOUNG)
    decided("approve", risk=0.1, kind="defaulted")
    decided("approve", risk=0.2)
    decided("approve", at=YOUNG)
    decided("refer", ("approve", ANALYST, "other", 9), portfolio="another")


ALL = Limits()


def look(limits: Limits = ALL, since: datetime | None = None) -> ReviewReport:
    """The report of the portfolio."""
    return review_report.look("german-credit", USUAL, NOW, limits, since)


@on_both
def test_a_report_counts_reviews_and_what_became_of_mature_decisions(
    app: Flask, some: None
) -> None:
    """By reviewer and reason; of several reviews of a decision each is counted, and the newest applies."""
    with app.app_context():
        report = look()
    assert report.whole.overrides.counts == Counter(
        {
            ("refer", "approve"): 4,
            ("refer", "decline"): 2,
            ("decline", "approve"): 1,
            ("approve", "decline"): 1,
        }
    )
    rates = {part.name: part.overrides.referrals_approved for part in report.reviewers}
    assert rates == {ANALYST: Proportion(1, 2), OFFICER: Proportion(3, 4)}
    results = {part.name: part.result for part in report.reviewers}
    assert (results[OFFICER].decisions, results[OFFICER].bad) == (3, Proportion(1, 2))
    assert results[OFFICER].predicted == pytest.approx(0.35)
    assert (results[ANALYST].bad, results[ANALYST].predicted) == (Proportion(0, 1), 0.5)
    assert {part.name: part.overrides.total for part in report.reasons} == {
        "": 1,
        "affordability": 1,
        "data_wrong": 1,
        "documents": 2,
        "existing_relation": 1,
        "identity": 1,
        "security": 1,
    }
    assert {pair: (one.decisions, one.bad) for pair, one in report.results.items()} == {
        ("approve", "decline"): (1, Proportion(0, 0)),
        ("decline", "approve"): (1, Proportion(0, 1)),
        ("refer", "approve"): (3, Proportion(1, 2)),
        ("refer", "decline"): (1, Proportion(0, 0)),
    }
    assert (report.automatic.decisions, report.automatic.bad) == (2, Proportion(1, 2))
    assert report.automatic.predicted == pytest.approx(0.15)
    worth = report.worth(Costs())
    assert worth
    assert (worth.reviewed, worth.approved) == (3, Proportion(1, 2))


@on_both
def test_the_time_in_the_queue_and_the_months(app: Flask, some: None) -> None:
    """First reviews took 1, 2, 4, 6 and 10 hours; months are those of the reviews."""
    with app.app_context():
        report = look()
    assert report.queue
    assert (report.queue.reviewed, report.queue.median) == (5, timedelta(hours=4))
    assert [(month.name, month.overrides.total) for month in report.months] == sorted(
        Counter(
            f"{at + timedelta(hours=hours):%Y-%m}"
            for at, hours in [*((OLD, hours) for hours in (1, 2, 4, 6, 8, 8, 50)), (YOUNG, 10)]
        ).items()
    )
    assert report.waiting_since
    assert NOW < report.waiting_since < datetime.now(UTC)


@on_both
def test_the_newest_are_read_where_there_are_limits(app: Flask, some: None) -> None:
    """And reviews since a time, whatever became of older ones."""
    with app.app_context():
        few = look(Limits(reviews=3, mature=1))
        recent = look(since=YOUNG)
    assert [one.reason for one in few.reviews] == [
        "affordability",
        "data_wrong",
        "existing_relation",
    ]
    assert [(one.automatic, one.outcome) for one in few.reviewed] == [("approve", "decline")]
    assert [one.probability for one in few.not_reviewed] == [0.8]
    assert (len(recent.reviews), len(recent.reviewed)) == (1, 6)


def test_of_two_reviews_that_are_read_the_earlier_may_be_beyond_the_limit(
    app: Flask, decided: Decided
) -> None:
    """The later one still is no first review."""
    decided("refer", ("decline", ANALYST, "other", 1), ("approve", OFFICER, "documents", 90))
    with app.app_context():
        [only] = look(Limits(reviews=1)).reviews
    assert (only.outcome, only.is_first) == ("approve", False)


def test_an_officer_sees_their_own_reviews_and_all_together(
    officer: StrictClient, some: None
) -> None:
    """Not the name, the reasons or the rows of another reviewer. The list of decisions leads there."""
    assert 'href="/performance/reviews"' in officer.get("/decisions/waiting").text
    page = officer.get("/performance/reviews").text
    assert "You see your own reviews" in page
    assert OFFICER in page
    assert ANALYST not in page
    assert "income or documents checked" in page
    assert "known customer" not in page
    [everybody] = re.findall(r'<th scope="row">all</th><td class="mono number">(\d+)</td>', page)
    assert everybody == "8"


def test_an_analyst_sees_each_reviewer(
    client: StrictClient, people: dict[Role, str], some: None
) -> None:
    """With reasons in words, intervals, units, and the reviews from before reasons had codes."""
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/performance/reviews").text
    assert "You see your own reviews" not in page
    for text in (OFFICER, ANALYST, "known customer", "not stated", "4.0 h", "3 / 4"):
        assert text in page
    assert '75.0 % <span class="muted">(30.1–95.4)</span>' in page
    assert "Share of bad credits that a review approves" in page
    files = downloads(client, "/performance/reviews")
    assert set(files) == {"approvals.csv", "approvals.svg", "queue.csv", "queue.svg"}
    assert files["approvals.csv"].startswith("Month,Referrals approved")


def test_the_page_without_reviews_says_so(officer: StrictClient) -> None:
    """Instead of empty tables."""
    page = officer.get("/performance/reviews").text
    assert "Nobody has reviewed a decision yet." in page
    assert "Nothing can be said yet" in page


def test_the_workbench_shows_what_was_measured(
    client: StrictClient, people: dict[Role, str], some: None
) -> None:
    """Two outcomes are too few to replace the assumption."""
    client.sign_in("the analyst", people[Role.ANALYST])
    page = client.get("/policy").text
    assert "Measured on 2 credits that were referred" in page
    assert "100 such credits are needed" in page
    assert re.search(r'name="bad_approved"[^>]*value="0.25"', page)


def test_the_command_prints_the_same_figures(app: Flask, some: None) -> None:
    """Each reviewer is named, as on the page of an analyst."""
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["reviews"])
        wrong = app.test_cli_runner().invoke(args=["reviews", "--since", "x"])
    assert (done.exit_code, wrong.exit_code) == (0, 2), done.output
    lines = done.output.splitlines()
    assert lines[0] == "reviews: 8, with 95 % intervals"
    assert "  referrals approved    66.7%  (30.0% to 90.3%), 4 of 6" in lines
    assert "reviewer person:the officer: 4 reviews" in lines
    assert "main reason not stated: 1 reviews" in lines
    assert "  time in the queue   4.0 h median, 8.4 h 90th percentile" in lines
    assert "  refer, then approve by a review: 3" in lines
    assert "what a review of a referral is worth, from 3 that are mature:" in lines
