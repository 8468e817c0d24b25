"""The policy in force by default, and the rules that others may have."""

import json
from dataclasses import replace
from typing import Any

import pytest

from creditapp.applications.catalogue import EXAMPLE
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
def test_the_cut_offs_belong_to_the_better_level(probability: float, level: str) -> None:
    """0.7 is low risk and 0.4 is medium risk."""
    assert DEFAULT_POLICY.risk_level(probability) == level


@pytest.mark.parametrize(
    ("level", "known", "unknown"),
    [
        (RiskLevel.LOW, Outcome.APPROVE, Outcome.REFER),
        (RiskLevel.MEDIUM, Outcome.REFER, Outcome.REFER),
        (RiskLevel.HIGH, Outcome.DECLINE, Outcome.DECLINE),
    ],
)
def test_what_the_model_never_saw_is_not_approved(
    level: RiskLevel, known: Outcome, unknown: Outcome
) -> None:
    """An answer outside the training data turns an approval into a referral, and nothing else."""
    assert DEFAULT_POLICY.outcome(level, EXAMPLE, outside_training=False) is known
    assert DEFAULT_POLICY.outcome(level, EXAMPLE, outside_training=True) is unknown


def test_a_rule_makes_a_decision_worse_and_never_better() -> None:
    """The worst of the outcomes counts, whatever the order of the rules."""
    decline = Rule("Duration in month", Outcome.DECLINE, "too long", over=48)
    refer = Rule("Purpose", Outcome.REFER, "needs a look", codes=("A43",))
    for rules in ((decline, refer), (refer, decline)):
        policy = replace(DEFAULT_POLICY, rules=rules)

        def outcome(level: RiskLevel, months: int, policy: Policy = policy) -> Outcome:
            answers = {**EXAMPLE, "Duration in month": months}
            return policy.outcome(level, answers, outside_training=False)

        assert outcome(RiskLevel.LOW, 48) is Outcome.REFER
        assert outcome(RiskLevel.LOW, 49) is Outcome.DECLINE
        assert outcome(RiskLevel.HIGH, 48) is Outcome.DECLINE


def test_a_policy_comes_back_out_of_its_document() -> None:
    """As it was, rules and all."""
    rules = (
        Rule("Credit amount", Outcome.REFER, "amount", over=10_000, under=250),
        Rule("Housing", Outcome.DECLINE, "housing", codes=("A151", "A153")),
    )
    policy = Policy("7", 0.8, 0.3, rules=rules)
    document = json.loads(json.dumps(policy.as_document()))
    assert from_document(document) == policy
    assert rules_from(document["rules"]) == rules


GOOD_RULE = {"feature": "Duration in month", "over": 48, "outcome": "refer", "text": "too long"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feature": "Shoe size"}, "'Shoe size' is not one of the scored features"),
        ({"feature": ["Purpose"]}, "is not one of the scored features"),
        ({"over": 121}, "over 121: accepted for Duration in month is an integer from 1 to 120"),
        ({"over": "48"}, "accepted for Duration in month is an integer"),
        ({"over": True}, "accepted for Duration in month is an integer"),
        ({"codes": ["A43"]}, "accepted is over or under, a number"),
        ({"outcome": "approve"}, "the outcome 'approve' is not refer or decline"),
        ({"outcome": []}, "is not refer or decline"),
        ({"text": " "}, "a text that gives the reason is missing"),
        ({"limit": 3}, "limit is not known; accepted are codes, feature"),
        ({"feature": "Purpose"}, "for Purpose accepted is codes, a list"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_number(change: dict[str, Any], message: str) -> None:
    """With what is wrong in it, and what is accepted."""
    with pytest.raises(BadPolicy) as refused:
        rules_from([GOOD_RULE, {**GOOD_RULE, **change}])
    assert str(refused.value).startswith("rule 2: ")
    assert message in str(refused.value)


def test_of_several_unknown_keys_the_first_in_the_alphabet_is_named() -> None:
    """The message is the same every time, and a long key is cut."""
    with pytest.raises(BadPolicy, match=r"rule 1: limit is not known"):
        rules_from([{**GOOD_RULE, "limit": 3, "reason": "x", "zeal": 1}])
    with pytest.raises(BadPolicy, match=rf"rule 1: {'x' * 50} is not known"):
        rules_from([{**GOOD_RULE, "x" * 51: 3}])


@pytest.mark.parametrize("codes", [[], "A43", ["A43", "A99"], [["A43"]]])
def test_a_rule_over_unknown_codes_is_refused(codes: object) -> None:
    """Or over none."""
    given = {"feature": "Purpose", "codes": codes, "outcome": "decline", "text": "no"}
    with pytest.raises(BadPolicy, match=r"rule 1: (codes: accepted is|the code)"):
        rules_from([given])


@pytest.mark.parametrize("given", [{}, None, [3]])
def test_rules_are_a_list_of_objects(given: object) -> None:
    """Anything else is no rules."""
    with pytest.raises(BadPolicy, match="accepted is"):
        rules_from(given)


def test_no_rule_is_made_over_a_protected_answer() -> None:
    """It could be no lawful reason."""
    rule = {"feature": "Age in years", "under": 21, "outcome": "refer", "text": "young"}
    with pytest.raises(BadPolicy, match="Age in years is protected, and no rule may be made"):
        rules_from([rule])
