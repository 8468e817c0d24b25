"""Alternatives are correct under the model and the policy throughout, as small as possible, and feasible."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Numeric
from creditapp.explanations.alternatives import MOST_SHOWN, Alternatives, alternatives
from creditapp.explanations.changes import Alternative, Change
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Rule
from creditapp.scoring.scorer import Score, Scorer
from tests.explained import CUT_OFF, Explained, explain_the_default
from tests.model.test_families import made
from tests.portfolios import BY_NAME
from training.estimators.families import FAMILIES

CHANGEABLE = {
    "Duration in month",
    "Credit amount",
    "Other debtors / guarantors",
    "Other installment plans",
}
RATE = "Installment rate in percentage of disposable income"
DRAWN = 40


@pytest.fixture(scope="module")
def explained() -> Explained:
    """The default model on the project's own data."""
    return explain_the_default()


@pytest.fixture(scope="module")
def found(explained: Explained) -> list[tuple[Application, Score, Alternatives]]:
    """What would change each adverse case of the hold-out."""
    return [
        (application, score, alternatives(application, explained.scorer, DEFAULT_POLICY))
        for application, score in explained.adverse()
    ]


def numbers_in(change: Change, draw: random.Random) -> list[Any]:
    """Every whole number of a range, or many numbers of it with both ends; the code of a code."""
    if not isinstance(change.question, Numeric) or not change.is_range:
        return [change.new]
    low, high = sorted([change.new, change.until])
    if change.question.integer:
        return list(range(low, high + 1))
    return [low, high, *(draw.uniform(low, high) for _ in range(DRAWN))]


def meant(application: Application, alternative: Alternative) -> Iterator[Application]:
    """Applications that an alternative speaks of, with every instalment that may follow."""
    draw = random.Random(3)
    names = [change.feature for change in alternative.changes]
    rates = [1, 2, 3, 4] if alternative.followers else [application.answers[RATE]]
    values = [numbers_in(change, draw) for change in alternative.changes]
    for *new, rate in product(*values, rates):
        yield Application({**application.answers, **dict(zip(names, new, strict=True)), RATE: rate})


def test_every_answer_of_an_alternative_leads_to_an_approval(
    explained: Explained, found: list[tuple[Application, Score, Alternatives]]
) -> None:
    """Each whole number, many other numbers, and each instalment that may follow are scored again."""
    reachable = shown = ranges = 0
    for application, score, result in found:
        reachable += bool(result.approved)
        for one in result.approved:
            shown += 1
            ranges += any(change.is_range for change in one.changes)
            again = explained.scorer.score(list(meant(application, one)))
            lowest = min(each.probability_good for each in again)
            assert lowest >= CUT_OFF
            assert lowest >= one.probability_good_credit - 1e-9
            assert {each.outside_training for each in again} == {score.outside_training}
            assert one.decision == "approve"
    print(f"an approval can be reached in {reachable} of {len(found)} adverse cases")
    print(f"{ranges} of {shown} alternatives have a range, and all hold throughout")
    assert reachable > 50
    assert ranges > 60


def test_an_alternative_changes_only_what_can_change(
    found: list[tuple[Application, Score, Alternatives]],
) -> None:
    """Months and amount become smaller, and the instalment that follows is open then."""
    for _, _, result in found:
        assert len(result.approved) <= MOST_SHOWN
        assert (result.nearest is None) == bool(result.approved)
        for one in result.approved or [result.nearest]:
            assert one is not None
            features = {change.feature for change in one.changes}
            assert features <= CHANGEABLE
            follows = bool(features & {"Duration in month", "Credit amount"})
            assert [question.name for question in one.followers] == [RATE] * follows
            for change in one.changes:
                assert BY_NAME[change.feature].accepts(change.new)
                assert isinstance(change.old, str) or change.new < change.old
                assert change.until is None or BY_NAME[change.feature].accepts(change.until)


