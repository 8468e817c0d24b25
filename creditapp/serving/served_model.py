"""The model in memory: a deployment, what scores and explains for it, and the policy in force."""

from dataclasses import dataclass

from creditapp.explanations.reasons import Explainer
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Metadata
from creditapp.scoring.scorer import Scorer
from creditapp.serving.deployments import Deployment


@dataclass(frozen=True)
class ScoringModel:
    """A deployment with its scorer and a policy; never changed, only replaced."""

    deployment: Deployment
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
    """A scoring model that also gives reasons."""

    explainer: Explainer
