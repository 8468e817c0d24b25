"""The Shapley values of small forests, against the average over all orders of mixing."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from creditapp.scoring.forest import Forest, Leaves

ANY = np.float32(np.inf)


def leaves(width: int, *ways: tuple[float, dict[int, tuple[float, float]]]) -> Leaves:
    """Leaves with their values, each with the limits that it sets to some columns."""
    low, high = (np.full((len(ways), width), side, np.float32) for side in (-ANY, ANY))
    for place, (_, limits) in enumerate(ways):
        for column, (over, up_to) in limits.items():
            low[place, column], high[place, column] = over, up_to
    return Leaves(np.array([value for value, _ in ways]), low, high)


def rows(*values: list[float]) -> Any:
    """Encoded rows."""
    return np.array(values, dtype=np.float32)


TREE = leaves(
    4,
    (0.1, {0: (-ANY, 0.0)}),
    (0.3, {0: (0.0, ANY), 1: (-ANY, 2.0)}),
    (0.9, {0: (0.0, ANY), 1: (2.0, ANY), 2: (-ANY, 0.5)}),
    (0.6, {0: (0.0, ANY), 1: (2.0, ANY), 2: (0.5, ANY)}),
)
"""Splits on a number, on another number, and on the first of two columns of one choice."""

INPUTS: dict[str, dict[str, Any]] = {
    "a": {"mean": 0, "scale": 1},
    "b": {"mean": 0, "scale": 1},
    "c": {"nominal": ["x", "y"]},
}
COLUMNS_OF = {"a": [0], "b": [1], "c": [2, 3]}


def by_hand(row: list[float]) -> float:
    """What the tree gives a row, as nested conditions."""
    if row[0] <= 0:
        return 0.1
    if row[1] <= 2:
        return 0.3
    return 0.9 if row[2] <= 0.5 else 0.6


def shapley(own: list[float], other: list[float]) -> list[float]:
    """What each feature adds, averaged over all orders in which the row's own answers replace others."""
    added = dict.fromkeys(COLUMNS_OF, 0.0)
    orders = list(permutations(COLUMNS_OF))
    for order in orders:
        mixed = list(other)
        for name in order:
            before = by_hand(mixed)
            for column in COLUMNS_OF[name]:
                mixed[column] = own[column]
            added[name] += by_hand(mixed) - before
    return [total / len(orders) for total in added.values()]


ROWS = [
    [1.0, 3.0, 0.0, 1.0],
    [1.0, 3.0, 1.0, 0.0],
    [1.0, 2.0, 0.0, 1.0],
    [0.0, 3.0, 0.0, 1.0],
    [-1.0, 1.0, 1.0, 0.0],
]


def test_a_row_reaches_the_leaf_whose_limits_it_keeps() -> None:
    """The upper limit belongs to a leaf, the lower one does not."""
    forest = Forest(TREE, INPUTS)
    assert forest.probabilities(forest.masks(rows(*ROWS))).tolist() == [0.9, 0.6, 0.3, 0.1, 0.1]


@pytest.mark.parametrize("own", ROWS)
def test_contributions_are_the_average_over_all_orders(own: list[float]) -> None:
    """Beside one row, and beside the mean of several."""
    forest = Forest(TREE, INPUTS)
    [mask] = forest.masks(rows(own))
    for others in [[one] for one in ROWS] + [ROWS]:
        found = forest.contributions(mask, forest.masks(rows(*others)))
        expected = np.mean([shapley(own, other) for other in others], axis=0)
        assert found == pytest.approx(expected, abs=1e-12)


def test_a_feature_after_the_eighth_has_its_own_contribution() -> None:
    """Twenty features; the leaf needs the first, the ninth and the last, which share its value."""
    needed = {0: (0.0, ANY), 8: (0.0, ANY), 19: (0.0, ANY)}
    inputs = {f"feature {number}": {"mean": 0, "scale": 1} for number in range(20)}
    forest = Forest(leaves(20, (0.9, needed)), inputs)
    [own, other] = forest.masks(rows([1.0] * 20, [0.0] * 20))
    found = forest.contributions(own, other[None, :])
    expected = [0.3 if number in needed else 0.0 for number in range(20)]
    assert found == pytest.approx(expected, abs=1e-12)
    assert forest.contributions(other, own[None, :]) == pytest.approx(-found)


def test_leaves_come_back_out_of_their_bytes() -> None:
    """Values as doubles, limits in single precision."""
    again = Leaves.unpack(TREE.pack())
    for name in ("values", "low", "high"):
        assert np.array_equal(getattr(again, name), getattr(TREE, name))
        assert getattr(again, name).dtype == getattr(TREE, name).dtype


@pytest.mark.parametrize("packed", [b"", b"no array"])
def test_bytes_that_are_no_leaves_are_refused(packed: bytes) -> None:
    """With an error that the caller expects."""
    with pytest.raises((ValueError, EOFError)):
        Leaves.unpack(packed)
