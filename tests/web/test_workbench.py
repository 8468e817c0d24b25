"""The cut-off workbench: what a policy would do is shown, and then it is put in force with a reason."""

import csv
import html
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from babel import Locale
from flask import Flask

from creditapp.identity.people import Role
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.web.pages import rule_form, typed
from tests.actors import A_TEST
from tests.clients import StrictClient, csrf_token
from tests.portfolios import EXAMPLE

TRIED = "/policy?approve_from=0.8&refer_from=0.5&cost_ratio=5&referral_cost=0.1"


@pytest.fixture
def analyst(client: StrictClient, people: dict[Role, str]) -> StrictClient:
    """The client, signed in as an analyst."""
    client.sign_in("the analyst", people[Role.ANALYST])
    return client


def save(client: StrictClient, **fields: Any) -> Any:
    """What the page's form sends."""
    token = csrf_token(client.get("/policy").text)
    form = {"approve_from": "0.8", "refer_from": "0.5", "reason": "fewer bad ones", **fields}
    return client.post("/policy", data={"csrf_token": token, **form})


def test_both_policies_are_shown_on_labelled_rows_and_on_logged_decisions(
    analyst: StrictClient,
) -> None:
    """With their intervals, the ages, the best single cut-off, and a picture that has words."""
    applications = [{**EXAMPLE, "Credit amount": float(amount)} for amount in range(500, 9000, 300)]
    made = analyst.post("/api/predict-batch", json={"applications": applications}).get_json()
    page = analyst.get(TRIED).text
    assert "On 300 hold-out rows" in page
    assert f"On {len(applications)} recorded decisions" in page
    assert "The cut-offs of least cost" in page
    assert "Share of good credits that a review declines 0.1" in page
    assert "Expected profit per applicant (DM)" in page
    assert "A single cut-off without referrals" in page
    for ages in ("18–24", "25–34", "35–44", "45–59", "60–100"):
        assert ages in page

    def would_be(probability: float) -> str:
        return "approve" if probability >= 0.8 else "refer" if probability >= 0.5 else "decline"

    flips = {
        one["decision_id"]
        for one in made["predictions"]
        if would_be(one["probability_good_credit"]) != one["decision"]
    }
    assert flips
    assert set(re.findall(r"/decisions/([0-9a-f-]{36})", page)) == flips


def test_the_charts_are_files_as_well(analyst: StrictClient) -> None:
    """Of what was tried, also by the form with its rules, and in a language with another decimal mark."""
    analyst.set_cookie("creditapp_language", "fr")
    token = csrf_token(analyst.get("/policy").text)
    tried = {"approve_from": "0,8", "refer_from": "0,5", "cost_ratio": "5,125", "csrf_token": token}
    page = analyst.post("/policy/try", data=tried).text
    addresses = re.findall(r'href="(/policy\?[^"]+as=(?:csv|svg))"', page)
    assert len(addresses) == 4
    for address in map(html.unescape, addresses):
        file = analyst.get(address)
        assert file.status_code == 200
        assert "attachment" in file.headers["Content-Disposition"]
    costs = list(csv.reader(io.StringIO(analyst.get(html.unescape(addresses[0])).text)))
    # 210 of 300 are good and 90 are bad: everybody is approved, or nobody is.
    assert [costs[1][1], costs[-1][1]] == [str(90 * 5.125 / 300), "0.7"]
    for wrong in ("chart=none&as=csv", "chart=cost&as=pdf"):
        assert analyst.get(f"{TRIED}&{wrong}").status_code == 404


def test_what_is_assumed_of_reviews_changes_what_they_cost(analyst: StrictClient) -> None:
    """Everybody is referred and nobody can review, so all are declined: 210 of 300 are good."""
    page = analyst.get("/policy?approve_from=1&refer_from=0&capacity=0").text
    assert "refers more applications than people can review" in page
    assert "300 / 300" in page
    assert "0.700 <" in page.partition("Expected cost per applicant")[2]


