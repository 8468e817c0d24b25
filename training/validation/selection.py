"""Says which decisions of the own book a model was trained on, and what the declined do to its figures."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from creditapp.outcomes.book import Part
from training import dataset
from training.folds import Interval, scores_of
from training.own_book import OwnBook
from training.reject_inference import ASSUMPTIONS, FEWEST, Method
from training.validation.resampling import bootstrap_interval
from training.validation.task import Task


@dataclass(frozen=True)
class Band:
    """A score band: probabilities of good credit above `low`, up to `high`, and who was accepted in it.

    `weight` is that of an accepted credit before all are scaled, `inferred_bad` the number of declined ones
    that parcelling labels bad; both are None where the band is not reached.
    """

    low: float
    high: float
    accepted: int
    declined: int
    bad_rate: float | None
    weight: float | None
    inferred_bad: int | None


@dataclass(frozen=True)
class Effect:
    """What a method reaches on the hold-out by time, in which there are accepted, mature credits only.

    `predicted_bad` and `realised_bad` are shares of the hold-out; `predicted_bad_of_declined` is the mean
    over all declined applicants, of whom no outcome is known; None if there are none.
    """

    method: str
    assumption: str
    used: bool
    roc_auc: Interval
    brier: Interval
    predicted_bad: float
    realised_bad: float
    predicted_bad_of_declined: float | None


def selection_section(task: Task) -> dict[str, Any] | None:
    """The part of a report on the own book; None if the model was trained on a file."""
    source = task.source
    if not isinstance(source, OwnBook):
        return None
    extract, bands = source.book.extract, list(_bands(source))
    days = [one.day for one in source.accepted]
    return {
        "counts": {part.value: source.book.counts.get(part, 0) for part in Part},
        "other_versions": list(source.book.other_versions),
        "since": extract.since.date().isoformat() if extract.since else None,
        "as_of": extract.as_of.isoformat(timespec="seconds"),
        "bad": list(extract.performance.bad),
        "window_months": extract.performance.window_months,
        "first_day": min(days),
        "last_day": max(days),
        "held_out_from": task.split.from_day,
        "fitted_on": len(task.split.training),
        "held_out": len(task.split.held_out),
        "method": source.inference.method.value,
        "factor": source.inference.factor,
        "fewest": FEWEST,
        "bands": [asdict(one) for one in bands],
        "not_reached": sum(one.declined for one in bands if one.weight is None),
        "effects": [asdict(_effect(task, source, method)) for method in Method],
    }


def _bands(source: OwnBook) -> Iterator[Band]:
    """The bands of the whole book, lowest probability of good credit first."""
    bands, declined_bands, edges = source.bands
    is_bad = np.array([one.part is Part.BAD for one in source.accepted])
    for band, (low, high) in enumerate(pairwise(edges)):
        inside = bands == band
        accepted, declined = int(inside.sum()), int((declined_bands == band).sum())
        rate = float(is_bad[inside].mean()) if accepted else None
        reached = accepted >= FEWEST and rate is not None
        yield Band(
            float(low),
            float(high),
            accepted,
            declined,
            rate,
            1 + declined / accepted if reached else None,
            round(min(1.0, source.inference.factor * rate) * declined)
            if rate is not None and reached
            else None,
        )


def _effect(task: Task, source: OwnBook, method: Method) -> Effect:
    """Fit with a method on the rows before the hold-out, and measure on the hold-out."""
    other = replace(source, inference=replace(source.inference, method=method))
    rows = other.load()
    split = dataset.split(rows)
    fitted = task.subject.fit(split.training)
    target, good = split.held_out.target.to_numpy(), scores_of(fitted, split.held_out)
    declined = rows.declined.rows
    return Effect(
        method.value,
        ASSUMPTIONS[method],
        method is source.inference.method,
        bootstrap_interval(target, good, roc_auc_score),
        bootstrap_interval(target, good, brier_score_loss),
        float(1 - good.mean()),
        float(1 - target.mean()),
        float(1 - scores_of(fitted, declined).mean()) if len(declined) else None,
    )