def test_only_the_smallest_changes_are_given(
    explained: Explained, found: list[tuple[Application, Score, Alternatives]]
) -> None:
    """A duration is the longest that is enough; no pair contains a change that is enough by itself."""
    seen = 0
    for application, _, result in found:
        sets = [{change.feature for change in one.changes} for one in result.approved]
        assert not any(a < b or a == b for i, a in enumerate(sets) for b in sets[i + 1 :])
        for one in result.approved:
            if [change.feature for change in one.changes] == ["Duration in month"]:
                seen += 1
                [change] = one.changes
                longer = range(int(change.new) + 1, int(change.old))
                assert not any(approves(explained, application, months) for months in longer)
                assert not approves(explained, application, int(change.until) - 1)
    assert seen > 5


def approves(explained: Explained, application: Application, months: int) -> bool:
    """Whether another duration is enough for an approval, whatever the instalment is then."""
    changed = [
        Application({**application.answers, "Duration in month": months, RATE: rate})
        for rate in (1, 2, 3, 4)
    ]
    scores = explained.scorer.score(changed)
    return all(one.probability_good >= CUT_OFF and not one.outside_training for one in scores)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_score_changes_between_two_splits(family: str) -> None:
    """For each family: random months and amounts between two neighbouring splits score alike."""
    one = made(family)
    draw = random.Random(5)
    for name in ("Duration in month", "Credit amount", RATE):
        splits = one.scorer.splits[name]
        assert splits
        spaces = [(low.above, high.below) for low, high in pairwise(splits)]
        for application in one.applications[:3]:
            scores = [
                scores_at(one.scorer, application, name, [low, high, draw.uniform(low, high)])
                for low, high in spaces
                if low < high
            ]
            assert all(np.ptp(row) <= 1e-9 for row in scores)
            assert len({row[0] for row in scores}) > 1 or len(scores) < 2


def scores_at(scorer: Scorer, application: Application, name: str, numbers: Sequence[float]) -> Any:
    """The scores of an application with other numbers for one answer."""
    columns: dict[str, Any] = {key: [value] * 3 for key, value in application.answers.items()}
    return scorer.probabilities({**columns, name: numbers})


def test_candidates_are_scored_in_few_calls(explained: Explained) -> None:
    """The engine scores a few thousand rows in one batch almost as fast as a few."""
    calls: list[int] = []

    class Counting:
        catalogue = explained.scorer.catalogue
        splits, seen = explained.scorer.splits, explained.scorer.seen

        def score(self, applications: Sequence[Application]) -> list[Score]:
            calls.append(len(applications))
            return explained.scorer.score(applications)

    counting: Any = Counting()
    for application, _ in explained.adverse()[:20]:
        calls.clear()
        alternatives(application, counting, DEFAULT_POLICY)
        assert len(calls) <= 1 + MOST_SHOWN
        assert sum(calls) < 20_000


def test_a_rule_on_an_unchangeable_answer_prevents_approval(explained: Explained) -> None:
    """Only the nearest alternative is given: a better score does not change what the rule decides."""
    rule = Rule("Number of existing credits at this bank", Outcome.REFER, "looked at", over=0)
    application, _score = explained.adverse()[0]
    result = alternatives(application, explained.scorer, replace(DEFAULT_POLICY, rules=(rule,)))
    assert result.approved == ()
    assert result.nearest is not None
    assert result.nearest.decision != "approve"


def test_alternatives_obey_a_rule_on_the_amount(explained: Explained) -> None:
    """An amount above the rule's limit is not suggested, nor is a range over it."""
    rule = Rule("Credit amount", Outcome.DECLINE, "too much", over=1500)
    policy = replace(DEFAULT_POLICY, rules=(rule,))
    seen = 0
    for application, _score in explained.adverse()[:40]:
        for one in alternatives(application, explained.scorer, policy).approved:
            amounts = [float(each.answers["Credit amount"]) for each in meant(application, one)]
            assert max(amounts) <= 1500
            seen += 1
    assert seen > 5