def test_decisions_of_an_older_policy_do_not_count_as_changes(
    app: Flask, analyst: StrictClient
) -> None:
    """The policy tried is compared with the one in force, on the same cases, not with older decisions."""
    applications = [{**EXAMPLE, "Credit amount": float(amount)} for amount in range(500, 9000, 300)]
    analyst.post("/api/predict-batch", json={"applications": applications})
    with app.app_context():
        policy_versions.put_in_force(Policy("tried", 0.8, 0.5), A_TEST, "to be stricter")
    page = analyst.get(TRIED).text
    assert f"On {len(applications)} recorded decisions" in page
    assert "No decision would change." in page


def test_the_page_opens_with_the_policy_in_force(analyst: StrictClient) -> None:
    """Nothing is computed and nothing can be saved until a policy is tried."""
    page = analyst.get("/policy").text
    assert 'value="0.7"' in page
    assert "nobody: this is the policy that every installation begins with" in page
    assert "recorded decisions" not in page
    assert 'action="/policy"' not in page


def test_the_policy_in_force_tried_beside_itself_changes_nothing(analyst: StrictClient) -> None:
    """The page says so before it is put in force again."""
    page = analyst.get("/policy?approve_from=0.7&refer_from=0.4").text
    assert "On 0 recorded decisions" in page
    assert "Nothing changes: this is the policy in force." in page


def test_what_changes_is_said_in_words(app: Flask, analyst: StrictClient) -> None:
    """Cut-offs and rules, before anything is put in force; the rules in force are in words, too."""
    amount = Rule("Credit amount", Outcome.DECLINE, "The amount is too large", over=4000)
    with app.app_context():
        policy_versions.put_in_force(Policy("x", rules=(amount,)), A_TEST, "to have a rule")
    page = analyst.get("/policy").text
    assert "Credit amount: over 4,000" in page
    assert "to have a rule" in page
    purpose = Rule("Purpose", Outcome.REFER, "A person looks at it", codes=("A40",))
    form = {"csrf_token": csrf_token(page), "approve_from": "0.8", "refer_from": "0.4"}
    tried = analyst.post("/policy/try", data={**form, **row(0, purpose)}).text
    changes = tried.partition('id="changes"')[2].partition("</ul>")[0]
    assert "Approved from 0.8 instead of 0.7" in changes
    assert "Referred from" not in changes
    assert "Rule added: Purpose:" in changes
    assert "Rule removed: Credit amount: over 4,000" in changes


