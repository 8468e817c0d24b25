"""Two people for a review and for a change: neither can do alone what both must do."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from creditapp.exceptions import ProposalClosed
from creditapp.factory import create_app
from creditapp.identity import audit, proposals
from creditapp.identity import people as people_module
from creditapp.identity.people import Role
from creditapp.identity.proposals import Kind, Settlement, Verdict
from creditapp.policy import proposed
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy, Rule
from creditapp.serving import cache, deployments
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token, form_data
from tests.engines import on_both
from tests.portfolios import EXAMPLE

SignIn = Callable[[str], StrictClient]
LARGE = Rule("Credit amount", Outcome.DECLINE, "The amount is too large", over=4000)


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Four eyes are on, for the page as for the commands that it has run."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri)
    monkeypatch.setenv("CREDITAPP_FOUR_EYES", "on")
    return replace(settings, four_eyes="on")


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Adds a person named for the role and a letter, such as `analyst a`, and signs them in."""

    def do(name: str) -> StrictClient:
        password = secrets.token_urlsafe(12)
        with app.app_context():
            people_module.add(name, Role(name.split(maxsplit=1)[0]), password, A_TEST)
        client = app.test_client()
        assert isinstance(client, StrictClient)
        assert client.sign_in(name, password).status_code == 302
        return client

    return do


def propose_policy(client: StrictClient, **fields: str) -> Any:
    """Send the form of the policy."""
    token = csrf_token(client.get("/policy").text)
    form = {"approve_from": "0.8", "refer_from": "0.5", "reason": "fewer bad ones", **fields}
    return client.post("/policy", data={"csrf_token": token, **form})


def settle(client: StrictClient, number: int, verdict: str, reason: str = "seen") -> Any:
    """Send the form of a proposal."""
    token = csrf_token(client.get("/policy").text)
    form = {"csrf_token": token, "verdict": verdict, "reason": reason}
    return client.post(f"/proposals/{number}", data=form)


def in_force(app: Flask) -> str:
    """The version of the policy in force."""
    with app.app_context():
        return policy_versions.in_force().version


def events(app: Flask, *actions: str) -> list[tuple[str, str, str, str]]:
    """The newest events of some kinds, oldest first."""
    with app.app_context():
        newest = [one for one in audit.find_newest(limit=50) if one.action in actions]
    return [(one.actor, one.action, one.subject, one.detail) for one in reversed(newest)]


@on_both
def test_a_policy_is_in_force_once_another_person_approves_it(app: Flask, sign_in: SignIn) -> None:
    """The page says who waits for whom; policy and trail name both."""
    ann, bea = sign_in("analyst a"), sign_in("analyst b")
    tried = ann.get("/policy?approve_from=0.8&refer_from=0.5").text
    assert "Another person approves it before it is in force." in tried
    assert propose_policy(ann).status_code == 302
    assert in_force(app) == "default-1"
    page = ann.get("/policy").text
    assert "Waiting for a second person" in page
    assert "Withdraw" in page
    assert "Approve and put in force" not in page
    refused = settle(ann, 1, "approved")
    assert refused.status_code == 403
    assert "you made proposal 1, so another person must approve" in refused.text
    assert "Approve and put in force" in bea.get("/policy").text
    assert settle(bea, 1, "approved").status_code == 302
    assert in_force(app) == "1"
    assert "Waiting for a second person" not in bea.get("/policy").text
    with app.app_context():
        [row] = policy_versions.history()
    assert (row.set_by, row.low_risk_from) == ("person:analyst b", 0.8)
    assert row.reason == "fewer bad ones (proposed by person:analyst a)"
    assert events(app, "change proposed", "proposal approved", "policy changed") == [
        ("person:analyst a", "change proposed", "proposal 1 (policy)", "fewer bad ones"),
        ("person:analyst b", "proposal approved", "proposal 1 (policy)", "seen"),
        ("person:analyst b", "policy changed", "policy 1", row.reason),
    ]


DONE = {"rejected": "rejected", "withdrawn": "withdrew"}


