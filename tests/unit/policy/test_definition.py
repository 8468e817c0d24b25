"""The default policy, and the rules that a policy can have."""

import json
from dataclasses import replace
from typing import Any

import pytest

from creditapp.exceptions import BadPolicy
from creditapp.policy.definition import (
    DEFAULT_POLICY,
    Outcome,
    Policy,
    RiskLevel,
    Rule,
    from_document,
    rules_from,
)
from tests import mixed
from tests.mixed import MIXED
from tests.portfolios import EXAMPLE, GERMAN


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (1.0, "LOW"),
        (0.7, "LOW"),
        (0.6999999, "MEDIUM"),
        (0.4, "MEDIUM"),
        (0.3999999, "HIGH"),
        (0.0, "HIGH"),
    ],
)
def test_a_cut_off_belongs_to_the_better_level(probability: float, level: str) -> None:
    """A probability of exactly 0.7 is low risk, and one of exactly 0.4 is medium risk."""
    assert DEFAULT_POLICY.risk_level(probability) == level


@pytest.mark.parametrize(
    ("level", "inside", "outside"),
    [
        (RiskLevel.LOW, Outcome.APPROVE, Outcome.REFER),
        (RiskLevel.MEDIUM, Outcome.REFER, Outcome.REFER),
        (RiskLevel.HIGH, Outcome.DECLINE, Outcome.DECLINE),
    ],
)
def test_an_answer_outside_training_is_not_approved(
    level: RiskLevel, inside: Outcome, outside: Outcome
) -> None:
    """It turns an approval into a referral, and changes no other outcome."""
    assert DEFAULT_POLICY.outcome(level, GERMAN, EXAMPLE, outside_training=False) is inside
    assert DEFAULT_POLICY.outcome(level, GERMAN, EXAMPLE, outside_training=True) is outside


def test_a_rule_makes_a_decision_worse_and_never_better() -> None:
    """The most severe outcome counts, in any order of the rules."""
    decline = Rule("Duration in month", Outcome.DECLINE, "too long", over=48)
    refer = Rule("Purpose", Outcome.REFER, "needs a look", codes=("A43",))
    for rules in ((decline, refer), (refer, decline)):
        policy = replace(DEFAULT_POLICY, rules=rules)

        def outcome(level: RiskLevel, months: int, policy: Policy = policy) -> Outcome:
            answers = {**EXAMPLE, "Duration in month": months}
            return policy.outcome(level, GERMAN, answers, outside_training=False)

        assert outcome(RiskLevel.LOW, 48) is Outcome.REFER
        assert outcome(RiskLevel.LOW, 49) is Outcome.DECLINE
        assert outcome(RiskLevel.HIGH, 48) is Outcome.DECLINE


def test_a_policy_survives_a_round_trip_through_json() -> None:
    """The policy that is read back equals the original, including its rules."""
    rules = (
        Rule("Credit amount", Outcome.REFER, "amount", over=10_000, under=250),
        Rule("Housing", Outcome.DECLINE, "housing", codes=("A151", "A153")),
    )
    policy = Policy("7", 0.8, 0.3, rules=rules)
    document = json.loads(json.dumps(policy.as_document()))
    assert from_document(document) == policy
    assert rules_from(GERMAN, document["rules"]) == rules


