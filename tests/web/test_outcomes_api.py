"""Outcomes over the API: one or many, all or none, and once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from creditapp.database.session import reading
from creditapp.outcomes.table import RecordedOutcome
from tests.clients import StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE

TODAY = str(datetime.now(UTC).date())


@pytest.fixture
def made(client: StrictClient) -> str:
    """A decision on a reference."""
    answer = client.post("/api/predict", json={**EXAMPLE, "reference": "mine"}).get_json()
    return str(answer["decision_id"])


def outcome(decision_id: str, **changes: Any) -> dict[str, Any]:
    """An outcome of today as a client sends it."""
    return {"decision_id": decision_id, "kind": "defaulted", "date": TODAY, **changes}


def count(app: Flask) -> int:
    """The number of rows."""
    with app.app_context(), reading() as session:
        return session.query(RecordedOutcome).count()


@on_both
def test_one_outcome_is_recorded_and_shown_with_its_decision(
    client: StrictClient, made: str
) -> None:
    """The answer has it as it stands on record; the same again gets the same answer."""
    assert client.get(f"/api/decisions/{made}").get_json()["outcomes"] == []
    first = client.post("/api/outcomes", json=outcome(made, amount=1250))
    again = client.post("/api/outcomes", json=outcome(made, amount=1250))
    assert (first.status_code, first.get_json()) == (200, again.get_json())
    [recorded] = first.get_json()["outcomes"]
    moment = recorded.pop("recorded_at")
    assert datetime.fromisoformat(moment).tzinfo
    expected = {"kind": "defaulted", "date": TODAY, "amount": 1250.0, "withdrawn": False}
    assert recorded == {"decision_id": made, "recorded_by": "local", **expected}
    corrected = client.post("/api/outcomes", json=outcome(made, amount=900))
    assert corrected.status_code == 200
    shown = client.get(f"/api/decisions/{made}").get_json()["outcomes"]
    assert [(one["amount"], one["stands"]) for one in shown] == [(900.0, True), (1250.0, False)]
    assert (shown[1]["recorded_at"], shown[1]["recorded_by"]) == (moment, "local")


def test_many_outcomes_are_recorded_in_their_order(client: StrictClient, made: str) -> None:
    """By id and by reference."""
    cured = {"reference": "mine", "kind": "cured", "date": TODAY}
    body = {"outcomes": [outcome(made), cured, outcome(made, withdrawn=True)]}
    answer = client.post("/api/outcomes", json=body)
    assert answer.status_code == 200
    rows = answer.get_json()["outcomes"]
    assert [one["decision_id"] for one in rows] == [made] * 3
    told = [(one["kind"], one["withdrawn"]) for one in rows]
    assert told == [("defaulted", False), ("cured", False), ("defaulted", True)]


def test_wrong_rows_are_described_by_index_and_nothing_is_recorded(
    app: Flask, client: StrictClient, made: str
) -> None:
    """What breaks the rules is 422; what does not fit the record is 409."""
    body = {"outcomes": [outcome(made), outcome(made, kind="late"), 5]}
    answer = client.post("/api/outcomes", json=body)
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["detail"] == "2 of 3 outcomes are wrong; nothing was recorded"
    assert [one["index"] for one in problem["errors"]] == [1, 2]
    assert "repaid, defaulted" in problem["errors"][0]["errors"]["kind"][0]
    unknown = {"outcomes": [outcome(made), {"reference": "x", "kind": "repaid", "date": TODAY}]}
    answer = client.post("/api/outcomes", json=unknown)
    assert answer.status_code == 409
    text = "no decision has this reference"
    assert answer.get_json()["errors"] == [{"index": 1, "errors": {"reference": [text]}}]
    assert count(app) == 0


def test_one_wrong_outcome_is_described_by_field(client: StrictClient, made: str) -> None:
    """With what is accepted, or what is on record."""
    answer = client.post("/api/outcomes", json=outcome(made, date="1999-01-01"))
    assert answer.status_code == 409
    assert answer.get_json()["errors"] == {"date": [f"the decision was made later, on {TODAY}"]}
    answer = client.post("/api/outcomes", json=outcome(made, amount=-1))
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["amount"]


BODIES: dict[str, tuple[Any, int]] = {
    "a number": (5, 422),
    "nothing": ({}, 422),
    "no array": ({"outcomes": {}}, 422),
    "an empty array": ({"outcomes": []}, 422),
    "another field": ({"outcomes": [{}], "kind": "repaid"}, 422),
    "too many": ({"outcomes": [{}] * 20_000}, 413),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
def test_a_body_without_outcomes_is_refused(client: StrictClient, body: Any, status: int) -> None:
    """With what is expected."""
    assert client.post("/api/outcomes", json=body).status_code == status


def test_a_request_with_a_key_is_done_once(app: Flask, client: StrictClient, made: str) -> None:
    """A repeat gets the first answer, also when the outcome was corrected since."""
    key = {"Idempotency-Key": "first"}
    first = client.post("/api/outcomes", json=outcome(made, amount=1), headers=key)
    client.post("/api/outcomes", json=outcome(made, amount=2))
    again = client.post("/api/outcomes", json=outcome(made, amount=1), headers=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert count(app) == 2
    other = client.post("/api/outcomes", json=outcome(made, amount=3), headers=key)
    assert other.status_code == 422
