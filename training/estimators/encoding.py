"""Exports trees behind a fitted preprocessor: how serving encodes the answers, and what the trees add up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Choice, Ordinal, Question
from creditapp.scoring.encoder import Encoder, Inputs, width_of
from training.estimators.family import Export
from training.estimators.trees import Tree, graph_of, leaves_of
from training.pipeline import column_order


def export_trees(
    trees: Sequence[Tree], inputs: Inputs, link: Mapping[str, float], model: bytes | None = None
) -> Export:
    """Export trees that read the encoded answers; `model` is their graph if it is not the usual one."""
    width = Encoder.from_inputs(inputs).width
    return Export(
        model=graph_of(trees, width) if model is None else model,
        leaves=leaves_of(trees, width),
        inputs=inputs,
        link=link,
        ties=_encoded_ties(trees, inputs),
    )


def inputs_of(preprocessor: ColumnTransformer, catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """How each used feature is encoded, in the order of the preprocessor's columns: see `encoder.Inputs`."""
    used = {
        name
        for _, transformer, names in preprocessor.transformers_
        if transformer != "drop"
        for name in names
    }
    features = [feature for feature in catalogue.features if feature.name in used]
    return {one.name: _encoding(one, preprocessor) for one in column_order(features)}


def _encoded_ties(trees: Sequence[Tree], inputs: Inputs) -> list[tuple[str, float]]:
    """Answers whose standardised numbers lie on and next to the trees' thresholds, each with its feature."""
    starts = np.cumsum([0, *map(width_of, inputs.values())]).tolist()
    names = {
        start: name
        for (name, encoding), start in zip(inputs.items(), starts, strict=False)
        if "mean" in encoding
    }
    thresholds = sorted(
        {
            (names[int(column)], float(threshold))
            for tree in trees
            for column, threshold, leaf in zip(
                tree.column, tree.threshold, tree.is_leaf, strict=True
            )
            if not leaf and int(column) in names
        }
    )
    return [
        (name, answer * inputs[name]["scale"] + inputs[name]["mean"])
        for name, threshold in thresholds
        for answer in _neighbours(threshold)
    ]


def _neighbours(threshold: float) -> tuple[float, float, float]:
    """The float32 numbers below, at and above a threshold."""
    # why: the trees read answers as float32, so no answer lies nearer to a threshold than these.
    exact = np.float32(threshold)
    below, above = (np.nextafter(exact, np.float32(end)) for end in (-np.inf, np.inf))
    return float(below), float(exact), float(above)


def _encoding(question: Question, preprocessor: ColumnTransformer) -> dict[str, Any]:
    """How one feature is encoded: see `encoder.Inputs`."""
    fitted = preprocessor.named_transformers_
    gaps = fitted.get(f"missing {question.slug}")
    if gaps is not None:
        value = gaps.named_transformers_["value"].named_steps
        fill = float(value["fill"].statistics_[0])
        missing = {"fill": fill, "missing": list(question.missing_answers)}
        if isinstance(question, Ordinal):
            return {"ordinal": list(question.values), **missing}
        return {**_scaling(value["scale"], 0), **missing}
    if isinstance(question, Ordinal):
        return {"ordinal": list(question.values)}
    if isinstance(question, Choice):
        return {"nominal": list(question.all_answers)}
    names = next(names for kind, _, names in preprocessor.transformers_ if kind == "numeric")
    return _scaling(fitted["numeric"], list(names).index(question.name))


def _scaling(scaler: Any, place: int) -> dict[str, float]:
    return {"mean": float(scaler.mean_[place]), "scale": float(scaler.scale_[place])}
