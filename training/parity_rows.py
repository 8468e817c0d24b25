"""Makes the rows on which an export must score like the fitted pipeline.

They are the data, rows on the trees' thresholds, and random rows over all answers that are accepted.
"""

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
    """All rows of the data, then rows on and next to the trees' thresholds, then the random rows."""
    data = [split.training.features, split.held_out.features]
    ties = _tie_rows(pipeline, split.training.features)
    return pd.concat([*data, ties, _random_rows()], ignore_index=True)


def _tie_rows(pipeline: Pipeline, rows: pd.DataFrame) -> pd.DataFrame:
    """For each threshold on a numeric column, rows of the data with that answer set on or next to it."""
    [[_, scaler, names], *_] = pipeline.named_steps["preprocessor"].transformers_
    ties = [
        (names[column], answer * scaler.scale_[column] + scaler.mean_[column])
        for column, threshold in _splits(pipeline, len(names))
        for answer in _neighbours(threshold)
    ]
    sample = rows.sample(len(ties), replace=True, random_state=SEED).reset_index(drop=True)
    for row, (name, answer) in enumerate(ties):
        sample.loc[row, name] = _nearest_accepted(name, answer)
    return sample


def _splits(pipeline: Pipeline, columns: int) -> list[tuple[int, float]]:
    """The forest's thresholds on its first columns, which are the numeric ones, without duplicates."""
    return sorted(
        {
            (int(column), float(threshold))
            for tree in pipeline.named_steps["classifier"].estimators_
            for column, threshold in zip(tree.tree_.feature, tree.tree_.threshold, strict=True)
            if 0 <= column < columns
        }
    )


def _neighbours(threshold: float) -> tuple[float, float, float]:
    """The threshold as float32, and the float32 numbers next to it on both sides."""
    # why: the forest reads answers as float32, so no answer lies nearer to a threshold than these.
    exact = np.float32(threshold)
    below, above = (np.nextafter(exact, np.float32(end)) for end in (-np.inf, np.inf))
    return float(below), float(exact), float(above)


def _nearest_accepted(name: str, answer: float) -> float:
    """The nearest answer of the kind that the feature accepts: a whole number, or any number."""
    feature = BY_NAME[name]
    whole = isinstance(feature, Numeric) and feature.integer
    return float(np.round(answer)) if whole else answer


def _random_rows() -> pd.DataFrame:
    generator = np.random.default_rng(SEED)
    return pd.DataFrame({feature.name: _draw(feature, generator) for feature in FEATURES})


def _draw(feature: Feature, generator: np.random.Generator) -> npt.NDArray[Any]:
    """Draw answers over all that a feature accepts, including every code and both limits."""
    match feature:
        case Choice():
            return generator.choice(np.array(feature.values, dtype=object), DRAWN_ROWS)
        case Numeric(integer=True, minimum=low, maximum=high):
            return generator.integers(low, high, DRAWN_ROWS, endpoint=True).astype(float)
        case Numeric(maximum=high):
            return _draw_amounts(high, generator)


def _draw_amounts(largest: float, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw half of the amounts like usual credits and half over all magnitudes; include both limits."""
    usual = generator.lognormal(8, 1, DRAWN_ROWS // 2)
    lowest, highest = np.log(SMALLEST_AMOUNT), np.log(largest)
    wide = np.exp(generator.uniform(lowest, highest, DRAWN_ROWS - len(usual)))
    amounts = np.concatenate([usual, wide]).round(2).clip(SMALLEST_AMOUNT, largest)
    amounts[[0, -1]] = SMALLEST_AMOUNT, largest
    return generator.permutation(amounts)
