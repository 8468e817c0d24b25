"""Many decisions as columns, made and recorded without an object for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from uuid_utils import uuid7

from creditapp.applications.application_table import ApplicationTable
from creditapp.columns import Column, Truths
from creditapp.decisions.decide import Origin
from creditapp.decisions.listing import MOST_EARLIER
from creditapp.decisions.log import NewDecision, first_id
from creditapp.explanations.reasons import Reason
from creditapp.policy.judging import Judgements, judge
from creditapp.policy.points import Probabilities
from creditapp.scoring.scorer import ENGINE
from creditapp.serving.served_model import ScoringModel

Earlier = Mapping[str, Sequence[UUID]]
"""The earlier decisions on each reference, newest first."""


@dataclass(frozen=True, eq=False)
class DecisionTable(Sequence[NewDecision]):
    """Decisions in the order of their applications; one of them becomes an object when it is looked at.

    `ids` are in their canonical spelling. `shared` has what all decisions have alike, by the names of
    `NewDecision`. `earlier` are the ids of earlier decisions on the same reference.
    """

    ids: Sequence[str]
    shared: Mapping[str, Any]
    references: Column
    probabilities: Probabilities
    outside_training: Column
    judgements: Judgements
    earlier: Column
    reasons: Sequence[Sequence[Reason]] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: Any) -> Any:
        """One decision."""
        points = self.judgements.points
        return NewDecision(
            **self.shared,
            decision_id=UUID(self.ids[row]),
            reference=self.references[row],
            probability_good_credit=float(self.probabilities[row]),
            prediction=self.predictions[row],
            score=None if points is None else int(points[row]),
            risk_level=self.judgements.risk_levels[row],
            decision=self.judgements.outcomes[row],
            outside_training=self.outside_training[row],
            earlier_decisions=list(map(UUID, self.earlier[row])),
            reasons=self.reasons[row] if self.reasons else (),
        )

    def columns(self) -> dict[str, Sequence[Any]]:
        """The columns by the names of `NewDecision`, less what all decisions have alike and the reasons."""
        points = self.judgements.points
        return {
            "decision_id": self.ids,
            "reference": self.references,
            "probability_good_credit": self.probabilities.tolist(),
            "prediction": self.predictions,
            "score": Column.same(None, len(self)) if points is None else points.tolist(),
            "risk_level": self.judgements.risk_levels,
            "decision": self.judgements.outcomes,
            "outside_training": self.outside_training,
            "earlier_decisions": self.earlier,
        }

    def recorded(self) -> dict[str, Sequence[Any]]:
        """The columns for `log.record_columns`."""
        alike = {name: Column.same(value, len(self)) for name, value in self.shared.items()}
        return {**self.columns(), **alike}

    @cached_property
    def predictions(self) -> Column:
        """1 for good credit, 0 for bad."""
        return Column((0, 1), (self.probabilities > 0.5).astype(np.intp))


def judge_table(
    applications: ApplicationTable,
    model: ScoringModel,
    origin: Origin,
    now: datetime,
    ids: Sequence[str],
    earlier: Earlier | None = None,
) -> DecisionTable:
    """Decide on valid applications without recording or counting; all get the same timestamp.

    `ids` are those of the decisions, in rising order.
    """
    columns, policy = applications.scored(), model.policy
    probabilities, outside = model.scorer.score_columns(columns)
    references = applications.references()
    before = _before(references, ids, earlier or {})
    doubtful = outside.where(bool) | _repeated(before, policy.refer_repeats_days, now)
    shared = {
        "timestamp": now,
        "channel": origin.channel,
        "request_id": origin.request_id,
        "made_by": origin.made_by,
        "policy_version": policy.version,
        "model_version": model.model_version,
        "generation": model.deployment.generation,
        "portfolio": model.catalogue.name,
        "fingerprint": model.metadata.fingerprint,
        "engine": ENGINE,
    }
    judgements = judge(policy, model.catalogue, columns, probabilities, doubtful)
    return DecisionTable(ids, shared, references, probabilities, outside, judgements, before)


def new_ids(rows: int) -> list[str]:
    """New ids in rising order."""
    return [str(uuid7()) for _ in range(rows)]


def _before(references: Column, ids: Sequence[str], earlier: Earlier) -> Column:
    """For each row the ids of the decisions before it on its reference, newest first."""
    if references.distinct == [None]:
        return Column.same((), len(ids))
    known = {reference: tuple(map(str, found)) for reference, found in earlier.items()}
    before: list[tuple[str, ...]] = []
    for reference, decision_id in zip(references.values(), ids, strict=True):
        found = known.get(reference, ()) if reference is not None else ()
        before.append(found)
        if reference is not None:
            known[reference] = (decision_id, *found[: MOST_EARLIER - 1])
    return Column.of(before)


def _repeated(before: Column, days: int | None, now: datetime) -> Truths:
    """Whether the newest earlier decision is within the days of the policy."""
    if days is None:
        return np.zeros(len(before), dtype=np.bool_)
    first = str(first_id(now - timedelta(days=days)))
    return before.where(lambda found: bool(found) and found[0] >= first)
