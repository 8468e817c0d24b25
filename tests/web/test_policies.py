"""Changing the policy: recorded with who and why, followed by the next decision, and never half."""

import json
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from creditapp.exceptions import BadPolicy
from creditapp.identity import audit
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.policy.points import DEFAULT_SCALE
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.clock import stop_clock
from tests.engines import on_both
from tests.portfolios import EXAMPLE

LARGE = Rule("Credit amount", Outcome.DECLINE, "The amount is too large", over=4000)


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["policy", *arguments])


def put(app: Flask, approve: float, refer: float, *rules: Rule) -> str:
    """Put a policy in force, and give its version."""
    with app.app_context():
        return policy_versions.put_in_force(
            Policy("tried", approve, refer, rules=tuple(rules)), A_TEST, "to try"
        ).version


def decided(client: StrictClient, **answers: Any) -> dict[str, Any]:
    """What is decided on the example with other answers."""
    answer: dict[str, Any] = client.post("/api/predict", json={**EXAMPLE, **answers}).get_json()
    return answer


@on_both
def test_a_change_says_who_when_and_why_and_every_version_can_be_read_again(app: Flask) -> None:
    """With its event; before the first change the default is in force."""
    with app.app_context():
        assert policy_versions.in_force() == DEFAULT_POLICY
        first = policy_versions.put_in_force(
            Policy("tried", 0.8, 0.5, rules=(LARGE,)), A_TEST, "to try"
        )
        second = policy_versions.put_in_force(Policy("tried", 0.9, 0.6), A_TEST, "to try again")
        assert policy_versions.in_force() == second
        assert policy_versions.find(first.version) == first
        assert policy_versions.find("default-1") == DEFAULT_POLICY
        assert first.rules == (LARGE,)
        newest, oldest = policy_versions.history()
        [event] = audit.find_newest(limit=1)
    assert (newest.version, newest.reason, oldest.set_by) == (2, "to try again", "a test")
    told = (event.actor, event.action, event.subject, event.detail)
    assert told == ("a test", "policy changed", "policy 2", "to try again")


@on_both
def test_a_planned_policy_decides_from_its_time_on(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a restart; what was decided before names the policy before."""
    clock = stop_clock(monkeypatch, policy_versions)
    put(app, 0.0, 0.0)
    start = datetime.fromtimestamp(clock.now + 60, UTC)
    with app.app_context():
        strict = Policy("tried", 1.0, 1.0, points=DEFAULT_SCALE)
        policy_versions.put_in_force(strict, A_TEST, "to be strict", starts_at=start)
        assert [term.row.policy.version for term in policy_versions.planned()] == ["2"]
        [event] = audit.find_newest(limit=1)
    assert event.detail == f"to be strict (from {start})"
    clock.advance(59)
    before = decided(client)
    clock.advance(1)
    after = decided(client)
    assert [before["policy_version"], after["policy_version"]] == ["1", "2"]
    assert [before["decision"], after["decision"]] == ["approve", "decline"]
    with app.app_context():
        assert policy_versions.planned() == []


def test_a_planned_policy_gives_way_to_a_newer_one_that_begins_first(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history says when each was in force, and which one never was."""
    clock = stop_clock(monkeypatch, policy_versions)
    put(app, 0.7, 0.4)
    for minutes in (3, 2, 5):
        with app.app_context():
            start = datetime.fromtimestamp(clock.now + 60 * minutes, UTC)
            tried = Policy("tried", minutes / 10, 0.1)
            policy_versions.put_in_force(tried, A_TEST, "to plan", starts_at=start)

    def states() -> list[tuple[int, str]]:
        with app.app_context():
            return [(term.row.version, term.state.value) for term in policy_versions.terms()]

    assert states() == [(4, "planned"), (3, "planned"), (2, "never in force"), (1, "in force")]
    clock.advance(180)
    assert states() == [(4, "planned"), (3, "in force"), (2, "never in force"), (1, "past")]
    put(app, 0.9, 0.4)
    assert states()[:3] == [(5, "in force"), (4, "never in force"), (3, "past")]
    clock.advance(600)
    with app.app_context():
        assert policy_versions.in_force().version == "5"


def test_a_policy_is_planned_by_the_command(app: Flask) -> None:
    """The policy in force stays."""
    limits = ["--approve-from", "0.7", "--refer-from", "0.4", "--reason", "for the new year"]
    done = run(app, "set", *limits, "--from", "2999-01-01T02:00+02:00")
    assert done.exit_code == 0, done.output
    assert "in force from 2999-01-01 02:00:00+02:00" in done.output
    shown = run(app, "show").output
    assert shown.startswith("policy default-1: ")
    assert "planned from 2999-01-01 00:00:00+00:00:\npolicy 1: " in shown
    [_, line] = run(app, "show", "--history").output.splitlines()
    assert "2999-01-01 00:00:00  planned" in line


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("2020-01-01T00:00+00:00", "is past; give a time to come"),
        ("2999-01-01T00:00", "needs an offset from UTC"),
        ("tomorrow", "from must be a time as in 2030-01-31T09:00+00:00, not tomorrow"),
    ],
)
def test_a_wrong_time_is_refused(app: Flask, time: str, message: str) -> None:
    """It says what is accepted, and changes nothing."""
    limits = ["--approve-from", "0.7", "--refer-from", "0.4", "--reason", "why"]
    done = run(app, "set", *limits, "--from", time)
    assert done.exit_code == 2
    assert message in done.output
    with app.app_context():
        assert not policy_versions.history()


