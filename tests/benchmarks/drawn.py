"""Applications for the benchmarks: each answer drawn by itself from those the data hold."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from creditapp.settings.paths import ROOT
from tests.portfolios import FEATURE_NAMES, GERMAN
from training import dataset, pipeline


def fitted() -> Pipeline:
    """The project's own pipeline, fitted as `flask train` does."""
    split = dataset.split(_data())
    return pipeline.build(GERMAN).fit(split.training.features, split.training.target)


def frame(rows: int, seed: int = 1) -> pd.DataFrame:
    """So many applications, hardly two alike; the columns have the types that a file would give them."""
    generator = np.random.default_rng(seed)
    data = _data().columns
    return pd.DataFrame({name: generator.choice(data[name], rows) for name in FEATURE_NAMES})


def with_references(applications: pd.DataFrame, seed: int = 2) -> pd.DataFrame:
    """The same, each with a reference of its own, in no order."""
    drawn = np.random.default_rng(seed).permutation(len(applications))
    return applications.assign(reference=[f"case {number:09d}" for number in drawn])


def _data() -> dataset.Dataset:
    return dataset.load(GERMAN, ROOT / "data" / "estadistical.csv")
