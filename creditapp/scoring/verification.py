"""Whether a bundle is fit to be served here: its columns, classes, and golden scores."""

from collections.abc import Sequence

import numpy as np

from creditapp.applications.catalogue import Application
from creditapp.exceptions import BrokenBundle
from creditapp.phrases import marked
from creditapp.scoring.bundle import Bundle, Golden, Metadata
from creditapp.scoring.scorer import TOLERANCE, Scorer

CLASSES = [0, 1]
"""Bad, good: the order in which scikit-learn keeps them, and in which every bundle is published."""


def verify(bundle: Bundle) -> Scorer:
    """Make the scorer of a bundle, and prove that it reproduces the bundle's golden scores.

    The golden rows are scored in one batch, one by one, and in reverse order.

    Raises:
        BrokenBundle: the bundle is not fit to be served; the message says why.
    """
    _check_columns(bundle)
    _check_classes(bundle.metadata)
    if not bundle.golden.applications:
        raise BrokenBundle(marked("the served bundle holds no golden rows to verify the model by"))
    try:
        scorer = Scorer(bundle)
        scores = _golden_scores(scorer, bundle.golden)
    except Exception as error:  # the engine's errors share no base class
        raise BrokenBundle(marked("the model in the served bundle cannot be run")) from error
    for order, probabilities in scores.items():
        _check_golden(bundle.golden, order, probabilities)
    return scorer


def _check_columns(bundle: Bundle) -> None:
    """A model uses all features, or all but the protected ones."""
    names, inputs = bundle.catalogue.feature_names, bundle.metadata.inputs
    missing = [name for name in names if name not in inputs]
    unknown = [name for name in inputs if name not in names]
    if missing and set(missing) != set(bundle.catalogue.protected):
        raise BrokenBundle(marked("the model lacks the feature %(names)s"), names=_quoted(missing))
    if unknown:
        raise BrokenBundle(
            marked("the model needs a feature that no application has: %(names)s"),
            names=_quoted(unknown),
        )


def _check_classes(metadata: Metadata) -> None:
    classes = list(metadata.classes)
    if classes != CLASSES:
        raise BrokenBundle(
            marked("the model's classes are in the order %(classes)s, not %(right)s"),
            classes=classes,
            right=CLASSES,
        )


def _golden_scores(scorer: Scorer, golden: Golden) -> dict[str, list[float]]:
    """The golden rows' probabilities by the order of scoring: a score must not depend on other rows."""
    rows = [Application(row) for row in golden.applications]
    return {
        "in one batch": _score(scorer, rows),
        "one by one": [probability for row in rows for probability in _score(scorer, [row])],
        "in reverse order": _score(scorer, rows[::-1])[::-1],
    }


def _score(scorer: Scorer, applications: Sequence[Application]) -> list[float]:
    return [score.probability_good for score in scorer.score(applications)]


def _check_golden(golden: Golden, order: str, probabilities: list[float]) -> None:
    difference = np.abs(np.array(probabilities) - np.array(golden.probabilities)).max()
    if not difference <= TOLERANCE:
        raise BrokenBundle(
            marked("scored %(order)s, the golden rows differ by %(difference)s"),
            order=order,
            difference=f"{difference:.2g}",
        )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
