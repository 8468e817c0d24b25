"""Judges many scores by a policy at once, exactly as `Policy` judges one."""

from functools import partial
from typing import NamedTuple

import numpy as np

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.table import Columns
from creditapp.columns import Column, Truths
from creditapp.policy.definition import SEVERITY, Outcome, Policy, RiskLevel
from creditapp.policy.points import Points, Probabilities

LEVELS = [level.value for level in RiskLevel]
OUTCOMES = [outcome.value for outcome in sorted(Outcome, key=SEVERITY.__getitem__)]


class Judgements(NamedTuple):
    """What a policy says of each score, as plain texts; `points` are none for a policy without a scale."""

    risk_levels: Column
    outcomes: Column
    points: Points | None


def judge(
    policy: Policy,
    catalogue: Catalogue,
    columns: Columns,
    probabilities: Probabilities,
    doubtful: Truths,
) -> Judgements:
    """Judge the probabilities of good credit of some applications.

    Args:
        policy: the policy.
        catalogue: the catalogue of the applications.
        columns: their features, as `ApplicationTable.scored` gives them.
        probabilities: shape (n,).
        doubtful: which are outside the training data, or repeated, and so are not approved.
    """
    cut_offs = [policy.low_risk_from, policy.medium_risk_from]
    levels = np.select([probabilities >= cut_off for cut_off in cut_offs], [0, 1], 2)
    by_level = [
        [
            SEVERITY[policy.outcome_by_score(level, doubtful=is_doubtful)]
            for is_doubtful in (False, True)
        ]
        for level in RiskLevel
    ]
    severities = np.array(by_level)[levels, doubtful.astype(np.intp)]
    for rule in policy.rules:
        if question := catalogue.by_name.get(rule.feature):
            met = Column.of(columns[rule.feature]).where(partial(rule.is_met_by, question))
            severities[met] = np.maximum(severities[met], SEVERITY[rule.outcome])
    points = policy.points.scores(probabilities) if policy.points else None
    return Judgements(Column(LEVELS, levels), Column(OUTCOMES, severities), points)