def test_numbers_are_typed_as_the_reader_writes_them(
    app: Flask, analyst: StrictClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comma in French, in the cut-offs and in rules; what the page sends back is read again."""
    amount = Rule("Credit amount", Outcome.DECLINE, "Trop", over=4000.5)
    token = csrf_token(analyst.get("/policy").text)
    form = {"approve_from": "0,8", "refer_from": "0,45", "cost_ratio": "5,125"}
    rule = row(0, amount, over="4 000,5")
    data = {"csrf_token": token, **form, **rule}
    for module in (typed, rule_form):
        monkeypatch.setattr(module, "get_locale", lambda: Locale("fr"))
    tried = analyst.post("/policy/try", data=data)
    assert tried.status_code == 200
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', tried.text))
    assert (hidden["approve_from"], hidden["cost_ratio"]) == ("0,8", "5,125")
    sent = {**hidden, "reason": "moins", "csrf_token": token}
    assert analyst.post("/policy", data=sent).status_code == 302
    with app.app_context():
        in_force = policy_versions.in_force()
    assert (in_force.low_risk_from, in_force.medium_risk_from) == (0.8, 0.45)
    assert in_force.rules == (amount,)
    monkeypatch.undo()
    refused = analyst.post("/policy/try", data={"csrf_token": token, "approve_from": "0,8"})
    assert refused.status_code == 422
    assert "This is not a number." in refused.text


def test_a_browser_shows_the_numbers_of_a_page_in_french(analyst: StrictClient) -> None:
    """A field of the type number would show nothing for 0,7."""
    page = analyst.get("/policy", headers={"Accept-Language": "fr"}).text
    [field] = re.findall(r'<input[^>]* name="approve_from"[^>]*>', page)
    assert 'value="0,7"' in field
    assert 'type="text"' in field


def test_the_charts_have_units_a_legend_and_their_figures(analyst: StrictClient) -> None:
    """One for the cost and one for the approvals, with the tried cut-offs marked in both."""
    page = analyst.get(TRIED).text
    for words in (
        "Expected cost per applicant; a declined good credit costs 1",
        "Share of applicants approved, in percent",
        "Single cut-off on the probability of good credit",
        "tried: approve from 0.8",
        "tried: refer from 0.5",
        "100 %",
    ):
        assert words in page
    assert page.count('<figure class="chart">') == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("approve_from=x&refer_from=0.4&cost_ratio=5&referral_cost=0", "This is not a number."),
        ("approve_from=1.2&refer_from=0.4&cost_ratio=5&referral_cost=0", "from 0 to 1"),
        ("approve_from=nan&refer_from=0.4&cost_ratio=5&referral_cost=0", "from 0 to 1"),
        (
            "approve_from=0.5&refer_from=0.6&cost_ratio=5&referral_cost=0",
            "must not be above approve-from",
        ),
        ("approve_from=0.7&refer_from=0.4&cost_ratio=-1&referral_cost=0", "from 0 to 1000000"),
    ],
)
def test_wrong_numbers_are_told_at_their_field(
    analyst: StrictClient, query: str, said: str
) -> None:
    """What was given stays in the form."""
    answer = analyst.get(f"/policy?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{query.partition("=")[2].partition("&")[0]}"' in answer.text


def test_an_analyst_saves_with_a_reason_and_the_rules_stay(
    app: Flask, analyst: StrictClient
) -> None:
    """By the same road as the command; the next decision is made by it."""
    rule = Rule("Credit amount", Outcome.DECLINE, "The amount is too large", over=4000)
    with app.app_context():
        before = policy_versions.put_in_force(
            Policy("tried", 0.7, 0.4, rules=(rule,)), A_TEST, "to have a rule"
        ).version
    saved = save(analyst, instead_of=before)
    assert (saved.status_code, saved.headers["Location"]) == (302, "/policy")
    with app.app_context():
        newest = policy_versions.history()[0]
        in_force = policy_versions.in_force()
    assert (newest.set_by, newest.reason) == ("person:the analyst", "fewer bad ones")
    assert (in_force.low_risk_from, in_force.medium_risk_from) == (0.8, 0.5)
    assert in_force.rules == (rule,)
    assert "fewer bad ones" in analyst.get("/policy").text


def test_an_analyst_plans_a_policy(app: Flask, analyst: StrictClient) -> None:
    """The page says from when; the time is that of UTC."""
    before = DEFAULT_POLICY.version
    assert save(analyst, instead_of=before, starts_at="2999-01-01T09:30").status_code == 302
    with app.app_context():
        assert policy_versions.in_force() == DEFAULT_POLICY
    page = analyst.get(TRIED).text
    assert "Policy 1 is planned from 2999-01-01 09:30 UTC." in page
    assert "never comes into force" in page
    assert save(analyst, instead_of=before).status_code == 409


def row(number: int, rule: Rule | None = None, **fields: str) -> dict[str, str]:
    """The fields of one rule in the form; all empty without a rule."""
    texts = {"feature": "", "over": "", "under": "", "codes": "", "outcome": "refer", "text": ""}
    if rule:
        texts |= {key: str(value) for key, value in rule.as_document().items() if key != "codes"}
        texts["codes"] = ", ".join(rule.codes)
    return {f"rules-{number}-{key}": value for key, value in {**texts, **fields}.items()}


def shown_rules(page: str) -> dict[str, str]:
    """The values of the form's rules as the page shows them in the form that saves."""
    hidden = re.findall(r'<input type="hidden" name="(rules-[^"]+)" value="([^"]*)">', page)
    return dict(hidden)


def test_rules_are_added_changed_and_removed_by_the_form(app: Flask, analyst: StrictClient) -> None:
    """They are tried first, and what is then sent is what the page holds; nothing needs JavaScript."""
    amount = Rule("Credit amount", Outcome.DECLINE, "The amount is too large", over=4000)
    purpose = Rule("Purpose", Outcome.REFER, "A person looks at it", codes=("A46", "A49"))
    with app.app_context():
        before = policy_versions.put_in_force(
            Policy("tried", rules=(amount,)), A_TEST, "to have a rule"
        ).version
    assert shown_rules(analyst.get("/policy?approve_from=0.7&refer_from=0.4").text) == {
        **row(0, amount),
        **row(1),
    }

    def put(rules: dict[str, str], instead_of: str) -> tuple[Rule, ...]:
        token = csrf_token(analyst.get("/policy").text)
        tried = analyst.post("/policy/try", data={"csrf_token": token, **rules})
        assert tried.status_code == 200
        saved = save(analyst, instead_of=instead_of, **shown_rules(tried.text))
        assert saved.status_code == 302, saved.text
        with app.app_context():
            return policy_versions.in_force().rules

    assert put({**row(0, amount), **row(1, purpose)}, before) == (amount, purpose)
    changed = {**row(0, amount, over="5000"), **row(1, purpose)}
    assert put(changed, "2") == (replace(amount, over=5000), purpose)
    assert put({**row(0), **row(1, purpose)}, "3") == (purpose,)
    assert put(row(0), "4") == ()


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        (
            {"feature": "Credit amount", "over": "x", "text": "y"},
            422,
            "rule 1: over must be a number",
        ),
        ({"feature": "Credit amount", "over": "9"}, 422, "rule 1: the text is missing"),
        ({"feature": "Age in years", "over": "9", "text": "y"}, 422, "Age in years is protected"),
        (
            {"feature": "Purpose", "codes": "A43,B", "text": "y"},
            422,
            "rule 1: a code must be one of",
        ),
        (
            {"feature": "Credit amount", "over": "9", "under": "10", "text": "y"},
            200,
            "Rule 1 is always met",
        ),
    ],
)
def test_rules_that_are_wrong_are_refused_and_doubtful_ones_are_told(
    analyst: StrictClient, fields: dict[str, str], status: int, said: str
) -> None:
    """What was given stays in the form."""
    token = csrf_token(analyst.get("/policy").text)
    answer = analyst.post("/policy/try", data={"csrf_token": token, **row(0, **fields)})
    assert answer.status_code == status
    assert said in answer.text.replace("&#39;", "'")
    given = fields.get("over") or fields["codes"]
    assert f'value="{given}"' in answer.text


