"""Many decisions made as columns are those that are made one by one, and are recorded like them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from creditapp.applications.application_table import ApplicationTable
from creditapp.applications.table import application_of
from creditapp.decisions import log as decision_log
from creditapp.decisions.decide import Origin, judge
from creditapp.decisions.decision_table import judge_table, new_ids
from creditapp.decisions.log import Channel, NewDecision
from creditapp.policy.definition import DEFAULT_POLICY, Outcome, Rule
from creditapp.serving import cache as model_cache
from tests.portfolios import EXAMPLE, GERMAN

ORIGIN = Origin(Channel.BATCH, "a test", "a test")
POLICY = replace(
    DEFAULT_POLICY,
    refer_repeats_days=30,
    rules=(Rule("Age in years", Outcome.DECLINE, "too young", under=20.0),),
)
ROWS: Sequence[dict[str, Any]] = [
    {**EXAMPLE, "reference": "é"},
    {**EXAMPLE, "Age in years": 19},
    {**EXAMPLE, "Purpose": "A47", "Duration in month": 100},
    {**EXAMPLE, "Credit amount": 20_000, "Present residence since": 4},
    {**EXAMPLE, "Credit amount": 900.5, "reference": "é"},
]


def comparable(decision: NewDecision) -> NewDecision:
    """A decision without its id and time; of the earlier ones only how many there are."""
    earlier = [None] * len(decision.earlier_decisions)
    return decision._replace(decision_id=None, timestamp=None, earlier_decisions=earlier)  # type: ignore[arg-type]


def test_a_table_of_decisions_is_that_of_single_ones(app: Flask) -> None:
    """With a rule, answers outside the training data, and a reference that is repeated."""
    with app.app_context():
        model = replace(model_cache.current(), policy=POLICY)
        table = ApplicationTable.of_rows(GERMAN, ROWS)
        together = judge_table(table, model, ORIGIN, datetime.now(UTC), new_ids(len(ROWS)))
        one_by_one = judge([application_of(GERMAN, row) for row in ROWS], model, ORIGIN)
    assert len(together) == len(ROWS)
    assert list(map(comparable, together)) == list(map(comparable, one_by_one))
    assert together[4].earlier_decisions == [together[0].decision_id]
    assert together[4].decision != Outcome.APPROVE


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_a_table_is_recorded_as_single_decisions_are(app: Flask) -> None:
    """Every column of both, and the answers as they were given; a second time it is there already."""
    with app.app_context():
        model = model_cache.current()
        table = ApplicationTable.of_rows(GERMAN, ROWS)
        decisions = judge_table(table, model, ORIGIN, datetime.now(UTC), new_ids(len(ROWS)))
        for _ in range(2):
            decision_log.record_columns(decisions.recorded(), table.as_json())
        found = [decision_log.find(one) for one in decisions.ids]
    for stored, decision, row in zip(found, decisions, ROWS, strict=True):
        assert stored.given is not None
        kept = {name: answer for name, answer in row.items() if name != "reference"}
        assert json.dumps(stored.given.answers, sort_keys=True) == json.dumps(kept, sort_keys=True)
        for name in set(NewDecision._fields) - {"reasons", "earlier_decisions", "outside_training"}:
            assert getattr(stored, name) == getattr(decision, name), name
        assert tuple(stored.outside_training) == decision.outside_training
    assert len({stored.given.salt for stored in found if stored.given}) == len(ROWS)
