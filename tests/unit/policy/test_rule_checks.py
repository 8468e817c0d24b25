"""Rules that are accepted but look wrong: each kind is told, and sensible rules are not."""

from typing import Any

import pytest

from creditapp.policy.definition import rules_from
from creditapp.policy.rule_checks import rule_warnings
from tests.mixed import MIXED
from tests.portfolios import GERMAN

AGE, AMOUNT, PURPOSE = "Number of existing credits at this bank", "Credit amount", "Purpose"


def warned(*rules: dict[str, Any], catalogue: Any = GERMAN) -> list[str]:
    """The warnings about rules that are all accepted."""
    document = [{"outcome": "refer", "text": "because", **rule} for rule in rules]
    return [str(one) for one in rule_warnings(catalogue, rules_from(catalogue, document))]


def number(outcome: str = "refer", feature: str = AMOUNT, **limits: float) -> dict[str, Any]:
    """A rule on a number."""
    return {"feature": feature, "outcome": outcome, **limits}


def codes(*given: str, outcome: str = "refer") -> dict[str, Any]:
    """A rule on the purpose."""
    return {"feature": PURPOSE, "outcome": outcome, "codes": list(given)}


def useless(one: int, other: int) -> str:
    """What is said of a rule that another one makes useless."""
    return f"Rule {one} changes no decision: every answer that meets it also meets rule {other},"


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [number(over=15000)],
        [number(over=15000), number("decline", over=20000)],
        [number(over=15000), number("decline", under=500)],
        [codes("A43"), codes("A46", outcome="decline")],
        [codes("A43", "A46"), codes("A46", outcome="decline")],
        [number(over=15000), number("decline", feature="Duration in month", over=60)],
        [number(over=3000), number(under=5000)],
    ],
)
def test_sensible_rules_have_no_warning(rules: list[dict[str, Any]]) -> None:
    """A stricter rule inside a milder one is how grades are made."""
    assert warned(*rules) == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (number(over=1_000_000_000), "Rule 1 is never met: no accepted answer to Credit amount"),
        (number(feature=AGE, under=1), "Rule 1 is never met"),
        (number(feature=AGE, over=1, under=2), "Rule 1 is always met"),
        (number(over=5000, under=10000), "Rule 1 is always met: every accepted answer to Credit"),
        ({"feature": "Housing", "codes": ["A151", "A152", "A153"]}, "Rule 1 is always met"),
    ],
)
def test_a_rule_that_never_or_always_holds_is_told(rule: dict[str, Any], said: str) -> None:
    """Credits at this bank are 1 to 4; over 5000 or under 10000 is everybody."""
    [warning] = warned(rule)
    assert warning.startswith(said)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (number(over=5000), number(over=5000), "Rules 1 and 2 are met by the same answers"),
        (
            number(feature=AGE, over=2),
            number(feature=AGE, under=1, over=2),
            "Rules 1 and 2 are met",
        ),
        (codes("A43", "A46"), codes("A46", "A43"), "Rules 1 and 2 are met by the same answers"),
        (
            number(over=5000),
            number(over=9000),
            useless(2, 1),
        ),
        (
            number(over=9000),
            number("decline", over=5000),
            useless(1, 2),
        ),
        (
            number(over=9000),
            number("decline", over=9000),
            useless(1, 2),
        ),
        (
            codes("A43"),
            codes("A43", "A46", outcome="decline"),
            useless(1, 2),
        ),
        (
            number(over=5000),
            number("decline", under=9000),
            "Rules 1 and 2 have different outcomes, and some answers to Credit amount meet both",
        ),
        (
            codes("A43", "A46"),
            codes("A46", "A49", outcome="decline"),
            "Rules 1 and 2 have different outcomes",
        ),
        (
            number(over=5000),
            number("decline", under=5000),
            "Neither rule 1 nor rule 2 is met where Credit amount is exactly 5000.",
        ),
        (
            number(feature="Duration in month", under=24),
            number("decline", feature="Duration in month", over=24),
            "Neither rule 1 nor rule 2 is met where Duration in month is exactly 24.",
        ),
    ],
)
def test_two_rules_on_one_feature_are_compared(
    one: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    """Repeated, without effect, in conflict, or with a gap of one value."""
    [warning] = warned(one, other)
    assert warning.startswith(said)


def test_whole_numbers_that_leave_nothing_between_them_do_not_overlap() -> None:
    """Over 23 begins at 24, which is not under 24."""
    months = "Duration in month"
    rules = number(feature=months, over=23), number("decline", feature=months, under=24)
    assert warned(*rules) == []


def test_missing_answers_and_dates_count() -> None:
    """With every number and not the missing answers, a rule is not always met; days have no limits."""
    savings = {"feature": "savings", "over": 1, "under": 2}
    assert warned(savings, catalogue=MIXED) == []
    [warning] = warned({**savings, "codes": [None]}, catalogue=MIXED)
    assert "is always met" in warning
