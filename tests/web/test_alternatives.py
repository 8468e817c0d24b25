"""What would change a decision, as programs and officers are told."""

from typing import Any

from flask import Flask
from sqlalchemy import delete

from creditapp.database.session import writing
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.log import Answers
from creditapp.decisions.reviews import SentReview
from creditapp.identity.people import Role
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE

LONG = {**EXAMPLE, "Duration in month": 24, "Credit amount": 7000.0}


def decided(client: StrictClient, application: dict[str, Any]) -> dict[str, Any]:
    """A recorded decision."""
    answer: dict[str, Any] = client.post("/api/predict", json=application).get_json()
    return answer


def asked(client: StrictClient, decision: dict[str, Any]) -> Any:
    """What a program is told would change it."""
    return client.get(f"/api/decisions/{decision['decision_id']}/alternatives")


def test_a_program_is_told_the_smallest_changes_and_that_they_are_no_promise(
    client: StrictClient,
) -> None:
    """Each comes true when it is tried."""
    decision = decided(client, LONG)
    assert decision["decision"] != "approve"
    told = asked(client, decision).get_json()
    assert told["decision_id"] == decision["decision_id"]
    assert "not an offer" in told["note"]
    assert told["alternatives"]
    for one in told["alternatives"]:
        for end in ("to", "until"):
            changed = {change["feature"]: change[end] for change in one["changes"]}
            again = decided(client, {**LONG, **changed})
            assert again["decision"] == one["decision"] == "approve"
            assert again["probability_good_credit"] >= one["probability_good_credit"] - 1e-6
        assert "instead of" in one["text"]


def test_an_approval_needs_no_change(client: StrictClient) -> None:
    """There is nothing to tell."""
    decision = decided(client, {**EXAMPLE, "Status of existing checking account": "A14"})
    assert decision["decision"] == "approve"
    answer = asked(client, decision)
    assert (answer.status_code, answer.get_json()["detail"]) == (
        409,
        "the decision is an approval; there is nothing to change",
    )


def test_erased_answers_can_change_no_more(app: Flask, client: StrictClient) -> None:
    """The program is told why; the page leaves it out."""
    decision = decided(client, LONG)
    with app.app_context(), writing() as session:
        session.execute(delete(Answers))
    answer = asked(client, decision)
    assert answer.status_code == 409
    assert "erased" in answer.get_json()["detail"]


def test_once_a_person_has_decided_no_model_says_what_would_change_it(
    app: Flask, client: StrictClient
) -> None:
    """It would change nothing any more."""
    decision = decided(client, LONG)
    with app.app_context():
        found = decision_log.find(decision["decision_id"])
        reviews.record(
            found,
            SentReview("decline", "documents", "The income could not be proved"),
            A_TEST,
            None,
        )
    answer = asked(client, decision)
    assert answer.status_code == 409
    assert "a person has reviewed this decision" in answer.get_json()["detail"]


def test_a_decision_that_is_not_there_has_no_alternatives(client: StrictClient) -> None:
    """As for the decision itself."""
    unknown = {"decision_id": "019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90"}
    assert asked(client, unknown).status_code == 404


def test_an_officer_reads_them_on_the_page(client: StrictClient, people: dict[Role, str]) -> None:
    """In sentences, with the note; an approval has no such section."""
    adverse = decided(client, LONG)
    approved = decided(client, {**EXAMPLE, "Status of existing checking account": "A14"})
    told = asked(client, adverse).get_json()["alternatives"]
    client.sign_in("the officer", people[Role.OFFICER])
    page = client.get(f"/decisions/{adverse['decision_id']}").text
    assert told[0]["text"] in page
    assert "not an offer" in page
    assert "What would change it" not in client.get(f"/decisions/{approved['decision_id']}").text
