"""A decision that the probability alone would not have led to says so, in the headline and in the gauge."""

from dataclasses import replace

import pytest
from flask import Flask

from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Rule
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token, form_data

GAUGE = 'aria-label="Probability of good credit'


def score(client: StrictClient, **changes: str) -> str:
    """The page with the result of the example, which the model approves, with other answers."""
    token = csrf_token(client.get("/").text)
    answer = client.post("/", data={"csrf_token": token, **form_data(**changes)})
    assert answer.status_code == 200
    return answer.text


def put_in_force(app: Flask, **changes: object) -> None:
    """Change the policy."""
    with app.app_context():
        policy = replace(policy_versions.in_force(), **changes)
        policy_versions.put_in_force(policy, A_TEST, "a test")


def gauge(page: str) -> str:
    """What the gauge is called."""
    return page.split(GAUGE)[1].split('"', maxsplit=1)[0]


def test_the_probability_alone_needs_no_cause(client: StrictClient) -> None:
    """Neither the headline nor the gauge has more than the outcome."""
    page = score(client)
    assert '<p class="verdict approve">Approve</p>' in page
    assert "alone" not in gauge(page)


@pytest.mark.parametrize(
    ("outcome", "name"), [(Outcome.REFER, "Refer to a person"), (Outcome.DECLINE, "Decline")]
)
def test_a_rule_is_named(app: Flask, officer: StrictClient, outcome: Outcome, name: str) -> None:
    """On the page of the form, and on that of the decision."""
    put_in_force(app, rules=(Rule("Credit amount", outcome, "Too large", over=4000),))
    page = score(officer)
    decision_id = officer.get("/api/decisions").get_json()["decisions"][0]["decision_id"]
    for text in (page, officer.get(f"/decisions/{decision_id}").text):
        assert f"{name} <small>by a rule of the policy</small>" in text
        assert "By the probability alone: Approve." in gauge(text)
        assert "It does not decide here." in text


def test_an_answer_outside_the_training_data_is_named(client: StrictClient) -> None:
    """With what to do about it."""
    page = score(
        client,
        purpose="A47",
        status_of_existing_checking_account="A14",
        credit_history="A34",
        credit_amount="1500",
        duration_in_month="6",
    )
    assert "<small>because an answer is outside the training data</small>" in page
    assert "By the probability alone: Approve." in gauge(page)
    assert "What to do: check that the answer is right." in page


def test_a_repeat_is_named(app: Flask, client: StrictClient) -> None:
    """The second time, where the policy refers repeats."""
    put_in_force(app, refer_repeats_days=30)
    score(client, reference="again")
    page = score(client, reference="again", repeat="again")
    assert "<small>because the reference was decided before</small>" in page
