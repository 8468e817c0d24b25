"""The policy in force by default."""

import pytest

from creditapp.policy import DEFAULT_POLICY, Outcome, RiskLevel


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (1.0, "LOW"),
        (0.7, "LOW"),
        (0.6999999, "MEDIUM"),
        (0.4, "MEDIUM"),
        (0.3999999, "HIGH"),
        (0.0, "HIGH"),
    ],
)
def test_the_cut_offs_belong_to_the_better_level(probability: float, level: str) -> None:
    """0.7 is low risk and 0.4 is medium risk."""
    assert DEFAULT_POLICY.risk_level(probability) == level


@pytest.mark.parametrize(
    ("level", "known", "unknown"),
    [
        (RiskLevel.LOW, Outcome.APPROVE, Outcome.REFER),
        (RiskLevel.MEDIUM, Outcome.REFER, Outcome.REFER),
        (RiskLevel.HIGH, Outcome.DECLINE, Outcome.DECLINE),
    ],
)
def test_what_the_model_never_saw_is_not_approved(
    level: RiskLevel, known: Outcome, unknown: Outcome
) -> None:
    """An answer outside the training data turns an approval into a referral, and nothing else."""
    assert DEFAULT_POLICY.outcome(level, outside_training=False) is known
    assert DEFAULT_POLICY.outcome(level, outside_training=True) is unknown