@pytest.mark.parametrize(
    ("who", "verdict", "status"),
    [
        ("analyst b", "rejected", 302),
        ("analyst a", "withdrawn", 302),
        ("analyst a", "rejected", 403),
        ("analyst b", "withdrawn", 403),
        ("analyst b", "nonsense", 422),
    ],
)
def test_who_may_reject_and_who_may_withdraw(
    app: Flask, sign_in: SignIn, who: str, verdict: str, status: int
) -> None:
    """A settled proposal cannot be approved any more; another one waits on."""
    clients = {name: sign_in(name) for name in ("analyst a", "analyst b")}
    propose_policy(clients["analyst a"])
    assert settle(clients[who], 1, verdict).status_code == status
    later = settle(clients["analyst b"], 1, "approved")
    assert later.status_code == (409 if status == 302 else 302)
    if status == 302:
        assert f"person:{who} {DONE[verdict]} proposal 1" in later.text
        assert in_force(app) == "default-1"


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\x00b"])
def test_a_verdict_needs_a_reason(app: Flask, sign_in: SignIn, reason: str) -> None:
    """Nothing is changed without."""
    propose_policy(sign_in("analyst a"))
    bea = sign_in("analyst b")
    for verdict in ("approved", "rejected"):
        assert settle(bea, 1, verdict, reason).status_code == 422
    assert in_force(app) == "default-1"
    assert settle(bea, 1, "approved").status_code == 302


def test_a_proposal_that_the_policy_has_overtaken_is_not_put_in_force(
    app: Flask, sign_in: SignIn
) -> None:
    """It was made in place of another policy; it stays open and can be rejected."""
    propose_policy(sign_in("analyst a"))
    with app.app_context():
        policy_versions.put_in_force(Policy("tried", 0.9, 0.6), A_TEST, "meanwhile")
    bea = sign_in("analyst b")
    refused = settle(bea, 1, "approved")
    assert refused.status_code == 409
    assert "policy 1 was set after" in refused.text
    assert in_force(app) == "1"
    assert settle(bea, 1, "rejected").status_code == 302


def test_rules_time_and_points_are_kept_in_a_proposal(app: Flask, sign_in: SignIn) -> None:
    """What is approved is what was proposed; a time that has passed is refused."""
    rule = {
        "rules-0-feature": "Credit amount",
        "rules-0-over": "4000",
        "rules-0-outcome": "decline",
        "rules-0-text": "The amount is too large",
    }
    ann, bea = sign_in("analyst a"), sign_in("analyst b")
    assert propose_policy(ann, **rule, starts_at="2999-01-31T09:00").status_code == 302
    page = bea.get("/policy").text
    assert "The amount is too large" in page
    assert "2999-01-31T09:00:00+00:00" in page
    assert settle(bea, 1, "approved").status_code == 302
    with app.app_context():
        [row] = policy_versions.history()
        default = policy_versions.in_force()
    assert row.policy.rules == (LARGE,)
    assert row.starts_at
    assert row.starts_at.year == 2999
    assert row.policy.points == default.points


@on_both
def test_of_two_who_settle_at_once_one_is_told(app: Flask) -> None:
    """The policy and the verdict are one transaction."""
    with app.app_context():
        policy = Policy("tried", 0.8, 0.5)
        number = proposed.propose(policy, A_TEST, "to try", instead_of="default-1")
        proposal = proposals.find(number)
        another = replace(A_TEST, label="another")
        proposals.settle(Settlement(number, Verdict.REJECTED, another, "no"))
        approval = Settlement(number, Verdict.APPROVED, another, "yes")
        with pytest.raises(ProposalClosed):
            proposed.approve(proposal, approval, cache.current().catalogue)
        assert policy_versions.history() == []
        assert proposals.find_open(Kind.POLICY) == []


def test_a_promotion_waits_for_a_second_person_and_checks_its_conditions_then(
    app: Flask, sign_in: SignIn
) -> None:
    """An admin proposes, an analyst approves; a version that does not exist is refused then."""
    ada, ann = sign_in("admin a"), sign_in("analyst b")
    for version in ("99", "1"):
        form = {"csrf_token": csrf_token(ada.get("/models").text), "version": version}
        done = ada.post("/models/promote", data={**form, "reason": "better"})
        assert done.status_code == 302
    page = ann.get("/models").text
    assert "Waiting for a second person" in page
    assert "Promote and serve version 99." in page
    assert settle(ada, 2, "approved").status_code == 403
    refused = settle(ann, 1, "approved")
    assert refused.status_code == 409
    assert "99" in refused.text
    with app.app_context():
        assert len(proposals.find_open(Kind.PROMOTION)) == 2
    assert settle(ann, 2, "approved", "seen its report").status_code == 302
    with app.app_context():
        assert [one.id for one in proposals.find_open(Kind.PROMOTION)] == [1]
    assert events(app, "proposal approved") == [
        ("person:analyst b", "proposal approved", "proposal 2 (promotion)", "seen its report")
    ]
    assert events(app, "model promoted")[-1][::3] == (
        "person:analyst b",
        "better (proposed by person:admin a)",
    )