@on_both
def test_the_next_decision_follows_and_names_the_version(app: Flask, client: StrictClient) -> None:
    """And so does what is said of the model."""
    before = decided(client)
    assert before["policy_version"] == "default-1"
    probability = before["probability_good_credit"]
    put(app, 0.0, 0.0)
    approved = decided(client)
    assert (approved["decision"], approved["risk_level"]) == ("approve", "LOW")
    put(app, 1.0, 1.0)
    declined = decided(client)
    assert (declined["decision"], declined["policy_version"]) == ("decline", "2")
    assert declined["probability_good_credit"] == probability
    assert client.get("/api/model-info").get_json()["policy_version"] == "2"


def test_a_rule_declines_in_a_batch_too_and_what_the_model_never_saw_is_not_approved(
    app: Flask, client: StrictClient
) -> None:
    """Only those applications that fall under the rule."""
    put(app, 0.0, 0.0, LARGE)
    rows = [{**EXAMPLE, "Credit amount": amount} for amount in (4000, 4001, 900_000)]
    answer = client.post("/api/predict-batch", json={"applications": rows}).get_json()
    assert [one["decision"] for one in answer["predictions"]] == ["approve", "decline", "decline"]
    put(app, 0.0, 0.0)
    assert decided(client, **{"Credit amount": 900_000})["decision"] == "refer"


def test_a_stored_decision_is_shown_with_the_cut_offs_it_was_made_by(
    app: Flask, officer: StrictClient
) -> None:
    """Whatever is in force since, and when it is scored again."""
    put(app, 0.81, 0.51)
    address = f"/decisions/{decided(officer)['decision_id']}"
    put(app, 0.92, 0.62)
    for page in (officer.get(address).text, officer.get(f"{address}/replay").text):
        assert "81" in page.split("approved from")[1][:12]
        assert "51" in page.split("declined below")[1][:12]


def test_the_commands_set_and_show(app: Flask, tmp_path: Path) -> None:
    """Rules stay unless others are given."""
    file = tmp_path / "rules.json"
    file.write_text(json.dumps([LARGE.as_document()]))
    limits = ["--approve-from", "0.75", "--refer-from", "0.45"]
    assert run(app, "set", *limits, "--rules", str(file), "--reason", "first").exit_code == 0
    assert run(app, "set", *limits, "--reason", "second").exit_code == 0
    shown = run(app, "show").output
    assert "policy 2: approved from 0.75, referred from 0.45, declined below" in shown
    assert "decline: Credit amount over 4000: The amount is too large" in shown
    file.write_text("[]")
    run(app, "set", *limits, "--rules", str(file), "--reason", "third")
    assert "Credit amount" not in run(app, "show").output
    history = run(app, "show", "--history").output.splitlines()
    assert [line.split()[0] for line in history] == ["policy", "3", "2", "1"]


def test_the_commands_say_what_looks_wrong_in_rules(app: Flask, tmp_path: Path) -> None:
    """They are accepted all the same."""
    file = tmp_path / "rules.json"
    file.write_text(json.dumps([{**LARGE.as_document(), "under": 5000}]))
    limits = ["--approve-from", "0.75", "--refer-from", "0.45", "--rules", str(file)]
    said = "look again: Rule 1 is always met: every accepted answer to Credit amount meets it."
    assert said in run(app, "simulate", *limits, "--limit", "1").output
    done = run(app, "set", *limits, "--reason", "first")
    assert done.exit_code == 0
    assert said in done.output
    assert said in run(app, "show").output


