"""Many scores are judged exactly as one."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from creditapp.applications.application_table import ApplicationTable
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Policy, Rule
from creditapp.policy.judging import judge
from creditapp.policy.points import DEFAULT_SCALE, PointsScale
from tests.mixed import EXAMPLE, MIXED

RULES = (
    Rule("income", Outcome.REFER, "income", under=1000.0, codes=(-1,)),
    Rule("hired", Outcome.DECLINE, "hired", over=366),
    Rule("grade", Outcome.DECLINE, "grade", codes=(-9,)),
    Rule("no feature of it", Outcome.DECLINE, "never", over=0),
)
POLICIES = [
    DEFAULT_POLICY,
    Policy("rules", 0.6, 0.5, rules=RULES, points=PointsScale(500.0, 1.0, 40.0)),
    Policy("equal", 0.5, 0.5, rules=RULES[:1]),
]
cases = st.tuples(
    st.fixed_dictionaries(
        {
            "income": st.sampled_from([None, -1, -1.0, 500, 1000, 1500.5]),
            "hired": st.sampled_from([None, "never", "2024-03-01", "2020-01-01"]),
            "grade": st.sampled_from([EXAMPLE["grade"], -9]),
        }
    ),
    st.floats(0, 1) | st.sampled_from([0.0, 0.4, 0.5, 0.6, 0.7, 1.0]),
    st.booleans(),
)


@settings(deadline=None)
@given(st.sampled_from(POLICIES), st.lists(cases, min_size=1, max_size=12))
def test_many_are_judged_as_one(policy: Policy, given_cases: list[tuple[Any, float, bool]]) -> None:
    """Levels, outcomes with and without rules, and points."""
    rows = [{**EXAMPLE, "applied": "2024-06-01", **changes} for changes, _, _ in given_cases]
    probabilities = [probability for _, probability, _ in given_cases]
    doubtful = [is_doubtful for _, _, is_doubtful in given_cases]
    table = ApplicationTable.of_rows(MIXED, rows)
    assert not table.wrong().any()
    found = judge(policy, MIXED, table.scored(), np.array(probabilities), np.array(doubtful))
    levels = [policy.risk_level(probability) for probability in probabilities]
    assert found.risk_levels.values() == levels
    assert found.outcomes.values() == [
        policy.outcome(level, MIXED, row, outside_training=is_doubtful)
        for level, row, is_doubtful in zip(levels, rows, doubtful, strict=True)
    ]
    points = None if found.points is None else found.points.tolist()
    one_by_one = [policy.score(probability) for probability in probabilities]
    assert points == (one_by_one if policy.points else None)


def test_points_beside_a_half_are_rounded_alike() -> None:
    """By both logarithms; the probabilities are those whose points end in a half, as near as can be."""
    scale = DEFAULT_SCALE
    halves = np.arange(400, 700) + 0.5
    odds = np.exp((halves - scale.offset) / scale.factor)
    near = odds / (1 + odds)
    probabilities = np.concatenate([near, np.nextafter(near, 0), np.nextafter(near, 1)])
    assert scale.scores(probabilities).tolist() == [scale.score(one) for one in probabilities]
