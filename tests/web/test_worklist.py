"""The queue: cases are taken, released, escalated and decided in two steps, by one person each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from creditapp.decisions import case_notes, claims, erasures, queue, reviews, stored
from creditapp.decisions import log as decision_log
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.reviews import SentReview
from creditapp.exceptions import (
    AlreadyReviewed,
    BadNote,
    CreditappError,
    NotAllowed,
    NotWaiting,
    TakenByAnother,
)
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.clients import LONG, StrictClient, csrf_token
from tests.engines import on_both

ANN, BOB = Reviewer(Actor("person:ann")), Reviewer(Actor("person:bob"))
SENIOR = Reviewer(Actor("person:sue"), is_senior=True)
REVIEW = {"outcome": "approve", "reason": "documents", "note": "seen", "after": ""}


def refer(client: StrictClient, **more: Any) -> str:
    """A decision that waits for a person."""
    return str(client.post("/api/predict", json={**LONG, **more}).get_json()["decision_id"])


def post(client: StrictClient, path: str, **form: str) -> Any:
    """Send a form with its token."""
    token = csrf_token(client.get("/account").text)
    return client.post(path, data={"csrf_token": token, **form})


def decide(decision_id: str, actor: Actor, *, is_senior: bool = False) -> None:
    """Review a decision without a page."""
    sent = SentReview("approve", "documents", "seen")
    decision = decision_log.find(decision_id)
    reviews.record(decision, sent, actor, None, is_senior=is_senior)


@on_both
def test_a_case_belongs_to_one_person_at_a_time(app: Flask, client: StrictClient) -> None:
    """Nobody else takes, releases or reviews it, but for an analyst who releases it, on record."""
    made = refer(client)
    key = UUID(made)
    with app.app_context():
        claims.take(key, ANN)
        claims.take(key, ANN)
        for change in (claims.take, claims.release):
            with pytest.raises(CreditappError) as refused:
                change(key, BOB)
            assert refused.type in (TakenByAnother, NotAllowed)
        for actor, is_senior in ((BOB.actor, False), (SENIOR.actor, True)):
            with pytest.raises(TakenByAnother):
                decide(made, actor, is_senior=is_senior)
        assert stored.load(made).reviews == []
        claims.release(key, SENIOR)
        [event] = audit.find_about(made)
        assert (event.action, event.detail) == ("case released", "person:ann")
        claims.take(key, BOB)
        decide(made, BOB.actor)
        standing = stored.load(made).standing
        assert (standing.waits, standing.claim) == (False, None)
        with pytest.raises(NotWaiting):
            claims.take(key, ANN)


@on_both
def test_of_people_who_take_or_decide_a_case_at_once_one_succeeds(
    app: Flask, client: StrictClient
) -> None:
    """In threads with connections of their own; nothing is left of the case but one review."""
    for _ in range(3):
        made = refer(client)
        start = Barrier(6)

        def attempt(number: int, made: str = made, start: Barrier = start) -> str:
            actor = Actor(f"person:{number}")
            with app.app_context():
                start.wait()
                try:
                    if number % 2:
                        claims.take(UUID(made), Reviewer(actor))
                    decide(made, actor)
                except (TakenByAnother, NotWaiting, AlreadyReviewed):
                    return ""
            return actor.label

        with ThreadPoolExecutor(6) as threads:
            [winner] = [one for one in threads.map(attempt, range(6)) if one]
        with app.app_context():
            case = stored.load(made)
            assert [one.reviewed_by for one in case.reviews] == [winner]
            assert (case.standing.waits, case.standing.claim) == (False, None)


@on_both
def test_the_next_case_is_the_oldest_of_ones_own_else_the_oldest_free_one(
    app: Flask, client: StrictClient
) -> None:
    """An escalated one is for analysts, and where two people must agree nobody gets what they scored."""
    first, second, third = (refer(client) for _ in range(3))
    with app.app_context():
        claims.take(UUID(third), ANN)
        assert queue.take_next(ANN, by_another=False) == UUID(third)
        assert queue.take_next(BOB, by_another=False) == UUID(first)
        claims.escalate(UUID(first), "too large for me", BOB)
        with pytest.raises(NotAllowed, match="analyst"):
            claims.take(UUID(first), ANN)
        with pytest.raises(NotAllowed, match="analyst"):
            decide(first, ANN.actor)
        assert queue.take_next(BOB, by_another=False) == UUID(second)
        assert queue.take_next(Reviewer(Actor("local")), by_another=True) is None
        assert queue.take_next(SENIOR, by_another=False) == UUID(first)
        claims.give_back(UUID(first), "small enough", SENIOR)
        assert [one.kind for one in stored.load(first).notes] == ["escalated", "given back"]
        counts = queue.count(BOB, decision_log.moment_of(UUID(third)) + timedelta(seconds=1))
        parts = {part.value: number for part, number in counts.parts.items()}
        assert parts == {"all": 3, "mine": 1, "free": 1, "escalated": 0}
        assert counts.late == 3


def test_officers_work_through_the_queue(
    app: Flask, client: StrictClient, people: dict[Role, str]
) -> None:
    """Oldest first with amount and owner; two steps; the next case opens; a case of another is refused."""
    first, second = refer(client, reference="loan 1"), refer(client)
    other = app.test_client()
    client.sign_in("the officer", people[Role.OFFICER])
    other.sign_in("the analyst", people[Role.ANALYST])  # type: ignore[attr-defined]
    page = client.get("/decisions/waiting").text
    assert page.index("loan 1") < page.index(second)
    assert "9,000 DM" in page
    assert page.count("nobody") == 2
    assert "over the target" not in page
    opened = post(client, "/decisions/waiting/next")
    assert opened.headers["Location"] == f"/decisions/{first}"
    assert "<strong>you</strong>" in client.get("/decisions/waiting?part=mine").text
    refused = post(other, f"/decisions/{first}/review", **REVIEW, confirmed="approve")
    assert (refused.status_code, "somebody else has taken this case" in refused.text) == (409, True)
    asked = post(client, f"/decisions/{first}/review", **REVIEW)
    assert asked.status_code == 200
    assert "Confirm: approve" in asked.text
    changed = post(client, f"/decisions/{first}/review", **REVIEW, change="1")
    assert 'value="approve" required checked' in changed.text
    other_outcome = post(client, f"/decisions/{first}/review", **REVIEW, confirmed="decline")
    assert "Confirm your decision" in other_outcome.text
    done = post(client, f"/decisions/{first}/review", **REVIEW, confirmed="approve", next="1")
    assert done.headers["Location"] == f"/decisions/{second}"
    assert post(other, f"/decisions/{second}/release", part="all").status_code == 302
    moved = post(client, f"/decisions/{second}/escalate", words="it is large")
    assert moved.headers["Location"] == "/decisions/waiting"
    page = client.get(f"/decisions/{second}").text
    assert "an analyst decides it" in page
    assert 'name="outcome"' not in page
    assert "it is large" in page
    assert second in other.get("/decisions/waiting?part=escalated").text
    blocked = post(client, f"/decisions/{second}/review", **REVIEW, confirmed="approve")
    assert blocked.status_code == 403
    left = post(client, "/decisions/waiting/next")
    assert left.headers["Location"] == "/decisions/waiting"
    assert post(other, f"/decisions/{second}/give-back", words="").status_code == 422
    assert post(client, f"/decisions/{first}/take").status_code == 409
    post(other, f"/decisions/{second}/give-back", words="within your limit")
    with app.app_context():
        actions = [event.action for event in audit.find_about(second)]
    assert actions[-1] == "case given back"
    assert post(client, f"/decisions/{second}/take").status_code == 302


def test_a_case_that_waits_too_long_is_marked(
    app: Flask, officer: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the hours of the setting."""
    made = refer(officer)
    later = decision_log.moment_of(UUID(made)) + timedelta(hours=24, minutes=1)

    class Later:
        """A clock that is a day ahead."""

        @staticmethod
        def now(_zone: object) -> Any:
            return later

    monkeypatch.setattr("creditapp.web.pages.queue.datetime", Later)
    page = officer.get("/decisions/waiting").text
    assert "over the target" in page
    assert "Longer than the target of 24 hours: 1" in page