def test_the_points_of_a_policy_are_answered_recorded_and_kept_by_the_next_one(
    app: Flask, officer: StrictClient
) -> None:
    """A score is on the scale of the policy that decided; 500 points are even odds here."""
    limits = ["--approve-from", "0.7", "--refer-from", "0.4"]
    before = decided(officer)
    done = run(app, "set", *limits, "--points", "500", "1", "100", "--reason", "a round scale")
    assert "500 points are odds of 1 good to 1 bad, 100 points more double them" in done.output
    after = decided(officer)
    odds = after["probability_good_credit"] / after["probability_bad_credit"]
    assert after["score"] == round(500 + 100 * log2(odds))
    assert before["score"] == round(600 + 20 * log2(odds / 50))
    run(app, "set", *limits, "--reason", "as before")
    again = decided(officer)
    assert (again["policy_version"], again["score"]) == ("2", after["score"])
    stored = officer.get(f"/api/decisions/{before['decision_id']}").get_json()
    assert stored["score"] == before["score"]
    assert f"{before['score']} points" in officer.get(f"/decisions/{before['decision_id']}").text


def test_a_wrong_scale_is_refused(app: Flask) -> None:
    """It names the number that is wrong."""
    limits = ["--approve-from", "0.7", "--refer-from", "0.4", "--reason", "why"]
    done = run(app, "set", *limits, "--points", "600", "50", "0")
    assert done.exit_code == 2
    assert "points-to-double must be a number above 0 and at most 10,000, not 0" in done.output


@pytest.mark.parametrize(
    ("cut_offs", "rules", "reason", "message"),
    [
        ("1.2 0.4", "[]", "why", "approve-from must be a number from 0 to 1, not 1.2"),
        ("0.7 nan", "[]", "why", "refer-from must be a number from 0 to 1, not nan"),
        ("0.4 0.7", "[]", "why", "refer-from (0.7) must not be above approve-from (0.4)"),
        ("0.7 0.4", '[{"feature": "Shoe size"}]', "why", "rules.json: rule 1: the feature"),
        ("0.7 0.4", "[", "why", "rules.json: "),
    ],
)
def test_a_bad_policy_is_refused_in_one_line_and_changes_nothing(
    app: Flask, tmp_path: Path, cut_offs: str, rules: str, reason: str, message: str
) -> None:
    """It says what is wrong, and what is accepted."""
    file = tmp_path / "rules.json"
    file.write_text(rules)
    approve, refer = cut_offs.split()
    limits = ["--approve-from", approve, "--refer-from", refer]
    done = run(app, "set", *limits, "--rules", str(file), "--reason", reason)
    assert done.exit_code == 2
    assert message in done.output
    assert done.output.count("\n") == 1
    with app.app_context():
        assert not policy_versions.history()


def test_a_version_that_never_was_is_said_to_be_none(app: Flask) -> None:
    """Rather than shown as another one."""
    with app.app_context(), pytest.raises(BadPolicy, match="no policy has the version 7"):
        policy_versions.find("7")


def test_a_policy_is_tried_on_held_out_and_logged_cases_and_nothing_changes(
    app: Flask, client: StrictClient
) -> None:
    """Where all are approved, so are the bad; what the model never saw is still left to a person."""
    put(app, 1.0, 1.0)
    decided(client)
    done = run(app, "simulate", "--approve-from", "0", "--refer-from", "0", "--limit", "10")
    assert done.exit_code == 0, done.output
    assert "hold-out rows: 300" in done.output
    assert "  approve               99.3%  (97.6% to 99.8%), 298 of 300" in done.output
    assert "  refer                  0.7%  (0.2% to 2.4%), 2 of 300" in done.output
    assert "bad among approved" in done.output
    assert "without referrals: approve from 0." in done.output
    assert "Share of bad credits that a review approves: 0.25" in done.output
    assert "decline to approve: 1" in done.output
    with app.app_context():
        assert policy_versions.in_force().version == "1"


def test_a_policy_that_refers_everybody_pays_for_its_reviews(
    app: Flask, client: StrictClient
) -> None:
    """By hand, of 210 good and 90 bad credits: 0.1 a review, 0.7 * 0.1 and 0.3 * 0.25 * 5 its errors."""
    everybody = ["--approve-from", "1", "--refer-from", "0", "--capacity", "1"]
    done = run(app, "simulate", *everybody)
    assert "cost per applicant    0.545" in done.output
    assert "over the capacity" not in done.output
    assert "  profit per applicant" in done.output
    few = run(app, "simulate", *everybody[:-1], "0.2")
    assert "over the capacity: 240 of 300 referrals; they count as declined" in few.output
    assert f"cost per applicant    {0.2 * 0.545 + 0.8 * 0.7:.3f}" in few.output


def test_a_wrong_policy_is_not_tried(app: Flask) -> None:
    """With the message that setting it would give."""
    done = run(app, "simulate", "--approve-from", "0.2", "--refer-from", "0.4")
    assert done.exit_code == 2
    assert "refer-from (0.4) must not be above approve-from (0.2)" in done.output
