"""References that were decided before: the warning, the list by reference, and the policy on repeats."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from creditapp.database.session import reading
from creditapp.decisions.log import Answers
from creditapp.decisions.references import is_one_of
from creditapp.identity import api_keys
from creditapp.identity.api_keys import Scope
from creditapp.policy import versions as policy_versions
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient, example
from tests.engines import on_both
from tests.query_plans import explain

pytestmark = on_both


def predict(client: StrictClient, **changes: Any) -> dict[str, Any]:
    """The answer to the example."""
    answer = client.post("/api/predict", json=example(**changes))
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def refer_repeats(app: Flask, days: int | None) -> None:
    """Put a policy in force that refers repeats within so many days."""
    with app.app_context():
        policy = replace(policy_versions.in_force(), refer_repeats_days=days)
        policy_versions.put_in_force(policy, A_TEST, "a test")


def test_an_answer_names_the_earlier_decisions_on_its_reference(client: StrictClient) -> None:
    """The newest first, and none without a reference."""
    first = predict(client, reference="again")
    second = predict(client, reference="again")
    third = predict(client, reference="again")
    assert first["earlier_decisions"] == []
    assert third["earlier_decisions"] == [second["decision_id"], first["decision_id"]]
    assert predict(client)["earlier_decisions"] == []
    assert predict(client)["earlier_decisions"] == []
    stored = client.get(f"/api/decisions/{second['decision_id']}").get_json()
    assert stored["earlier_decisions"] == [first["decision_id"]]


def test_a_batch_names_them_too_also_those_of_its_own_rows(client: StrictClient) -> None:
    """At most ten for each."""
    first = predict(client, reference="a")
    rows = [example(reference="a"), example(reference="b"), example(reference="b"), example()]
    batch = {"applications": rows}
    made = client.post("/api/predict-batch", json=batch).get_json()["predictions"]
    assert [one["earlier_decisions"] for one in made] == [
        [first["decision_id"]],
        [],
        [made[1]["decision_id"]],
        [],
    ]
    many = {"applications": [example(reference="many")] * 600}
    client.post("/api/predict-batch", json=many)
    assert len(predict(client, reference="many")["earlier_decisions"]) == 10


def test_references_in_another_case_are_others(client: StrictClient) -> None:
    """For an application, for the rows of a batch, and for the list."""
    first = predict(client, reference="Case é")
    assert predict(client, reference="CASE é")["earlier_decisions"] == []
    assert predict(client, reference="Case É")["earlier_decisions"] == []
    batch = {"applications": [example(reference="case é"), example(reference="Case é")]}
    made = client.post("/api/predict-batch", json=batch).get_json()["predictions"]
    assert [one["earlier_decisions"] for one in made] == [[], [first["decision_id"]]]


@pytest.mark.parametrize("references", [["one"], ["one", "Two", "É"]])
def test_references_are_read_from_the_index(app: Flask, references: list[str]) -> None:
    """However many decisions there are."""
    query = select(Answers.decision_id).where(is_one_of(references))
    with app.app_context(), reading() as session:
        compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = explain(session, compiled)
    assert "ix_decision_answers_reference" in plan
    assert "SCAN" not in plan


def test_a_policy_refers_a_repeat_instead_of_approving_it(app: Flask, client: StrictClient) -> None:
    """It says so as its reason, and no answer would change it."""
    refer_repeats(app, 30)
    first, second = (predict(client, reference="again") for _ in range(2))
    assert (first["decision"], second["decision"]) == ("approve", "refer")
    [reason] = second["reasons"]
    text = "An application with this reference was decided within the last 30 days"
    assert (reason["text"], reason["source"], reason["feature"]) == (text, "rule", "")
    stored = client.get(f"/api/decisions/{second['decision_id']}").get_json()
    assert stored["reasons"] == second["reasons"]
    alternatives = client.get(f"/api/decisions/{second['decision_id']}/alternatives")
    assert alternatives.status_code == 409
    assert "its reference had been decided before" in alternatives.get_json()["detail"]
    declined = client.post("/api/predict", json={**POOR, "reference": "again"}).get_json()
    assert declined["decision"] == "decline"
    refer_repeats(app, None)
    assert predict(client, reference="again")["decision"] == "approve"


def test_a_repeat_after_the_days_of_the_policy_is_none(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """31 days later it is an application like any other; 29 days later it is a repeat."""
    from creditapp.decisions import decide

    refer_repeats(app, 30)
    predict(client, reference="later")

    class Later(datetime):
        days = 0

        @classmethod
        def now(cls, _zone: object = None) -> datetime:
            return datetime.now(UTC) + timedelta(days=cls.days)

    monkeypatch.setattr(decide, "datetime", Later)
    Later.days = 29
    assert predict(client, reference="later")["decision"] == "refer"
    Later.days = 31
    other = predict(client, reference="later")
    assert other["decision"] == "approve"


def test_decisions_are_listed_by_reference_time_outcome_and_model(
    app: Flask, client: StrictClient
) -> None:
    """Newest first; what does not fit is left out."""
    before = datetime.now(UTC)
    good = predict(client, reference="good")["decision_id"]
    poor = client.post("/api/predict", json={**POOR, "reference": "poor"}).get_json()["decision_id"]

    def listed(**query: str) -> list[str]:
        answer = client.get("/api/decisions", query_string=query)
        assert answer.status_code == 200, answer.text
        return [one["decision_id"] for one in answer.get_json()["decisions"]]

    assert listed() == [poor, good]
    assert listed(reference="good") == [good]
    assert listed(reference="GOOD") == []
    assert listed(decision="decline") == [poor]
    assert listed(model_version="1") == [poor, good]
    assert listed(model_version="2") == []
    assert listed(since=before.isoformat()) == [poor, good]
    assert listed(until=before.isoformat()) == []
    assert listed(since=(before + timedelta(hours=1)).isoformat()) == []
    assert listed(reference="poor", decision="decline", since=before.isoformat()) == [poor]


def test_pages_follow_each_other_without_gaps(client: StrictClient) -> None:
    """Also while new decisions arrive."""
    client.post("/api/predict-batch", json={"applications": [example(reference="page")] * 7})
    found, before = [], None
    for size in (3, 3, 1):
        query = {"reference": "page", "limit": "3", **({"before": before} if before else {})}
        page = client.get("/api/decisions", query_string=query).get_json()
        assert len(page["decisions"]) == size
        found += [one["decision_id"] for one in page["decisions"]]
        before = page["next"]
        predict(client, reference="page")
    assert before is None
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 7


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("referenz=a", "referenz"),
        ("reference=a&reference=b", "reference"),
        ("reference=", "reference"),
        (f"reference={'x' * 65}", "reference"),
        ("since=yesterday", "since"),
        ("since=2026-11-26T10:00:00", "since"),
        ("decision=maybe", "decision"),
        ("before=1", "before"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
    ],
)
def test_a_wrong_parameter_is_named(client: StrictClient, query: str, parameter: str) -> None:
    """With 422, and not answered with a list of something else."""
    answer = client.get(f"/api/decisions?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [parameter]


def test_a_key_lists_its_own_decisions_unless_it_may_read_all(
    app: Flask, client: StrictClient
) -> None:
    """And a key without either scope lists nothing."""
    with app.app_context():
        scopes = {
            "own": [Scope.PREDICT, Scope.DECISIONS_READ],
            "all": [Scope.DECISIONS_READ_ALL],
            "none": [Scope.PREDICT],
        }
        keys = {name: api_keys.add(name, some, None, A_TEST) for name, some in scopes.items()}
    headers = {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}
    client.post("/api/predict", json=example())
    own = client.post("/api/predict", json=example(), headers=headers["own"]).get_json()

    def listed(name: str) -> list[str]:
        answer = client.get("/api/decisions", headers=headers[name])
        return [one["decision_id"] for one in answer.get_json()["decisions"]]

    assert listed("own") == [own["decision_id"]]
    assert len(listed("all")) == 2
    assert client.get("/api/decisions", headers=headers["none"]).status_code == 403
