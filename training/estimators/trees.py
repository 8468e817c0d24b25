"""Trees with a value per leaf, as serving has them: a graph that adds up, and leaves that explain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper

from creditapp.scoring.encoder import Encoded
from creditapp.scoring.forest import Leaves
from creditapp.scoring.scorer import INPUT, SUM

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

OPSETS = {"ai.onnx.ml": 3, "": 17}
IR_VERSION = 8


@dataclass(frozen=True)
class Tree:
    """One tree by its nodes, the root first; all arrays have the shape (nodes,).

    A row goes `left` if its `column` is at most the `threshold`, else `right`. A leaf has `left` below 0.
    """

    column: Integers
    threshold: Numbers
    left: Integers
    right: Integers
    value: Numbers

    @property
    def is_leaf(self) -> npt.NDArray[np.bool_]:
        """Which nodes are leaves."""
        return self.left < 0


def chain(columns: Sequence[int], thresholds: Sequence[float], values: Sequence[float]) -> Tree:
    """A tree whose nodes stand in a row: the first condition that a row fails gives its value.

    A row gets the first value unless it is above the first threshold, and so on; there is one value more
    than there are thresholds.
    """
    inner = len(thresholds)
    nodes = np.arange(inner)
    no_child = np.full(inner + 1, -1)
    return Tree(
        column=np.concatenate([np.array(columns, dtype=np.int64), np.zeros(inner + 1, np.int64)]),
        threshold=np.concatenate([np.array(thresholds, dtype=np.float64), np.zeros(inner + 1)]),
        left=np.concatenate([inner + nodes, no_child]),
        right=np.concatenate([np.append(nodes[1:], 2 * inner), no_child]) if inner else no_child,
        value=np.concatenate([np.zeros(inner), np.array(values, dtype=np.float64)]),
    )


def leaves_of(trees: Sequence[Tree], width: int) -> Leaves:
    """All leaves of the trees, each with the limits on its path over `width` columns."""
    leaves = [leaf for tree in trees for leaf in _leaves(tree, width)]
    values, low, high = zip(*leaves, strict=True)
    return Leaves(np.array(values), np.array(low), np.array(high))


def graph_of(trees: Sequence[Tree], width: int) -> bytes:
    """The ONNX graph that adds up one leaf of each tree; it rounds only the sum to float32."""
    sizes = [len(tree.left) for tree in trees]
    ids = np.concatenate([np.arange(size) for size in sizes])
    tree_ids = np.repeat(np.arange(len(trees)), sizes)
    is_leaf = np.concatenate([tree.is_leaf for tree in trees])
    threshold, value = (_joined(trees, name) for name in ("threshold", "value"))
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        ["exact"],
        [SUM],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=tree_ids.tolist(),
        nodes_nodeids=ids.tolist(),
        nodes_featureids=_joined(trees, "column").tolist(),
        nodes_modes=["LEAF" if leaf else "BRANCH_LEQ" for leaf in is_leaf.tolist()],
        nodes_values_as_tensor=_tensor(threshold),
        nodes_truenodeids=np.maximum(_joined(trees, "left"), 0).tolist(),
        nodes_falsenodeids=np.maximum(_joined(trees, "right"), 0).tolist(),
        nodes_missing_value_tracks_true=[0] * len(ids),
        target_treeids=tree_ids[is_leaf].tolist(),
        target_nodeids=ids[is_leaf].tolist(),
        target_ids=[0] * int(is_leaf.sum()),
        target_weights_as_tensor=_tensor(value[is_leaf]),
    )
    cast = helper.make_node("Cast", [INPUT], ["exact"], to=TensorProto.DOUBLE)
    graph = helper.make_graph(
        [cast, ensemble],
        "sum_of_leaves",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(SUM, TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    packed: bytes = model.SerializeToString()
    return packed


def _joined(trees: Sequence[Tree], name: str) -> Any:
    return np.concatenate([getattr(tree, name) for tree in trees])


def _tensor(numbers: Numbers) -> Any:
    return helper.make_tensor("numbers", TensorProto.DOUBLE, [len(numbers)], numbers)


def _leaves(tree: Tree, width: int) -> Iterator[tuple[float, Encoded, Encoded]]:
    thresholds = _round_down(tree.threshold)
    everything = np.full(width, np.inf, dtype=np.float32)
    paths = [(0, -everything, everything)]
    while paths:
        node, low, high = paths.pop()
        if tree.left[node] < 0:
            yield float(tree.value[node]), low, high
            continue
        column, threshold = tree.column[node], thresholds[node]
        left_high, right_low = high.copy(), low.copy()
        left_high[column] = min(high[column], threshold)
        right_low[column] = max(low[column], threshold)
        paths.append((tree.left[node], low, left_high))
        paths.append((tree.right[node], right_low, high))


def _round_down(thresholds: Numbers) -> Encoded:
    """The thresholds as float32, never above the original.

    The model compares a float32 answer with a float64 threshold.
    """
    # why: round down to float32 so that comparisons agree. Rounded up, a threshold could let through
    # a float32 answer that lies above the original threshold.
    single = thresholds.astype(np.float32)
    rounded: Encoded = np.where(
        single > thresholds, np.nextafter(single, np.float32(-np.inf)), single
    )
    return rounded