def test_a_form_that_is_stale_changes_nothing(app: Flask, analyst: StrictClient) -> None:
    """Somebody else put another policy in force meanwhile: the page says so."""
    with app.app_context():
        other = policy_versions.put_in_force(
            Policy("tried", 0.9, 0.6), A_TEST, "to be first"
        ).version
    stale = save(analyst, instead_of=DEFAULT_POLICY.version)
    assert stale.status_code == 409
    assert f"policy {other} was set after you opened this page" in stale.text
    with app.app_context():
        assert policy_versions.in_force().version == other


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reason": " "}, 422),
        ({"reason": "x" * 501}, 422),
        ({"approve_from": "x"}, 422),
        ({"approve_from": "0.1"}, 422),
        ({"approve_from": "nan"}, 422),
        ({"starts_at": "soon"}, 422),
        ({"starts_at": "2020-01-01T00:00"}, 422),
    ],
)
def test_what_cannot_be_saved_changes_nothing(
    app: Flask, analyst: StrictClient, fields: dict[str, str], status: int
) -> None:
    """No reason, or no policy."""
    refused = save(analyst, instead_of=DEFAULT_POLICY.version, **fields)
    assert refused.status_code == status
    assert 'role="alert"' in refused.text
    with app.app_context():
        assert policy_versions.in_force() == DEFAULT_POLICY
