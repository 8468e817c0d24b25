"""The challenger and the served model by what became of the same decisions, from the log to the page."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from uuid import UUID

import pytest
from flask import Flask

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import USUAL
from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.challenger.by_outcome import JudgedPair
from creditapp.challenger.judged import judged_pairs
from creditapp.challenger.scores import UNFIT, ShadowScore
from creditapp.cli import challenger as commands
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.reviews import SentReview
from creditapp.identity.people import Role
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Report
from creditapp.outcomes.standing import Standing
from creditapp.web.pages import challenger as pages
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=500)
APPROVED = {**EXAMPLE, "Status of existing checking account": "A14"}


class Later(datetime):
    """A clock that shows a time when all windows have ended."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """The later time."""
        return LATER.astimezone(tz)


def begin() -> Challenger:
    """Let version 2 be the challenger, without a process that scores with it."""
    return challengers.begin("RDF_score_pipeline", "2", b"another", 1.0, A_TEST, "to compare")


def decide(client: StrictClient, *applications: dict[str, object]) -> list[UUID]:
    """Decisions on some applications, oldest first."""
    made = client.post("/api/predict-batch", json={"applications": list(applications)}).get_json()
    return [UUID(one["decision_id"]) for one in made["predictions"]]


def tell(kind: OutcomeKind, *decisions: UUID) -> None:
    """Record an outcome of today of some decisions."""
    recording.record([Report(one, "", kind, NOW.date()) for one in decisions], A_TEST)


@on_both
def test_decisions_that_both_scored_are_judged_once_their_window_has_ended(
    app: Flask, client: StrictClient
) -> None:
    """Newest first; not those that do not fit the challenger, and none of another portfolio."""
    granted, repaid, unfit, defaulted, declined, unscored = decide(
        client, LONG, APPROVED, APPROVED, APPROVED, POOR, APPROVED
    )
    with app.app_context():
        row = begin()
        scored = {
            granted: ShadowScore(0.4, "refer"),
            repaid: ShadowScore(0.9, "approve"),
            unfit: UNFIT,
            defaulted: ShadowScore(0.3, "decline"),
            declined: ShadowScore(0.8, "approve"),
        }
        challenger_scores.record(row.id, scored)
        reviews.record(
            decision_log.find(str(granted)),
            SentReview("approve", "documents", "seen"),
            A_TEST,
            None,
        )
        tell(OutcomeKind.REPAID, repaid)
        tell(OutcomeKind.DEFAULTED, defaulted, unscored)
        served, pairs = judged_pairs(row.id, "german-credit", USUAL, LATER, 10)
        probability = decision_log.find(str(defaulted)).probability_good_credit
        assert judged_pairs(row.id, "german-credit", USUAL, LATER, 2) == ("1", pairs[:2])
        assert judged_pairs(row.id, "german-credit", USUAL, NOW, 10) == ("", [])
        assert judged_pairs(row.id, "another", USUAL, LATER, 10) == ("", [])
        assert judged_pairs(row.id + 1, "german-credit", USUAL, LATER, 10) == ("", [])
    assert served == "1"
    assert [(pair.challenger, pair.decided, pair.would_be, pair.standing) for pair in pairs] == [
        (0.8, "decline", "approve", Standing.NOT_TAKEN_UP),
        (0.3, "approve", "decline", Standing.BAD),
        (0.9, "approve", "approve", Standing.GOOD),
        (0.4, "refer", "refer", Standing.GOOD),
    ]
    assert pairs[1] == JudgedPair(probability, 0.3, "approve", "decline", Standing.BAD)


def judged(app: Flask, client: StrictClient) -> None:
    """Forty good and forty bad approvals that the challenger tells apart, and one decline that it approves.

    Of the bad ones it would decline ten.
    """
    made = decide(client, *[APPROVED] * 80, POOR)
    good, bad, [declined] = made[:40], made[40:80], made[80:]
    with app.app_context():
        row = begin()
        scored = {one: ShadowScore(0.9, "approve") for one in [*good, declined]}
        scored |= {one: ShadowScore(0.6, "approve") for one in bad[10:]}
        scored |= {one: ShadowScore(0.1, "decline") for one in bad[:10]}
        challenger_scores.record(row.id, scored)
        tell(OutcomeKind.DEFAULTED, *bad)


def test_the_page_says_which_is_better_and_what_it_cannot_judge(
    app: Flask, client: StrictClient, people: dict[Role, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All probabilities of the served model are equal, so its AUC is 0.5; the challenger's is 1."""
    judged(app, client)
    client.sign_in("the analyst", people[Role.ANALYST])
    assert "the window of 12 months has not ended" in client.get("/challenger").text
    monkeypatch.setattr(pages, "datetime", Later)
    section = (
        client.get("/challenger").text.partition('id="by-outcome"')[2].partition("</section>")[0]
    )
    text = " ".join(re.sub("<[^>]*>", " ", section).split())
    assert "80 mature decisions scored by both, at most the newest 5000; 40 turned out bad" in text
    assert "ROC AUC (more is better) 0.500 (0.500 … 0.500) 1.000 (1.000 … 1.000) +0.5000" in text
    assert text.count("the challenger is better") == 4
    assert "Approve Decline 10 10 · 100.0 % (72.2–100.0) 0.0" in text
    assert "not granted and that the challenger would approve: 1." in text


def test_the_command_says_the_same(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is mature, that it is not."""
    judged(app, client)

    def run() -> str:
        with app.app_context():
            return app.test_cli_runner().invoke(args=["compare"]).output

    assert "by outcome: nothing is mature yet (defaulted, written_off within 12 months)" in run()
    monkeypatch.setattr(commands, "datetime", Later)
    told = run()
    assert "by outcome: 80 mature decisions of version 1, 40 bad" in told
    assert told.count("for one look: the challenger is better") == 2
    assert re.search(r"approve to decline: bad +100.0% .*, 10 of 10", told)
    assert "the challenger would approve, not granted: 1" in told


def test_an_earlier_challenger_can_still_be_compared(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """Its outcomes come when others have followed it; a version that never was one is not found."""
    judged(app, client)
    with app.app_context():
        challengers.begin("RDF_score_pipeline", "3", b"a third", 1.0, A_TEST, "to compare")
        runner = app.test_cli_runner()
        assert "version 3 has scored no decision yet" in runner.invoke(args=["compare"]).output
        assert "challenger: version 2, compared" in runner.invoke(args=["compare", "2"]).output
        assert "version 9 was never the challenger" in runner.invoke(args=["compare", "9"]).output
    client.sign_in("the analyst", people[Role.ANALYST])
    assert 'href="/challenger?version=2"' in client.get("/challenger").text
    assert "Version 2 compared with version 1" in client.get("/challenger?version=2").text
    assert client.get("/challenger?version=9").status_code == 404
