"""The Shapley values of small forests, against the average over all orders of mixing."""

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from math import factorial
from typing import Any, TypeAlias

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
    assert forest.sums(forest.masks(rows(*ROWS))).tolist() == [0.9, 0.6, 0.3, 0.1, 0.1]


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


WIDE = 70
USED = (0, 31, 32, 40, 63, 64, 69)
"""Features at the ends of the words of a mask, which hold 32 each."""

Tree: TypeAlias = "float | tuple[int, Tree, Tree]"


def grown(draw: random.Random, depth: int, used: Sequence[int]) -> Tree:
    """A tree of a depth: a leaf's value, or a feature and the branches up to 0 and over 0."""
    if not depth:
        return draw.random()
    feature = draw.choice(used)
    return (feature, grown(draw, depth - 1, used), grown(draw, depth - 1, used))


def reached(tree: Tree, row: Sequence[float]) -> float:
    """The value of the leaf that a row reaches."""
    while isinstance(tree, tuple):
        tree = tree[1] if row[tree[0]] <= 0 else tree[2]
    return tree


def ways_of(tree: Tree, way: dict[int, tuple[float, float]]) -> Iterator[Any]:
    """The leaves of a tree that can be reached, with the limits on the way to each."""
    if not isinstance(tree, tuple):
        yield tree, way
        return
    feature, up_to, over = tree
    low, high = way.get(feature, (-ANY, ANY))
    if low < 0:
        yield from ways_of(up_to, {**way, feature: (low, min(high, 0.0))})
    if high > 0:
        yield from ways_of(over, {**way, feature: (max(low, 0.0), high)})


def exact(trees: Sequence[Tree], own: Sequence[float], other: Sequence[float]) -> list[float]:
    """The Shapley value of each feature by its definition, over all subsets of those that differ."""
    players = [one for one in range(WIDE) if own[one] != other[one] and one in USED]

    def value(chosen: frozenset[int]) -> float:
        mixed = [own[one] if one in chosen else other[one] for one in range(WIDE)]
        return sum(reached(tree, mixed) for tree in trees)

    values = {
        frozenset(chosen): value(frozenset(chosen))
        for size in range(len(players) + 1)
        for chosen in combinations(players, size)
    }
    found = [0.0] * WIDE
    for player in players:
        for chosen, before in values.items():
            if player not in chosen:
                orders = factorial(len(chosen)) * factorial(len(players) - len(chosen) - 1)
                weight = orders / factorial(len(players))
                found[player] += weight * (values[chosen | {player}] - before)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_contributions_of_seventy_features_are_exact(seed: int) -> None:
    """Beside one row and beside several, whatever the place of a feature in the words of a mask."""
    draw = random.Random(seed)
    trees = [grown(draw, 4, USED) for _ in range(6)]
    inputs = {f"feature {number}": {"mean": 0, "scale": 1} for number in range(WIDE)}
    forest = Forest(leaves(WIDE, *(way for tree in trees for way in ways_of(tree, {}))), inputs)
    own, *others = ([draw.choice((-1.0, 1.0)) for _ in range(WIDE)] for _ in range(4))
    [own_mask] = forest.masks(rows(own))
    masks = forest.masks(rows(*others))
    assert masks.shape[1] == 3
    scores = [sum(reached(tree, row) for tree in trees) for row in others]
    assert forest.sums(masks) == pytest.approx(scores)
    expected = np.mean([exact(trees, own, other) for other in others], axis=0)
    found = forest.contributions(own_mask, masks)
    assert found == pytest.approx(expected, abs=1e-12)
    assert sum(found) == pytest.approx(
        sum(reached(tree, own) for tree in trees) - np.mean(scores), abs=1e-12
    )


@pytest.mark.parametrize("features", [31, 32, 33, 64, 65])
def test_the_last_feature_of_a_word_counts(features: int) -> None:
    """Also where the number of features fills the words exactly."""
    inputs = {f"feature {number}": {"mean": 0, "scale": 1} for number in range(features)}
    forest = Forest(leaves(features, (0.8, {features - 1: (0.0, ANY)})), inputs)
    [own, other] = forest.masks(rows([1.0] * features, [0.0] * features))
    assert forest.sums(np.array([own, other])).tolist() == [0.8, 0.0]
    found = forest.contributions(own, other[None, :])
    assert found.tolist() == [0.0] * (features - 1) + [0.8]


def test_a_missing_answer_belongs_to_its_own_feature() -> None:
    """A number that may be missing has a column more for each code, and one contribution."""
    inputs: dict[str, dict[str, Any]] = {
        "income": {"mean": 0, "scale": 1, "fill": 5, "missing": [None, -1]},
        "age": {"mean": 0, "scale": 1},
    }
    tree = leaves(4, (0.2, {1: (0.5, ANY)}), (0.6, {1: (-ANY, 0.5)}), (0.3, {3: (0.0, ANY)}))
    forest = Forest(tree, inputs)
    [own, other] = forest.masks(rows([5.0, 1.0, 0.0, 1.0], [7.0, 0.0, 0.0, -1.0]))
    found = forest.contributions(own, other[None, :])
    assert found == pytest.approx([-0.4, 0.3], abs=1e-12)
