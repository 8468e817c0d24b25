"""Compares the families of models on the same folds of a portfolio's data."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import NamedTuple

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from creditapp.applications.catalogue import Application
from creditapp.scoring.verification import verify
from creditapp.simulation.costs import Costs
from creditapp.simulation.cut_offs import choose_single, cost_at
from training.dataset import Dataset, split
from training.estimators.family import Family
from training.export import Origin, make_bundle
from training.folds import Folds, Interval, Numbers, Places, corrected_interval
from training.validation.calibration import slope

FOLDS, REPEATS = 3, 10
TIMES = 200
"""One application is scored this often to find out how long it takes."""


class Served(NamedTuple):
    """The model as it would be served: its bundle in bytes, and the microseconds to score one application."""

    size: int
    microseconds: float


@dataclass(frozen=True)
class Result:
    """What a family reached on the folds; the arrays have the shape (folds,).

    `slopes` are those of the calibration: 1 is right, more is a model that is not confident enough. `costs`
    are those per applicant at the cut-off that costs least on the other folds of the same repeat, where an
    approved bad credit costs 5 declined good ones and nobody is referred.
    """

    family: Family
    protected: bool
    aucs: Numbers
    briers: Numbers
    slopes: Numbers
    costs: Numbers
    served: Served


def compare(
    whole: Dataset,
    families: Sequence[Family],
    say: Callable[[str], None],
    *,
    repeats: int = REPEATS,
) -> Iterator[Result]:
    """Fit each family on all folds, with and without the protected answers if there are any."""
    folds = Folds(whole, FOLDS, repeats)
    for family in families:
        for protected in (True, False) if whole.catalogue.protected else (True,):
            say(f"{family.title}{'' if protected else ', without protected answers'}")
            yield _measure(family, folds, protected=protected)


def interval_of(values: Numbers) -> Interval:
    """The mean of a measure over the folds, or of a paired difference, with its corrected interval."""
    return corrected_interval(values, 1 / (FOLDS - 1))


HEADER = (
    "family",
    "protected",
    "monotone",
    "ROC AUC",
    "from the first",
    "Brier",
    "slope",
    "cost",
    "bundle",
    "one score",
)


def rows_of(results: Sequence[Result]) -> list[list[str]]:
    """The results as texts, with the difference of each ROC AUC from that of the first one."""
    return [
        [
            result.family.name,
            "used" if result.protected else "not used",
            "yes" if result.family.monotone else "no",
            str(interval_of(result.aucs)),
            _signed(interval_of(result.aucs - results[0].aucs)),
            f"{result.briers.mean():.4f}",
            f"{result.slopes.mean():.2f}",
            str(interval_of(result.costs)),
            f"{result.served.size / 1000:,.0f} kB",
            f"{result.served.microseconds:.0f} µs",
        ]
        for result in results
    ]


def table_of(results: Sequence[Result]) -> list[str]:
    """The results as lines of text."""
    table = [list(HEADER), *rows_of(results)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _signed(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def _measure(family: Family, folds: Folds, *, protected: bool) -> Result:
    scores = folds.scores(partial(family.fit, protected=protected))
    pairs = [*zip(folds.targets(), scores, strict=True)]
    aucs, briers, slopes = (
        np.array([measure(target, good) for target, good in pairs])
        for measure in (roc_auc_score, brier_score_loss, slope)
    )
    costs = np.array([_cost(folds, pairs, place) for place in range(len(pairs))])
    served = _serve(family, folds.whole, protected=protected)
    return Result(family, protected, aucs, briers, slopes, costs, served)


def _cost(folds: Folds, pairs: Sequence[tuple[Places, Numbers]], place: int) -> float:
    """The cost on a fold, at the cut-off that the other folds of its repeat chose."""
    first = place - place % folds.count
    others = [pairs[one] for one in range(first, first + folds.count) if one != place]
    targets, scores = map(np.concatenate, zip(*others, strict=True))
    target, score = pairs[place]
    chosen = choose_single(scores, targets == 1, Costs())
    return float(cost_at(chosen, score, target == 1, Costs()).mean())


def _serve(family: Family, whole: Dataset, *, protected: bool) -> Served:
    """Export the family, and time the scoring of one application."""
    parts = split(whole)
    fitted = family.fit(parts.training, protected=protected)
    bundle, _ = make_bundle(fitted, parts, {}, Origin("tournament", ""), family)
    scorer, application = verify(bundle), Application(parts.held_out.rows()[0])
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        scorer.score([application])
        taken.append(time.perf_counter() - start)
    return Served(len(bundle.pack()), 1e6 * median(taken))
