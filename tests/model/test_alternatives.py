"""Alternatives are correct under the model and the policy, as small as possible, and feasible."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from creditapp.applications.catalogue import Application
from creditapp.explanations.alternatives import MOST_SHOWN, Alternative, alternatives
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Rule
from creditapp.scoring.scorer import Score
from tests.explained import Explained, explain_the_default
from tests.portfolios import BY_NAME

CHANGEABLE = {
    "Duration in month",
    "Credit amount",
    "Other debtors / guarantors",
    "Other installment plans",
}


@pytest.fixture(scope="module")
def explained() -> Explained:
    """The default model on the project's own data."""
    return explain_the_default()


def with_changes(application: Application, alternative: Alternative) -> Application:
    """The application with the alternative's answers."""
    changes = {change.feature: change.new for change in alternative.changes}
    return Application({**application.answers, **changes})


def test_each_alternative_states_its_true_score_and_decision(explained: Explained) -> None:
    """It changes only changeable answers, and only to answers inside the training data."""
    reachable = 0
    for application, score in explained.adverse():
        result = alternatives(application, explained.scorer, DEFAULT_POLICY)
        reachable += bool(result.approved)
        assert len(result.approved) <= MOST_SHOWN
        assert (result.nearest is None) == bool(result.approved)
        for alternative in result.approved or [result.nearest]:
            assert alternative is not None
            [again] = explained.scorer.score([with_changes(application, alternative)])
            probability = alternative.probability_good_credit
            assert probability == pytest.approx(again.probability_good, abs=1e-9)
            assert again.outside_training == score.outside_training
            assert {change.feature for change in alternative.changes} <= CHANGEABLE
            for change in alternative.changes:
                assert BY_NAME[change.feature].accepts(change.new)
                assert isinstance(change.old, str) or change.new < change.old
        assert {alternative.decision for alternative in result.approved} <= {"approve"}
    print(f"an approval can be reached in {reachable} of {len(explained.adverse())} adverse cases")


def test_only_the_smallest_changes_are_given(explained: Explained) -> None:
    """A duration is the longest that is enough; no pair contains a change that is enough by itself."""
    seen = 0
    for application, _score in explained.adverse():
        approved = alternatives(application, explained.scorer, DEFAULT_POLICY).approved
        sets = [{change.feature for change in alternative.changes} for alternative in approved]
        assert not any(a < b or a == b for i, a in enumerate(sets) for b in sets[i + 1 :])
        for alternative in approved:
            if [change.feature for change in alternative.changes] == ["Duration in month"]:
                seen += 1
                [change] = alternative.changes
                longer = range(int(change.new) + 1, int(change.old))
                assert not any(approves(explained, application, months) for months in longer)
    assert seen > 5


def approves(explained: Explained, application: Application, months: int) -> bool:
    """Whether another duration is enough for an approval."""
    changed = Application({**application.answers, "Duration in month": months})
    return explained.scorer.score([changed])[0].probability_good >= DEFAULT_POLICY.low_risk_from


def test_all_candidates_are_scored_in_one_call(explained: Explained) -> None:
    """The engine scores a few hundred rows in one batch almost as fast as a few."""
    calls: list[int] = []

    class Counting:
        catalogue = explained.scorer.catalogue

        def score(self, applications: Sequence[Application]) -> list[Score]:
            calls.append(len(applications))
            return explained.scorer.score(applications)

    counting: Any = Counting()
    application, _score = explained.adverse()[0]
    alternatives(application, counting, DEFAULT_POLICY)
    assert len(calls) == 1
    assert 100 < calls[0] < 600


def test_a_rule_on_an_unchangeable_answer_prevents_approval(explained: Explained) -> None:
    """Only the nearest alternative is given: a better score does not change what the rule decides."""
    rule = Rule("Number of existing credits at this bank", Outcome.REFER, "looked at", over=0)
    application, _score = explained.adverse()[0]
    result = alternatives(application, explained.scorer, replace(DEFAULT_POLICY, rules=(rule,)))
    assert result.approved == ()
    assert result.nearest is not None
    assert result.nearest.decision != "approve"


def test_alternatives_obey_a_rule_on_the_amount(explained: Explained) -> None:
    """An amount above the rule's limit is not suggested."""
    rule = Rule("Credit amount", Outcome.DECLINE, "too much", over=1500)
    policy = replace(DEFAULT_POLICY, rules=(rule,))
    for application, _score in explained.adverse()[:40]:
        for alternative in alternatives(application, explained.scorer, policy).approved:
            changed = with_changes(application, alternative)
            assert float(changed.answers["Credit amount"]) <= 1500
