"""The form on a decision's page that records what became of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from creditapp.identity import audit
from creditapp.identity.people import Role
from tests.clients import StrictClient, csrf_token
from tests.portfolios import EXAMPLE

TODAY = str(datetime.now(UTC).date())


@pytest.fixture
def officer(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as a credit officer."""
    client.sign_in("the officer", people[Role.OFFICER])
    return client


@pytest.fixture
def made(client: StrictClient) -> str:
    """A decision."""
    return str(client.post("/api/predict", json=EXAMPLE).get_json()["decision_id"])


def send(client: StrictClient, decision: str, **fields: str) -> Any:
    """What the form sends."""
    token = csrf_token(client.get(f"/decisions/{decision}").text)
    form = {"kind": "defaulted", "date": TODAY, "amount": "", **fields}
    return client.post(f"/decisions/{decision}/outcomes", data={"csrf_token": token, **form})


def test_an_officer_records_what_became_of_a_decision(
    app: Flask, officer: StrictClient, made: str
) -> None:
    """The page shows what stands, what was corrected, and by whom; the event names the decision."""
    assert "Nothing was recorded" in officer.get(f"/decisions/{made}").text
    done = send(officer, made, amount="1250.5")
    assert (done.status_code, done.headers["Location"]) == (302, f"/decisions/{made}")
    send(officer, made, amount="900")
    page = officer.get(f"/decisions/{made}").text
    assert page.index("900.00") < page.index("1250.50") < page.index("corrected since")
    assert "person:the officer" in page
    told = officer.get(f"/api/decisions/{made}").get_json()["outcomes"]
    assert [one["stands"] for one in told] == [True, False]
    send(officer, made, withdrawn="true")
    assert "withdrawn: " in officer.get(f"/decisions/{made}").text
    with app.app_context():
        events = [event.action for event in audit.find_about(made)]
    assert events.count("outcome recorded") == 3


def test_a_refused_form_says_why_and_keeps_what_was_sent(officer: StrictClient, made: str) -> None:
    """By field, where it breaks the rules and where it does not fit the record."""
    refused = send(officer, made, kind="repaid", amount="12")
    assert refused.status_code == 422
    assert "amount: an amount goes with" in refused.text
    assert 'value="12"' in refused.text
    early = send(officer, made, date="2001-01-01")
    assert (early.status_code, "date: the decision was made later" in early.text) == (409, True)
    assert officer.get(f"/api/decisions/{made}").get_json()["outcomes"] == []


def test_a_form_about_no_decision_is_not_found(officer: StrictClient, made: str) -> None:
    """Also with an id that is none."""
    token = csrf_token(officer.get(f"/decisions/{made}").text)
    form = {"csrf_token": token, "kind": "repaid", "date": TODAY}
    assert officer.post("/decisions/x/outcomes", data=form).status_code == 404