@on_both
def test_notes_are_kept_apart_and_erased(app: Flask, officer: StrictClient) -> None:
    """On the page, in the applicant's data, never in the letter; an erased decision takes no more."""
    made = refer(officer, reference="loan 1")
    sent = post(officer, f"/decisions/{made}/notes", words="call\r\nthe employer")
    assert sent.headers["Location"] == f"/decisions/{made}#notes"
    assert post(officer, f"/decisions/{made}/notes", words=" ").status_code == 422
    long = post(officer, f"/decisions/{made}/notes", words="x" * 1001)
    assert (long.status_code, "x" * 1001 in long.text) == (422, True)
    page = officer.get(f"/decisions/{made}").text
    assert "call\nthe employer" in page
    post(
        officer,
        f"/decisions/{made}/review",
        **{**REVIEW, "outcome": "decline", "confirmed": "decline"},
    )
    assert "employer" not in officer.get(f"/decisions/{made}/notice").text
    with app.app_context():
        assert [one.note for one in case_notes.of_decision(UUID(made))] == ["call\nthe employer"]
        erasures.erase([made], A_TEST, "asked")
        assert case_notes.of_decision(UUID(made)) == []
        [erased] = erasures.list_all()
        assert "case_note" in erased.parts
        with pytest.raises(BadNote, match="erased"):
            case_notes.write(UUID(made), "more", A_TEST)
    assert 'name="words"' not in officer.get(f"/decisions/{made}").text
