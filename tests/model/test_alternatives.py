"""What would change a decision is true of the model and the policy, small, and possible."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from creditapp.applications.catalogue import BY_NAME, Application
from creditapp.explanations.alternatives import MOST_SHOWN, Alternative, alternatives
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Rule
from creditapp.scoring.scorer import Score
from tests.explained import Explained, explain_the_default

CHANGEABLE = {
    "Duration in month",
    "Credit amount",
    "Other debtors / guarantors",
    "Other installment plans",
}


@pytest.fixture(scope="module")
def explained() -> Explained:
    """The project's own data and pipeline."""
    return explain_the_default()


def with_changes(application: Application, found: Alternative) -> Application:
    """The application with other answers."""
    changes = {change.feature: change.new for change in found.changes}
    return Application({**application.answers, **changes})


def test_each_alternative_scores_and_decides_as_it_says(explained: Explained) -> None:
    """Scored again alone; only what can change is changed, and to what was seen in training."""
    reachable = 0
    for application, score in explained.adverse():
        found = alternatives(application, explained.scorer, DEFAULT_POLICY)
        reachable += bool(found.approved)
        assert len(found.approved) <= MOST_SHOWN
        assert (found.nearest is None) == bool(found.approved)
        for one in found.approved or [found.nearest]:
            assert one is not None
            [again] = explained.scorer.score([with_changes(application, one)])
            assert one.probability_good_credit == pytest.approx(again.probability_good, abs=1e-9)
            assert again.outside_training == score.outside_training
            assert {change.feature for change in one.changes} <= CHANGEABLE
            for change in one.changes:
                assert BY_NAME[change.feature].accepts(change.new)
                assert isinstance(change.old, str) or change.new < change.old
        assert {one.decision for one in found.approved} <= {"approve"}
    print(f"an approval can be reached in {reachable} of {len(explained.adverse())} adverse cases")


def test_the_smallest_change_comes_first_and_no_needless_one(explained: Explained) -> None:
    """No longer duration is enough; no pair is told of where one of its answers is enough alone."""
    seen = 0
    for application, _score in explained.adverse():
        found = alternatives(application, explained.scorer, DEFAULT_POLICY).approved
        sets = [{change.feature for change in one.changes} for one in found]
        assert not any(a < b or a == b for i, a in enumerate(sets) for b in sets[i + 1 :])
        for one in found:
            if [change.feature for change in one.changes] == ["Duration in month"]:
                seen += 1
                [change] = one.changes
                longer = range(int(change.new) + 1, int(change.old))
                assert not any(approves(explained, application, months) for months in longer)
    assert seen > 5


def approves(explained: Explained, application: Application, months: int) -> bool:
    """Whether another duration alone is enough."""
    changed = Application({**application.answers, "Duration in month": months})
    return explained.scorer.score([changed])[0].probability_good >= DEFAULT_POLICY.low_risk_from


def test_all_candidates_are_scored_in_one_call(explained: Explained) -> None:
    """A batch of a few hundred takes the engine little longer than a few."""
    calls: list[int] = []

    class Counting:
        def score(self, applications: Sequence[Application]) -> list[Score]:
            calls.append(len(applications))
            return explained.scorer.score(applications)

    counting: Any = Counting()
    application, _score = explained.adverse()[0]
    alternatives(application, counting, DEFAULT_POLICY)
    assert len(calls) == 1
    assert 100 < calls[0] < 600


def test_a_rule_over_what_cannot_change_leaves_nothing_but_the_nearest(
    explained: Explained,
) -> None:
    """The score may be enough; the decision would not be."""
    rule = Rule("Number of existing credits at this bank", Outcome.REFER, "looked at", over=0)
    application, _score = explained.adverse()[0]
    found = alternatives(application, explained.scorer, replace(DEFAULT_POLICY, rules=(rule,)))
    assert found.approved == ()
    assert found.nearest is not None
    assert found.nearest.decision != "approve"


def test_a_rule_over_the_amount_is_kept(explained: Explained) -> None:
    """What is told of passes the rule too."""
    rule = Rule("Credit amount", Outcome.DECLINE, "too much", over=1500)
    policy = replace(DEFAULT_POLICY, rules=(rule,))
    for application, _score in explained.adverse()[:40]:
        for one in alternatives(application, explained.scorer, policy).approved:
            assert float(with_changes(application, one).answers["Credit amount"]) <= 1500