GOOD_RULE = {"feature": "Duration in month", "over": 48, "outcome": "refer", "text": "too long"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feature": "Shoe size"}, "'Shoe size' is not one of the scored features"),
        ({"feature": ["Purpose"]}, "is not one of the scored features"),
        (
            {"over": 121},
            "over must be an integer from 1 to 120 for Duration in month, not 121",
        ),
        ({"over": "48"}, "for Duration in month, not '48'"),
        ({"over": True}, "for Duration in month, not True"),
        ({"codes": ["A43"]}, "for Duration in month use over or under, with a number"),
        ({"outcome": "approve"}, "the outcome must be refer or decline, not 'approve'"),
        ({"outcome": []}, "the outcome must be refer or decline, not []"),
        ({"text": " "}, "the text is missing; it gives the reason to the applicant"),
        ({"limit": 3}, "the key limit is unknown; use codes, feature"),
        ({"feature": "Purpose"}, "for Purpose use codes, with a list"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_number(change: dict[str, Any], message: str) -> None:
    """The message gives the rule's number, says what is wrong, and says what is accepted."""
    with pytest.raises(BadPolicy) as refused:
        rules_from(GERMAN, [GOOD_RULE, {**GOOD_RULE, **change}])
    assert str(refused.value).startswith("rule 2: ")
    assert message in str(refused.value)


def test_of_several_unknown_keys_the_first_in_the_alphabet_is_named() -> None:
    """The message is the same every time, and a long key is cut."""
    with pytest.raises(BadPolicy, match=r"rule 1: the key limit is unknown"):
        rules_from(GERMAN, [{**GOOD_RULE, "limit": 3, "reason": "x", "zeal": 1}])
    with pytest.raises(BadPolicy, match=rf"rule 1: the key {'x' * 50} is unknown"):
        rules_from(GERMAN, [{**GOOD_RULE, "x" * 51: 3}])


@pytest.mark.parametrize("codes", [[], "A43", ["A43", "A99"], [["A43"]]])
def test_a_rule_over_unknown_codes_is_refused(codes: object) -> None:
    """The codes must be a list of at least one code of the feature."""
    rule = {"feature": "Purpose", "codes": codes, "outcome": "decline", "text": "no"}
    with pytest.raises(BadPolicy, match=r"rule 1: (codes must be a list|a code must be one of)"):
        rules_from(GERMAN, [rule])


@pytest.mark.parametrize("document", [{}, None, [3]])
def test_rules_must_be_a_list_of_objects(document: object) -> None:
    """Other JSON is refused."""
    with pytest.raises(BadPolicy, match=r"rules must be a list|rule 1 must be an object"):
        rules_from(GERMAN, document)


def test_a_rule_on_a_protected_answer_is_refused() -> None:
    """A protected answer is no lawful reason for a decision."""
    rule = {"feature": "Age in years", "under": 21, "outcome": "refer", "text": "young"}
    with pytest.raises(BadPolicy, match="Age in years is protected; a rule must not use"):
        rules_from(GERMAN, [rule])


@pytest.mark.parametrize(
    ("rule", "changes", "met"),
    [
        ({"feature": "income", "under": 1000}, {"income": 999.5}, True),
        ({"feature": "income", "under": 1000}, {"income": 1000}, False),
        ({"feature": "income", "under": 1000}, {"income": None}, False),
        ({"feature": "income", "under": 1000}, {"income": -1}, False),
        ({"feature": "income", "codes": [-1]}, {"income": -1}, True),
        ({"feature": "income", "codes": [-1]}, {"income": -1.0}, True),
        ({"feature": "income", "codes": [-1]}, {"income": None}, False),
        ({"feature": "income", "under": 1000, "codes": [None]}, {"income": None}, True),
        ({"feature": "income", "under": 1000, "codes": [None]}, {"income": 10}, True),
        ({"feature": "income", "under": 1000, "codes": [None]}, {"income": -1}, False),
        ({"feature": "school", "codes": ["?", None]}, {"school": None}, True),
        ({"feature": "school", "codes": ["?"]}, {"school": "lower"}, False),
        ({"feature": "married", "codes": [False]}, {"married": False}, True),
        ({"feature": "married", "codes": [False]}, {"married": None}, False),
        ({"feature": "region", "codes": [30]}, {"region": 30}, True),
        # 2025-06-30 is 180 days after 2025-01-01
        ({"feature": "hired", "under": 180}, {"hired": "2025-01-01"}, False),
        ({"feature": "hired", "under": 181}, {"hired": "2025-01-01"}, True),
        ({"feature": "hired", "over": 179}, {"hired": "2025-01-01"}, True),
        ({"feature": "hired", "under": 181}, {"hired": None}, False),
        ({"feature": "hired", "under": 181}, {"hired": "never"}, False),
        ({"feature": "hired", "codes": ["never"]}, {"hired": "never"}, True),
    ],
)
def test_a_rule_may_be_on_missing_answers_and_on_days(
    rule: dict[str, Any], changes: dict[str, Any], met: bool
) -> None:
    """A missing answer is no number; a date is the number of days before the application."""
    [made] = rules_from(MIXED, [{**rule, "outcome": "refer", "text": "looked at"}])
    assert made.is_met(MIXED, {**mixed.EXAMPLE, **changes}) is met
    [again] = from_document(json.loads(json.dumps(Policy("1", rules=(made,)).as_document()))).rules
    assert again == made


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"feature": "income", "codes": [5]}, "a code must be a missing answer for income, not 5"),
        ({"feature": "income", "codes": ["-1"]}, "a missing answer for income, not '-1'"),
        ({"feature": "income", "over": -1}, "over must be a number over 0 and up to 1000000"),
        ({"feature": "grade", "codes": [None]}, "a code must be one of 1, 2, 3; also -9"),
        ({"feature": "hired", "over": "2025-01-01"}, "over must be a number of days for hired"),
        ({"feature": "hired", "over": True}, "over must be a number of days for hired"),
        ({"feature": "born", "codes": [None]}, "for born use over or under, with a number"),
        ({"feature": "owner", "codes": [1]}, "a code must be one of false, true for owner, not 1"),
        ({"feature": "note", "codes": ["x"]}, "is not one of the scored features"),
        ({"feature": "applied", "over": 3}, "is not one of the scored features"),
    ],
)
def test_a_wrong_rule_on_missing_answers_or_days_is_refused(
    rule: dict[str, Any], message: str
) -> None:
    """The message says what is accepted."""
    with pytest.raises(BadPolicy) as refused:
        rules_from(MIXED, [{**rule, "outcome": "refer", "text": "looked at"}])
    assert message in str(refused.value)


def test_a_rule_on_a_question_that_is_not_asked_is_never_met() -> None:
    """A policy may outlive the catalogue that it was written for."""
    rule = Rule("Purpose", Outcome.REFER, "looked at", codes=("A40",))
    assert not rule.is_met(MIXED, mixed.EXAMPLE)
