"""Review by a person: it stands beside the machine's decision, says why, and is never changed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete

from creditapp.database.session import writing
from creditapp.decisions import erasures, reviews, stored
from creditapp.decisions import log as decision_log
from creditapp.decisions.reviews import Review, ReviewNote, SentReview
from creditapp.exceptions import AlreadyReviewed
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.clients import LONG, StrictClient, csrf_token
from tests.engines import on_both
from tests.portfolios import EXAMPLE


@pytest.fixture
def officer(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as a credit officer."""
    client.sign_in("the officer", people[Role.OFFICER])
    return client


@pytest.fixture
def referred(client: StrictClient) -> str:
    """A decision that waits for a person."""
    answer = client.post("/api/predict", json=LONG).get_json()
    assert answer["decision"] == "refer"
    return str(answer["decision_id"])


def review(client: StrictClient, decision: str, **fields: str) -> Any:
    """What the form on the decision's page sends."""
    token = csrf_token(client.get(f"/decisions/{decision}").text)
    form = {
        "outcome": "decline",
        "reason": "documents",
        "note": "The income could not be proved",
        "after": "",
        **fields,
    }
    form.setdefault("confirmed", form["outcome"])
    return client.post(f"/decisions/{decision}/review", data={"csrf_token": token, **form})


@on_both
def test_a_review_stands_and_the_machines_decision_stays(
    app: Flask, officer: StrictClient, referred: str
) -> None:
    """Its reason is the person's own and blames no model; page, API and trail tell of it."""
    before = officer.get(f"/api/decisions/{referred}").get_json()
    assert (before["review"], before["reviews"]) == (None, [])
    assert {one["source"] for one in before["reasons"]} == {"model"}
    done = review(officer, referred)
    assert (done.status_code, done.headers["Location"]) == (302, f"/decisions/{referred}")
    told = officer.get(f"/api/decisions/{referred}").get_json()
    assert told["decision"] == "refer"
    assert told["review"]["outcome"] == "decline"
    assert told["review"]["reviewed_by"] == "person:the officer"
    assert told["review"]["reason"] == "documents"
    assert told["reasons"] == before["reasons"]
    [reason] = told["review"]["reasons"]
    assert (reason["source"], reason["text"]) == ("person", "The income could not be proved")
    page = officer.get(f"/decisions/{referred}").text
    told_words = '(income or documents checked): <span lang="en">The income could not be proved'
    assert told_words in page
    assert "This outcome applies." in page
    with app.app_context():
        [event] = audit.find_newest(limit=1)
        found = decision_log.find(referred)
        assert stored.load(referred).outcome == "decline"
        assert reviews.effective_outcome(found, None) == "refer"
    assert (event.action, event.subject) == ("decision reviewed", referred)
    assert "income" not in event.detail


def test_the_newest_review_stands_and_all_are_told(officer: StrictClient, referred: str) -> None:
    """An approval by a person has no reasons against it."""
    review(officer, referred)
    done = review(officer, referred, outcome="approve", note="Proved since", after="1")
    assert done.status_code == 302
    told = officer.get(f"/api/decisions/{referred}").get_json()
    assert [one["outcome"] for one in told["reviews"]] == ["approve", "decline"]
    assert told["review"]["note"] == "Proved since"
    assert told["review"]["reasons"] == []


def test_pages_show_the_outcome_that_stands_and_who_decided(
    officer: StrictClient, referred: str
) -> None:
    """In the list and in the headline; before the review, that of the policy."""
    automatic, by_a_person = '<span class="chip refer">', '<span class="chip decline">'
    assert automatic in officer.get("/decisions").text
    assert '<p class="verdict refer">' in officer.get(f"/decisions/{referred}").text
    review(officer, referred)
    listed, page = officer.get("/decisions").text, officer.get(f"/decisions/{referred}").text
    assert by_a_person in listed
    assert automatic not in listed
    assert "by the officer" in listed
    assert '<p class="verdict decline">Decline</p>' in page
    assert "Decided by the officer. Automatically:" in page


