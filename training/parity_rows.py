"""The applications an export is proved by: the data, exact ties with the trees, and the whole contract."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import BY_NAME, FEATURES, Choice, Feature, Numeric
from training.dataset import SEED, Split

DRAWN_ROWS = 100_000
SMALLEST_AMOUNT = 0.01


def probe_rows(pipeline: Pipeline, split: Split) -> pd.DataFrame:
    """All rows of the data, rows that lie on the trees' thresholds, and rows drawn over the contract."""
    data = [split.training.features, split.held_out.features]
    ties = _tie_rows(pipeline, split.training.features)
    return pd.concat([*data, ties, _drawn_rows()], ignore_index=True)


def _tie_rows(pipeline: Pipeline, rows: pd.DataFrame) -> pd.DataFrame:
    """For each threshold on a numeric column, rows with answers on it or next to it, the others' as found."""
    [[_, scaler, names], *_] = pipeline.named_steps["preprocessor"].transformers_
    ties = [
        (names[column], answer * scaler.scale_[column] + scaler.mean_[column])
        for column, threshold in _splits(pipeline, len(names))
        for answer in _neighbours(threshold)
    ]
    found = rows.sample(len(ties), replace=True, random_state=SEED).reset_index(drop=True)
    for row, (name, answer) in enumerate(ties):
        found.loc[row, name] = _accepted(name, answer)
    return found


def _splits(pipeline: Pipeline, columns: int) -> list[tuple[int, float]]:
    """The different thresholds of the forest on its first columns, which are the numeric ones."""
    return sorted(
        {
            (int(column), float(threshold))
            for tree in pipeline.named_steps["classifier"].estimators_
            for column, threshold in zip(tree.tree_.feature, tree.tree_.threshold, strict=True)
            if 0 <= column < columns
        }
    )


def _neighbours(threshold: float) -> tuple[float, float, float]:
    """The threshold as the forest sees answers, in single precision, and the next number on each side."""
    exact = np.float32(threshold)
    below, above = (np.nextafter(exact, np.float32(end)) for end in (-np.inf, np.inf))
    return float(below), float(exact), float(above)


def _accepted(name: str, answer: float) -> float:
    """The nearest answer that the feature accepts."""
    feature = BY_NAME[name]
    whole = isinstance(feature, Numeric) and feature.integer
    return float(np.round(answer)) if whole else answer


def _drawn_rows() -> pd.DataFrame:
    generator = np.random.default_rng(SEED)
    return pd.DataFrame({feature.name: _drawn(feature, generator) for feature in FEATURES})


def _drawn(feature: Feature, generator: np.random.Generator) -> npt.NDArray[Any]:
    """Answers over all that a feature accepts; every code and both limits are among them."""
    match feature:
        case Choice():
            return generator.choice(np.array(feature.values, dtype=object), DRAWN_ROWS)
        case Numeric(integer=True, minimum=low, maximum=high):
            return generator.integers(low, high, DRAWN_ROWS, endpoint=True).astype(float)
        case Numeric(maximum=high):
            return _amounts(high, generator)


def _amounts(largest: float, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Half of them as credits are, half over all orders of size, and both limits."""
    usual = generator.lognormal(8, 1, DRAWN_ROWS // 2)
    lowest, highest = np.log(SMALLEST_AMOUNT), np.log(largest)
    wide = np.exp(generator.uniform(lowest, highest, DRAWN_ROWS - len(usual)))
    amounts = np.concatenate([usual, wide]).round(2).clip(SMALLEST_AMOUNT, largest)
    amounts[[0, -1]] = SMALLEST_AMOUNT, largest
    return generator.permutation(amounts)
