"""The policy: from a probability to a risk level and a decision, under a version's name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RiskLevel(StrEnum):
    """How likely the credit is to be good."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Outcome(StrEnum):
    """What is decided; `refer` leaves it to a person."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


@dataclass(frozen=True)
class Policy:
    """Cut-offs on the probability of good credit, and what follows from each risk level."""

    version: str
    low_risk_from: float = 0.7
    medium_risk_from: float = 0.4
    outcomes: Mapping[RiskLevel, Outcome] = field(
        default_factory=lambda: {
            RiskLevel.LOW: Outcome.APPROVE,
            RiskLevel.MEDIUM: Outcome.REFER,
            RiskLevel.HIGH: Outcome.DECLINE,
        }
    )

    def risk_level(self, probability_good: float) -> RiskLevel:
        """The risk level of a probability of good credit."""
        if probability_good >= self.low_risk_from:
            return RiskLevel.LOW
        return RiskLevel.MEDIUM if probability_good >= self.medium_risk_from else RiskLevel.HIGH

    def outcome(self, risk_level: RiskLevel, *, outside_training: bool) -> Outcome:
        """The decision; what the model has never seen is not approved without a person."""
        outcome = self.outcomes[risk_level]
        return Outcome.REFER if outside_training and outcome is Outcome.APPROVE else outcome


DEFAULT_POLICY = Policy(version="default-1")
