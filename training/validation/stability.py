"""Measures how many applicants would get another decision from a model fitted a little differently."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from training.dataset import SEED, Dataset, Split
from training.estimators.family import Family
from training.folds import scores_of
from training.validation.decisions import CutOffs


@dataclass(frozen=True)
class Stability:
    """The mean share of the hold-out with another outcome, over models with other seeds or drawn rows."""

    seeds: int
    crossing_by_seed: float
    bootstraps: int
    crossing_by_bootstrap: float


@dataclass(frozen=True)
class Refits:
    """How a model is fitted again: `seeds` times on the same rows, `bootstraps` times on drawn rows."""

    family: Family
    protected: bool
    seeds: int
    bootstraps: int

    def with_other_seeds(self, rows: Dataset) -> Iterable[Pipeline]:
        """The model on the same rows, with other seeds."""
        for number in range(1, self.seeds + 1):
            yield self.family.fit(rows, protected=self.protected, seed=SEED + number)

    def on_drawn_rows(self, rows: Dataset) -> Iterable[Pipeline]:
        """The model on as many rows, drawn with replacement; good and bad credits are drawn apart."""
        random = np.random.default_rng(SEED)
        target = rows.target.to_numpy()
        classes = [np.flatnonzero(target == value) for value in (0, 1)]
        for _ in range(self.bootstraps):
            drawn = np.concatenate([random.choice(places, len(places)) for places in classes])
            yield self.family.fit(rows.take(drawn), protected=self.protected)


def stability(fitted: Pipeline, split: Split, refits: Refits, cut_offs: CutOffs) -> Stability:
    """Compare the outcomes of the hold-out by the registered model with those by refitted ones."""
    before = scores_of(fitted, split.held_out)

    def crossing(models: Iterable[Pipeline]) -> float:
        shares = [cut_offs.crossing(before, scores_of(one, split.held_out)) for one in models]
        return float(np.mean(shares))

    return Stability(
        refits.seeds,
        crossing(refits.with_other_seeds(split.training)),
        refits.bootstraps,
        crossing(refits.on_drawn_rows(split.training)),
    )
