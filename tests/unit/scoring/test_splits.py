"""The splits of a model, over leaves that are written by hand."""

import numpy as np

from creditapp.scoring.forest import Leaves
from creditapp.scoring.splits import Split, splits_of

INF = np.inf


def leaves(*columns: tuple[list[float], list[float]]) -> Leaves:
    """Leaves with the limits of each column."""
    low, high = (np.array([one[side] for one in columns], np.float32).T for side in (0, 1))
    return Leaves(np.zeros(len(low)), low, high)


def test_a_standardised_split_becomes_the_applicants_number() -> None:
    """1.25 standard deviations of 20 over a mean of 10.1 are 35.1."""
    [split] = splits_of(
        leaves(([-INF, 1.25], [1.25, INF])), {"months": {"mean": 10.1, "scale": 20.0}}
    )["months"]
    assert 35.09 < split.below < 35.1 < split.above < 35.11


def test_a_whole_number_on_a_split_is_on_the_side_that_the_model_sees() -> None:
    """A row reaches a leaf up to the limit itself: 35 is on the lower side."""
    [split] = splits_of(
        leaves(([-INF, 1.25], [1.25, INF])), {"months": {"mean": 10.0, "scale": 20.0}}
    )["months"]
    assert split.below == 35
    assert 35 < split.above < 35.001


def test_a_bin_begins_with_its_split() -> None:
    """And a feature that is read as codes has no splits; the columns of others are skipped."""
    inputs = {
        "purpose": {"nominal": ["a", "b"]},
        "grade": {"ordinal": ["x", "y"]},
        "amount": {"splits": [1000.0, 2000.0], "gaps": []},
        "income": {"mean": 0.0, "scale": 1.0, "fill": 5.0, "missing": [None]},
    }
    side = ([-INF, 0.5], [0.5, INF])
    found = splits_of(leaves(side, side, side, side, ([-INF, 7.5], [7.5, INF]), side), inputs)
    assert list(found) == ["amount", "income"]
    assert found["amount"] == (Split.under(1000.0), Split.under(2000.0))
    assert found["amount"][0].above == 1000
    assert found["amount"][0].below < 1000
    [split] = found["income"]
    assert 7.49 < split.below < 7.5 < split.above < 7.51
