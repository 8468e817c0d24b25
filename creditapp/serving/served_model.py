"""The model in memory: a deployment, what scores and explains for it, and the policy in force."""

from dataclasses import dataclass

from creditapp.applications.catalogue import Catalogue
from creditapp.explanations.reasons import Explainer
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Metadata
from creditapp.scoring.scorer import Scorer
from creditapp.serving.deployments import Deployment


@dataclass(frozen=True)
class ScoringModel:
    """A deployment with its scorer and a policy; never changed, only replaced."""

    deployment: Deployment
    catalogue: Catalogue
    metadata: Metadata
    scorer: Scorer
    policy: Policy

    @property
    def model_version(self) -> str:
        """The registered version that scores."""
        return self.deployment.model_version

    @property
    def address(self) -> str:
        """The version's address in the registry, such as `models:/NAME/3`."""
        return f"models:/{self.deployment.model_name}/{self.model_version}"


@dataclass(frozen=True)
class ServedModel(ScoringModel):
    """A scoring model that also gives reasons.

    `replaced` is the catalogue that was served last before this one, if it was another one.
    """

    explainer: Explainer
    replaced: Catalogue | None = None

    @property
    def protected_used(self) -> tuple[str, ...]:
        """The names of the protected answers that the model uses."""
        return tuple(name for name in self.catalogue.protected if name in self.metadata.inputs)
