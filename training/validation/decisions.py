"""What the cut-offs of a policy would decide on scores, and what that costs.

Rules, and answers outside the training data, are left out: they are the policy's, not the model's.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from creditapp.policy.definition import Outcome, Policy
from creditapp.simulation import cut_offs as cut_offs_alone
from creditapp.simulation.costs import Costs
from training.folds import Numbers


@dataclass(frozen=True)
class CutOffs:
    """The cut-offs of a policy, and what is assumed about costs and reviews."""

    policy: str
    approve_from: float
    refer_from: float
    costs: Costs = field(default_factory=Costs)

    @classmethod
    def of(cls, policy: Policy) -> "CutOffs":
        """The cut-offs of a policy, with the usual costs."""
        return cls(policy.version, policy.low_risk_from, policy.medium_risk_from)

    def outcomes(self, good: Numbers) -> Any:
        """The place of each outcome in `Outcome`, by probability of good credit; the same shape."""
        return 2 - (good >= self.refer_from).astype(int) - (good >= self.approve_from).astype(int)

    def cost(self, target: Any, good: Numbers) -> float:
        """The mean expected cost per applicant, with referrals that a person reviews."""
        cut_offs = cut_offs_alone.CutOffs(self.approve_from, self.refer_from)
        is_good = np.asarray(target) == 1
        return float(cut_offs_alone.cost_at(cut_offs, good, is_good, self.costs).mean())

    def crossing(self, before: Numbers, after: Numbers) -> float:
        """The share of applicants whose outcome is another."""
        return float((self.outcomes(before) != self.outcomes(after)).mean())

    def table(self, target: Any, good: Numbers) -> dict[str, dict[str, int]]:
        """The number of good and bad credits with each outcome."""
        outcomes, is_good = self.outcomes(good), np.asarray(target) == 1
        return {
            outcome.value: {
                "good": int((is_good & (outcomes == place)).sum()),
                "bad": int((~is_good & (outcomes == place)).sum()),
            }
            for place, outcome in enumerate(Outcome)
        }