def test_who_scored_an_application_does_not_review_it(app: Flask, sign_in: SignIn) -> None:
    """The page says so in place of the form; another person reviews it."""
    ann, olga = sign_in("officer a"), sign_in("officer b")
    long = {"duration_in_month": "36", "credit_amount": "9000"}
    form = {**form_data(**long), "csrf_token": csrf_token(ann.get("/").text)}
    assert ann.post("/", data=form).status_code == 200
    page = ann.get("/decisions").text
    [decision] = {part.split('"')[0] for part in page.split('href="/decisions/')[1:]} - {"waiting"}
    path = f"/decisions/{decision}"
    shown = ann.get(path).text
    assert "another person must review it" in shown
    assert 'name="note"' not in shown
    verdict = {
        "outcome": "decline",
        "reason": "other",
        "note": "x",
        "after": "",
        "confirmed": "decline",
    }
    for client, status in ((ann, 403), (olga, 302)):
        token = csrf_token(client.get(path).text)
        answer = client.post(f"{path}/review", data={"csrf_token": token, **verdict})
        assert answer.status_code == status


def run(app: Flask, *arguments: str) -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=arguments)


SET = ("policy", "set", "--approve-from", "0.8", "--refer-from", "0.5", "--reason", "why")


def test_a_command_proposes_or_says_that_nobody_else_agreed(app: Flask, sign_in: SignIn) -> None:
    """Else it is refused; a person approves what a command proposes."""
    refused = run(app, *SET)
    assert refused.exit_code == 2
    assert "propose the change with --propose, or make it with --without" in refused.output
    promotion = run(app, "promote", "1", "--reason", "why")
    assert promotion.exit_code == 2
    assert "version 1: a second person must agree" in promotion.output
    assert in_force(app) == "default-1"
    assert run(app, *SET, "--propose").output == "proposal 1 waits for a second person on /policy\n"
    assert settle(sign_in("analyst a"), 1, "approved").status_code == 302
    assert in_force(app) == "1"
    assert run(app, *SET, "--without-second-person").exit_code == 0
    assert in_force(app) == "2"
    [told] = events(app, "changed without a second person")
    assert told[0].startswith("command line: ")
    assert told[2:] == ("policy", "why")


def test_a_promotion_by_command_is_proposed_or_recorded(app: Flask) -> None:
    """Its kind of event stands apart."""
    done = run(app, "promote", "1", "--reason", "why", "--propose")
    assert done.output == "proposal 1 waits for a second person on /models\n"
    done = run(app, "promote", "1", "--reason", "why", "--without-second-person")
    assert done.exit_code == 0, done.output
    assert events(app, "changed without a second person")[0][2:] == ("version 1", "why")
    other = run(app, "promote", "2", "--reason", "why", "--proposal", "1", "--actor", "x")
    assert "does not propose to promote version 2" in other.output


@pytest.mark.parametrize(
    ("env", "value", "expected"),
    [
        ("development", "", False),
        ("development", "on", True),
        ("production", "", True),
        ("production", "off", False),
    ],
)
def test_production_needs_two_people_unless_it_says_otherwise(
    settings: Settings, env: str, value: str, expected: bool
) -> None:
    """Development does not."""
    assert replace(settings, env=env, four_eyes=value).two_people is expected


def test_without_four_eyes_a_change_is_made_at_once(
    settings: Settings, people: dict[Role, str]
) -> None:
    """And one may review one's own."""
    app = create_app(replace(settings, four_eyes="off"))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in("the analyst", people[Role.ANALYST])
    assert propose_policy(client).status_code == 302
    assert in_force(app) == "1"
    client.post("/api/predict", json=EXAMPLE)
    with app.app_context():
        assert deployments.in_force() is not None
