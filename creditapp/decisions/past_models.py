"""Models that made decisions, loaded from their stored bundles with their own catalogues."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from creditapp.explanations.reasons import Explainer, verify_explainer
from creditapp.explanations.similar import PastCases
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Scorer
from creditapp.serving import deployments

KEPT = 4
"""How many past models a process keeps in memory."""


@dataclass(frozen=True)
class PastModel:
    """A stored bundle with its scorer; what explains is built when it is first needed."""

    bundle: Bundle
    scorer: Scorer

    @cached_property
    def explainer(self) -> Explainer:
        """What gives the reasons of this model's decisions.

        Raises:
            BrokenBundle: the bundle's leaves or hold-out cannot be used.
        """
        return verify_explainer(self.bundle, self.scorer)

    @cached_property
    def past_cases(self) -> PastCases:
        """The hold-out, to find similar applications in.

        Raises:
            BrokenBundle: the bundle's hold-out cannot be used.
        """
        return PastCases(self.bundle, self.scorer)


@lru_cache(maxsize=KEPT)
def load_past_model(bundle_digest: str) -> PastModel:
    """Load a model from the database by the digest of its bundle.

    Raises:
        BrokenBundle: the bundle was altered, or cannot be read.
        DatabaseUnavailable: the database cannot be read.
    """
    bundle = Bundle.unpack(deployments.load_bundle(bundle_digest))
    return PastModel(bundle, Scorer(bundle))