def test_a_form_that_knows_of_no_newer_review_keeps_nothing(
    officer: StrictClient, referred: str
) -> None:
    """What was written stays in the form."""
    review(officer, referred)
    mine = {"outcome": "approve", "reason": "security", "note": "My own words"}
    stale = review(officer, referred, **mine)
    assert stale.status_code == 409
    assert '<option value="security" selected>' in stale.text
    assert "another person reviewed" in stale.text
    assert 'value="My own words"' in stale.text
    told = officer.get(f"/api/decisions/{referred}").get_json()
    assert len(told["reviews"]) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"note": " "}, "a reason of 1 to 500"),
        ({"note": "x" * 501}, "a reason of 1 to 500"),
        ({"note": "a\x00b"}, "a reason of 1 to 500"),
        ({"reason": ""}, "choose a main reason; accepted is documents,"),
        ({"reason": "whim"}, "choose a main reason; accepted is documents,"),
        ({"outcome": "refer"}, "approve or decline"),
        ({"outcome": ""}, "approve or decline"),
        ({"outcome": "", "after": "9" * 5000}, "approve or decline"),
    ],
)
def test_a_review_without_a_verdict_or_a_reason_is_none(
    officer: StrictClient, referred: str, fields: dict[str, str], said: str
) -> None:
    """The page says what is accepted."""
    refused = review(officer, referred, **fields)
    assert refused.status_code == 422
    assert said in refused.text
    assert officer.get(f"/api/decisions/{referred}").get_json()["reviews"] == []


def test_a_review_from_before_reasons_had_codes_says_so(
    app: Flask, officer: StrictClient, referred: str
) -> None:
    """As it was made by an earlier version."""
    with app.app_context(), writing() as session:
        row = {"outcome": "approve", "reviewed_by": "one", "reviewed_at": datetime.now(UTC)}
        session.add(Review(decision_id=UUID(referred), **row))
    told = officer.get(f"/api/decisions/{referred}").get_json()
    assert told["review"]["reason"] is None
    assert "(not stated)" in officer.get(f"/decisions/{referred}").text


@on_both
def test_the_queue_holds_what_is_referred_and_not_reviewed(
    officer: StrictClient, referred: str
) -> None:
    """Oldest first; a reviewed one leaves it, and an approval was never in it."""
    other = str(officer.post("/api/predict", json=LONG).get_json()["decision_id"])
    approved = {**EXAMPLE, "Status of existing checking account": "A14"}
    made = officer.post("/api/predict", json=approved).get_json()
    assert made["decision"] == "approve"
    page = officer.get("/decisions/waiting").text
    assert page.index(referred) < page.index(other)
    assert made["decision_id"] not in page
    review(officer, referred)
    page = officer.get("/decisions/waiting").text
    assert referred not in page
    assert other in page
    assert referred not in officer.get(f"/decisions/waiting?before={other}").text


@on_both
def test_the_words_of_a_review_can_be_erased(
    app: Flask, officer: StrictClient, referred: str
) -> None:
    """Who decided what is kept."""
    review(officer, referred)
    with app.app_context(), writing() as session:
        session.execute(delete(ReviewNote))
    told = officer.get(f"/api/decisions/{referred}").get_json()
    assert (told["review"]["outcome"], told["review"]["note"]) == ("decline", None)
    assert told["review"]["reasons"] == []
    assert "the reason was erased" in officer.get(f"/decisions/{referred}").text


@on_both
def test_a_review_of_erased_answers_has_a_main_reason_and_no_words(
    app: Flask, officer: StrictClient, referred: str
) -> None:
    """The form does not ask for words; the case leaves the queue all the same."""
    with app.app_context():
        erasures.erase([referred], A_TEST, "asked")
    page = officer.get(f"/decisions/{referred}").text
    assert "no reason in words" in page
    assert 'name="note"' not in page
    form = {"outcome": "decline", "reason": "documents", "after": ""}
    path, token = f"/decisions/{referred}/review", csrf_token(page)
    confirm = officer.post(path, data={"csrf_token": token, **form})
    assert "Confirm: decline" in confirm.text
    assert "the applicant may read it" not in confirm.text
    sent = {**form, "confirmed": "decline", "note": "words of a form that was open before"}
    assert officer.post(path, data={"csrf_token": token, **sent}).status_code == 302
    told = officer.get(f"/api/decisions/{referred}").get_json()["review"]
    assert (told["outcome"], told["reason"], told["note"]) == ("decline", "documents", None)
    assert referred not in officer.get("/decisions/waiting").text


@on_both
def test_of_two_who_review_at_once_one_is_told(app: Flask, client: StrictClient) -> None:
    """Neither is lost without a word."""
    made = client.post("/api/predict", json=LONG).get_json()["decision_id"]
    with app.app_context():
        decision = decision_log.find(made)
        reviews.record(decision, SentReview("approve", "documents", "seen"), Actor("one"), None)
        with pytest.raises(AlreadyReviewed):
            reviews.record(
                decision, SentReview("decline", "documents", "seen too"), Actor("another"), None
            )
        assert [one.reviewed_by for one in stored.load(made).reviews] == ["one"]
