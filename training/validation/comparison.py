"""Compares a model with benchmarks and with the model in production, on the same folds."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.folds import Folds, Interval, Numbers
from training.validation.decisions import CutOffs
from training.validation.measures import BY_FOLD, METHODS, functions, values_by_fold
from training.validation.subject import Rival


@dataclass(frozen=True)
class Benchmark:
    """What a rival reached, and what the model reached more (paired by fold)."""

    name: str
    version: str | None
    measures: Mapping[str, Interval]
    differences: Mapping[str, Interval]


def compare(folds: Folds, scores: list[Numbers], rival: Rival, cut_offs: CutOffs) -> Benchmark:
    """Fit a rival on the folds, and compare the model's scores with its scores."""
    own = _compared(folds, scores, cut_offs)
    others = _compared(folds, folds.scores(rival.fit), cut_offs)
    return Benchmark(
        rival.name,
        rival.version,
        {name: folds.interval(values) for name, values in others.items()},
        {name: folds.interval(own[name] - values) for name, values in others.items()},
    )


def _compared(folds: Folds, scores: list[Numbers], cut_offs: CutOffs) -> dict[str, Numbers]:
    return {
        name: values_by_fold(folds, scores, one)
        for name, one in functions(cut_offs).items()
        if METHODS[name] == BY_FOLD
    }
