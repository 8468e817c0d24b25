"""What the hold-outs of deployed models say, for the estimates of their decisions."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from creditapp.applications.table import columns_of
from creditapp.exceptions import BadTable, BrokenBundle
from creditapp.outcomes.discrimination import Floats
from creditapp.performance import estimates
from creditapp.performance.estimates import Reference
from creditapp.performance.groupings import Places
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.holdout import ScoredOutcomes, outcomes_by_score, read_holdout
from creditapp.scoring.verification import verify
from creditapp.serving import deployments

MOST_MODELS = 5
"""The newest; to load one takes about a second."""

MOST_DEPLOYMENTS = 1000

References = Mapping[int, Reference]


def of_generations(generations: Iterable[int]) -> References:
    """The references of the newest models that made these deployments' decisions, by deployment.

    Raises:
        DatabaseUnavailable: the bundles cannot be read.
    """
    wanted = set(generations)
    history = deployments.history(limit=MOST_DEPLOYMENTS)
    deployed = [one for one in history if one.generation in wanted]
    digests = list(dict.fromkeys(one.bundle_digest for one in deployed))[:MOST_MODELS]
    found = {digest: _of_bundle(digest) for digest in digests}
    pairs = {one.generation: found.get(one.bundle_digest) for one in deployed}
    return {generation: reference for generation, reference in pairs.items() if reference}


def correct(good: Floats, generation: Places, references: References) -> Floats:
    """The corrected probabilities of good credit; NaN where the model has no reference."""
    corrected = np.full(good.size, np.nan)
    for key, reference in references.items():
        chosen = generation == key
        corrected[chosen] = reference.recalibration.correct(good[chosen])
    return corrected


@lru_cache(maxsize=32)
def _of_bundle(bundle_digest: str) -> Reference | None:
    """The reference of a bundle; none if its hold-out cannot be used."""
    try:
        bundle = Bundle.unpack(deployments.load_bundle(bundle_digest))
        found = outcomes_by_score(bundle.metadata.score_population) or _score(bundle)
    except (BrokenBundle, BadTable):
        return None
    return estimates.reference(found.good, found.is_good)


def _score(bundle: Bundle) -> ScoredOutcomes:
    """The rows that an older bundle holds, scored by its model."""
    held_out = read_holdout(bundle)
    scores = verify(bundle).probabilities(columns_of(bundle.catalogue, held_out.answers))
    return ScoredOutcomes(np.asarray(scores, np.float64), np.array(held_out.good, bool))
