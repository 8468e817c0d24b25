"""The reasons are the same wherever they are asked for."""

import pytest
from flask import Flask
from sqlalchemy import delete
from werkzeug.test import TestResponse

from creditapp.database.session import writing
from creditapp.decisions.log import Answers
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE

ADVERSE = {
    **EXAMPLE,
    "Duration in month": 48,
    "Credit amount": 9000.0,
    "Status of existing checking account": "A11",
    "Savings account/bonds": "A61",
}


def declined(client: StrictClient) -> TestResponse:
    """The answer to an application that the model is against."""
    answer = client.post("/api/predict", json=ADVERSE)
    assert answer.get_json()["decision"] != "approve"
    return answer


def test_a_decision_that_is_no_approval_says_why(client: StrictClient) -> None:
    """In words, with the answer that was given, the most important first."""
    reasons = declined(client).get_json()["reasons"]
    assert 1 <= len(reasons) <= 4
    by_feature = {reason["feature"]: reason for reason in reasons}
    assert by_feature["Status of existing checking account"] == {
        "feature": "Status of existing checking account",
        "value": "A11",
        "meaning": "no checking account",
        "text": "Checking account: no checking account",
        "source": "model",
    }


def test_a_batch_gives_the_same_reasons_where_asked(client: StrictClient) -> None:
    """And null where not; approved ones have none."""
    alone = declined(client).get_json()["reasons"]
    approved = {**EXAMPLE, "Status of existing checking account": "A14", "Credit history": "A34"}
    rows = [approved, ADVERSE]
    asked = client.post("/api/predict-batch", json={"applications": rows, "reasons": True})
    unasked = client.post("/api/predict-batch", json={"applications": rows})
    assert [one["reasons"] for one in asked.get_json()["predictions"]] == [[], alone]
    assert [one["reasons"] for one in unasked.get_json()["predictions"]] == [None, None]


def test_a_stored_decision_gives_the_same_reasons(client: StrictClient) -> None:
    """They are worked out again from its own bundle."""
    answer = declined(client).get_json()
    kept = client.get(f"/api/decisions/{answer['decision_id']}").get_json()
    assert kept["reasons"] == answer["reasons"]


def test_erased_answers_leave_no_reasons(app: Flask, client: StrictClient) -> None:
    """They would tell what was erased."""
    answer = declined(client).get_json()
    with app.app_context(), writing() as session:
        session.execute(delete(Answers))
    kept = client.get(f"/api/decisions/{answer['decision_id']}").get_json()
    assert (kept["application"], kept["reasons"]) == (None, [])


def test_an_answer_outside_the_training_data_is_named_as_that(client: StrictClient) -> None:
    """Where the score alone would have been enough, the model is not blamed."""
    good = {"Status of existing checking account": "A14", "Credit history": "A34"}
    row = {**EXAMPLE, **good, "Savings account/bonds": "A65", "Duration in month": 2}
    answer = client.post("/api/predict", json=row).get_json()
    assert (answer["decision"], answer["risk_level"]) == ("refer", "LOW")
    [reason] = answer["reasons"]
    assert (reason["feature"], reason["source"]) == ("Duration in month", "outside training data")


@pytest.mark.parametrize("suffix", ["", "/replay"])
def test_the_pages_show_the_reasons(officer: StrictClient, suffix: str) -> None:
    """Where the result is shown."""
    answer = declined(officer).get_json()
    page = officer.get(f"/decisions/{answer['decision_id']}{suffix}").get_data(as_text=True)
    assert "Principal reasons" in page
    assert all(f"<li>{reason['text']}</li>" in page for reason in answer["reasons"])
