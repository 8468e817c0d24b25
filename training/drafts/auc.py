"""How well one column alone tells the bad rows from the good ones."""

import numpy as np
from numpy.typing import NDArray

from training.drafts.kinds import Numbers

BINS = 20
Bad = NDArray[np.bool_]


def rank_auc(scores: Numbers, bad: Bad) -> float:
    """The area under the ROC curve; ties count half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = middle[places]
    bads = int(bad.sum())
    goods = len(bad) - bads
    if not bads or not goods:
        return 0.5
    return float((ranks[bad].sum() - bads * (bads + 1) / 2) / (bads * goods))


def number_auc(values: Numbers, bad: Bad) -> float:
    """The larger of: the AUC of the numbers as they are, and that of the bad rate of their bins.

    The bins see what is not in one direction, and a missing value as a bin of its own.
    """
    known = np.isfinite(values)
    straight = rank_auc(values[known], bad[known]) if known.mean() > 0.5 else 0.5
    return max(straight, 1 - straight, category_auc(_bins(values, known), bad))


def category_auc(categories: NDArray[np.int64], bad: Bad) -> float:
    """The AUC of each category's bad rate, where the rate is that of the other half of the rows.

    Rates of the same rows would look the better the rarer the categories are.
    """
    # why: files may alternate; a fixed shuffle does not.
    half = np.random.default_rng(0).permutation(len(bad)) % 2 == 0
    return float(
        np.mean([_auc_of_rates(categories, bad, half), _auc_of_rates(categories, bad, ~half)])
    )


def _auc_of_rates(categories: NDArray[np.int64], bad: Bad, fitted: Bad) -> float:
    most = int(categories.max()) + 1
    bads = np.bincount(categories[fitted & bad], minlength=most)
    rows = np.bincount(categories[fitted], minlength=most)
    rates = (bads + bad.mean()) / (rows + 1)
    return rank_auc(rates[categories[~fitted]], bad[~fitted])


def _bins(values: Numbers, known: Bad) -> NDArray[np.int64]:
    bins = np.zeros(len(values), np.int64)
    if known.any():
        distinct = np.unique(values[known])
        edges = distinct
        if len(distinct) > BINS * 2:
            edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)))
        bins[known] = 1 + np.searchsorted(edges, values[known], side="right")
    return bins
