"""A tournament measures all families on the same folds."""

import numpy as np
import pytest

from tests import mixed
from training.estimators.families import FAMILIES
from training.tournament import compare, interval_of, table_of


def test_an_interval_counts_that_folds_share_rows() -> None:
    """Worked by hand: deviation 0.02, four folds, 1/4 + 1/2 of its square, t of 3 degrees 3.1824."""
    interval = interval_of(np.array([0.78, 0.80, 0.82, 0.80]))
    deviation = np.sqrt((0.02**2 + 0.02**2) / 3)
    assert interval.mean == pytest.approx(0.8)
    assert interval.high - 0.8 == pytest.approx(3.182446 * deviation * np.sqrt(0.75), rel=1e-5)
    assert 0.8 - interval.low == pytest.approx(interval.high - 0.8)


def test_families_are_measured_with_and_without_protected_answers() -> None:
    """On the same folds, so that the first one differs from itself by nothing."""
    said: list[str] = []
    families = [FAMILIES["forest"], FAMILIES["scorecard"]]
    results = [*compare(mixed.dataset(), families, said.append, repeats=1)]
    assert [(one.family.name, one.protected) for one in results] == [
        ("forest", True),
        ("forest", False),
        ("scorecard", True),
        ("scorecard", False),
    ]
    assert len(said) == 4
    head, first, *_ = table_of(results)
    assert head.startswith("family")
    assert "+0.000 [+0.000, +0.000]" in first
    assert all(0.5 < one.aucs.mean() <= 1 for one in results)
