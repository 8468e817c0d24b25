"""Compares the approvals of the groups of each protected answer, with intervals.

Rates by group: fairlearn (S. Bird et al., Microsoft MSR-TR-2020-32). Interval of a ratio: A. Donner and
G. Zou (Statistical Methods in Medical Research 21, 2012); of a difference: R. G. Newcombe (Statistics in
Medicine 17, 1998). Both are made from Wilson's intervals of the two rates.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from fairlearn.metrics import MetricFrame, count, selection_rate

from creditapp.applications.questions import Question
from creditapp.intervals import Proportion
from creditapp.simulation.groups import memberships
from training.dataset import Dataset
from training.folds import Numbers
from training.validation.decisions import CutOffs

FEWEST = 20
"""A rate among fewer applicants says too little to be compared."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; `high` is None where there is no upper limit."""

    value: float
    low: float
    high: float | None


@dataclass(frozen=True)
class GroupFigures:
    """The approvals in a group, compared with the group that is approved most often.

    None: too few applicants to say. `tpr_difference` compares the good credits, `fpr_difference` the bad
    ones.
    """

    label: str
    reference: bool
    count: int
    approval_rate: float
    approval_ratio: Estimate | None
    tpr_difference: Estimate | None
    fpr_difference: Estimate | None
    calibration: Mapping[str, float] | None


@dataclass(frozen=True)
class FairnessTable:
    """The groups of a protected answer, under a model that uses the protected answers or not."""

    feature: str
    protected_used: bool
    groups: Sequence[GroupFigures]


def fairness(
    whole: Dataset, good: Numbers, cut_offs: CutOffs, *, protected_used: bool
) -> Iterator[FairnessTable]:
    """The groups of each protected answer; `good` has the score of each row, shape (rows,)."""
    frame = pd.DataFrame(
        {
            "target": whole.target.to_numpy(),
            "approved": (good >= cut_offs.approve_from).astype(int),
            "good": good,
        }
    )
    for name in whole.catalogue.protected:
        labels = group_labels(whole, whole.catalogue.by_name[name])
        grouped = frame.assign(label=labels).dropna(subset="label")
        yield FairnessTable(name, protected_used, _figures(grouped))


def group_labels(whole: Dataset, question: Question) -> list[str | None]:
    """The group of each row, as tables name it; None for a row in no group."""
    rows = whole.rows()
    groups = [*memberships(whole.catalogue, question, rows)]
    return [next((str(one.label) for one in groups if one.holds(row)), None) for row in rows]


def ratio(part: Proportion, reference: Proportion) -> Estimate:
    """The ratio of two rates; there is no upper limit where the reference may be 0."""
    product = part.value * reference.value
    (low, high), (other_low, other_high) = part.interval, reference.interval

    def limit(own: float, other: float, sign: int) -> float | None:
        divisor = other * (2 * reference.value - other)
        root = product**2 - own * (2 * part.value - own) * divisor
        return (product + sign * math.sqrt(max(root, 0.0))) / divisor if divisor else None

    return Estimate(
        part.value / reference.value, limit(low, other_high, -1) or 0.0, limit(high, other_low, 1)
    )


def difference(part: Proportion, reference: Proportion) -> Estimate:
    """The difference of two rates."""
    value = part.value - reference.value
    (low, high), (other_low, other_high) = part.interval, reference.interval
    down = math.hypot(part.value - low, other_high - reference.value)
    up = math.hypot(high - part.value, reference.value - other_low)
    return Estimate(value, value - down, value + up)


def _figures(frame: pd.DataFrame) -> list[GroupFigures]:
    everybody, good, bad = (
        _approvals(rows) for rows in (frame, frame[frame.target == 1], frame[frame.target == 0])
    )
    reference = _reference(everybody)
    return [
        GroupFigures(
            label=label,
            reference=label == reference,
            count=approved.total,
            approval_rate=approved.value,
            approval_ratio=_compared(ratio, everybody, label, reference),
            tpr_difference=_compared(difference, good, label, reference),
            fpr_difference=_compared(difference, bad, label, reference),
            calibration=_calibration(frame[frame.label == label]),
        )
        for label, approved in everybody.items()
    ]


def _approvals(frame: pd.DataFrame) -> dict[str, Proportion]:
    """The share approved in each group, in the order of their names."""
    measured = MetricFrame(
        metrics={"rate": selection_rate, "count": count},
        y_true=frame.target,
        y_pred=frame.approved,
        sensitive_features=frame.label,
    ).by_group
    return {
        str(label): Proportion(round(rate * number), int(number))
        for label, rate, number in measured[["rate", "count"]].itertuples()
    }


def _reference(approvals: Mapping[str, Proportion]) -> str | None:
    """The group that is approved most often; None if nobody is approved, or all groups are small."""
    large = {label: one for label, one in approvals.items() if one.total >= FEWEST and one.count}
    return max(large, key=lambda label: large[label].value, default=None)


def _compared(
    compare: Callable[[Proportion, Proportion], Estimate],
    rates: Mapping[str, Proportion],
    label: str,
    reference: str | None,
) -> Estimate | None:
    own, other = rates.get(label), rates.get(reference or "")
    if own is None or other is None or min(own.total, other.total) < FEWEST:
        return None
    estimate = compare(own, other)
    # why: a group differs from itself by nothing, however few applicants it has.
    value = estimate.value
    return Estimate(value, value, value) if label == reference else estimate


def _calibration(members: pd.DataFrame) -> dict[str, float] | None:
    if len(members) < FEWEST:
        return None
    return {"predicted": float(members.good.mean()), "observed": float(members.target.mean())}
