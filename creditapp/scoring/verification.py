"""Whether a bundle is fit to be served here: its columns, its classes, and its scores of known rows."""

from collections.abc import Sequence

import numpy as np

from creditapp.applications.catalogue import FEATURE_NAMES, PROTECTED, Application
from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import Bundle, Metadata
from creditapp.scoring.scorer import TOLERANCE, Scorer, checked_scorer

CLASSES = [0, 1]
"""Bad, good: the order in which scikit-learn keeps them, and every bundle is published."""


def accepted(bundle: Bundle) -> Scorer:
    """A scorer of a bundle that is proved fit: of this catalogue, and scoring known rows as they were.

    The known rows are scored in one batch, one by one, and in another order.

    Raises:
        BrokenBundle: it is not fit; the message says why.
    """
    _check_columns(bundle.metadata)
    _check_classes(bundle.metadata)
    scorer = checked_scorer(bundle)
    _check_company(scorer, bundle)
    return scorer


def _check_columns(metadata: Metadata) -> None:
    """A model uses every feature, or every one but all that are protected."""
    missing = [name for name in FEATURE_NAMES if name not in metadata.inputs]
    strange = [name for name in metadata.inputs if name not in FEATURE_NAMES]
    if missing and set(missing) != set(PROTECTED):
        raise BrokenBundle(f"the model lacks the feature {_named(missing)}")
    if strange:
        raise BrokenBundle(f"the model wants a feature that no application has: {_named(strange)}")


def _check_classes(metadata: Metadata) -> None:
    if list(metadata.classes) != CLASSES:
        order = list(metadata.classes)
        raise BrokenBundle(f"the model's classes are in the order {order}; {CLASSES} is expected")


def _check_company(scorer: Scorer, bundle: Bundle) -> None:
    """A score must not depend on which other applications are scored with it."""
    applications = [Application(row) for row in bundle.golden.applications]
    alone = [_scores(scorer, [application])[0] for application in applications]
    backwards = _scores(scorer, applications[::-1])[::-1]
    for found, how in ((alone, "one by one"), (backwards, "in another order")):
        difference = np.abs(np.array(found) - np.array(bundle.golden.probabilities)).max()
        if not difference <= TOLERANCE:
            raise BrokenBundle(f"scored {how}, known rows are off by {difference:.2g}")


def _scores(scorer: Scorer, applications: Sequence[Application]) -> list[float]:
    return [score.probability_good for score in scorer.score(applications)]


def _named(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
