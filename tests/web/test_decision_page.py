"""The page of a decision, and the result of a score: one model, and few transactions."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event

from creditapp.database.engine import db
from creditapp.database.session import writing
from creditapp.decisions.decide import decided
from creditapp.decisions.log import Answers
from creditapp.decisions.past_models import load_past_model
from creditapp.identity.people import Role
from creditapp.serving import cache as model_cache
from tests.clients import POOR, StrictClient, csrf_token, form_data

MOST_TRANSACTIONS = 6
"""Who is signed in, the decision with what belongs to it, its policy, and the bundle of its model.

Also whether the reader is on record for this hour, and the event if not.
"""


def count_transactions(app: Flask) -> list[object]:
    """A list that grows with each transaction of the application."""
    transactions: list[object] = []
    with app.app_context():
        event.listen(db.engine, "begin", transactions.append)
    return transactions


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_decision_is_shown_in_few_transactions(
    app: Flask, officer: StrictClient, reviewed: bool
) -> None:
    """Even when the model that made it is not in memory, and with a review."""
    made = officer.post("/api/predict", json=POOR).get_json()["decision_id"]
    if reviewed:
        token = csrf_token(officer.get(f"/decisions/{made}").text)
        review = {
            "csrf_token": token,
            "outcome": "approve",
            "reason": "other",
            "note": "seen",
            "after": "",
            "confirmed": "approve",
        }
        assert officer.post(f"/decisions/{made}/review", data=review).status_code == 302
    load_past_model.cache_clear()
    # why: a served process follows the deployment and the policy in force, and a page asks for neither.
    model_cache.of_app(app)._following = True
    transactions = count_transactions(app)
    assert officer.get(f"/decisions/{made}").status_code == 200
    assert 0 < len(transactions) <= MOST_TRANSACTIONS


def test_the_result_warns_of_the_model_that_decided(app: Flask, client: StrictClient) -> None:
    """Another model may be deployed between the decision and the page."""
    token = csrf_token(client.get("/").text)
    data = {"csrf_token": token, **form_data()}
    warning = 'class="notice protected"'
    assert warning in client.post("/", data=data).text

    def deploy_another(_sender: object, **_sent: Any) -> None:
        cache = model_cache.of_app(app)
        served = cache.current()
        cache._served = replace(served, metadata=replace(served.metadata, inputs={}))

    decided.connect(deploy_another)
    try:
        assert warning in client.post("/", data=data).text
    finally:
        decided.disconnect(deploy_another)


def test_receivers_of_a_decision_get_what_was_decided(client: StrictClient) -> None:
    """The decisions, the applications and the policy, once for each request."""
    received: list[dict[str, Any]] = []

    def receive(_sender: object, **sent: Any) -> None:
        received.append(sent)

    decided.connect(receive)
    try:
        made = client.post("/api/predict-batch", json={"applications": [POOR, POOR]}).get_json()
    finally:
        decided.disconnect(receive)
    [sent] = received
    ids = [prediction["decision_id"] for prediction in made["predictions"]]
    assert [str(decision.decision_id) for decision in sent["decisions"]] == ids
    assert [application.answers for application in sent["applications"]] == [POOR, POOR]
    assert sent["policy"].version == "default-1"


def test_only_a_role_that_may_sees_a_link(client: StrictClient, people: dict[Role, str]) -> None:
    """An officer sees no page of analysts, an analyst none of admins."""
    links = {
        "officer": (False, False),
        "analyst": (True, False),
        "admin": (True, True),
    }
    for role, (models, events) in links.items():
        client.sign_in(f"the {role}", people[Role(role)])
        page = client.get("/decisions").text
        assert ('href="/models"' in page) == models, role
        assert ('href="/events"' in page) == events, role


def test_an_officer_sees_three_similar_past_applications(app: Flask, officer: StrictClient) -> None:
    """Their scores, outcomes and answers that differ, of the hold-out; the letter has none of it."""
    made = officer.post("/api/predict", json=POOR).get_json()["decision_id"]
    page = officer.get(f"/decisions/{made}").text
    listed = page.partition('<ul id="similar">')[2].partition("</ul>")[0]
    cases = listed.split("</li>")[:-1]
    assert len(cases) == 3
    for case in cases:
        assert ("good credit" in case) != ("bad credit" in case)
        assert re.search(r"score 0\.[0-9]{3}", case)
        assert "What differs: " in case
        assert "Age" not in case
    assert "similar" not in officer.get(f"/decisions/{made}/notice").text.lower()


def test_without_its_answers_a_decision_has_no_similar_ones(
    app: Flask, officer: StrictClient
) -> None:
    """There is nothing to compare."""
    made = officer.post("/api/predict", json=POOR).get_json()["decision_id"]
    with app.app_context(), writing() as session:
        session.execute(delete(Answers))
    assert 'id="similar"' not in officer.get(f"/decisions/{made}").text
