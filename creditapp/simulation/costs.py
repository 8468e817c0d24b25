"""What decisions cost and earn, with referrals that a person reviews, at a cost and with errors."""

from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditapp.phrases import marked

HIGHEST_COST = 1_000_000.0

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def _assumed(default: float, label: str, highest: float = 1.0) -> float:
    made: float = field(default=default, metadata={"label": label, "highest": highest})
    return made


@dataclass(frozen=True)
class Costs:
    """What is assumed about costs, reviews and earnings. A declined good credit costs 1.

    Shares are from 0 to 1. The defaults are assumptions; `review_worth` measures what can be measured.
    """

    cost_ratio: float = _assumed(5.0, marked("Cost of an approved bad credit"), HIGHEST_COST)
    referral_cost: float = _assumed(0.1, marked("Cost of a review"), HIGHEST_COST)
    bad_approved: float = _assumed(0.25, marked("Share of bad credits that a review approves"))
    good_declined: float = _assumed(0.1, marked("Share of good credits that a review declines"))
    capacity: float = _assumed(0.5, marked("Share of applications that people can review"))
    margin: float = _assumed(0.1, marked("Margin of a good credit, as a share of its amount"))
    loss: float = _assumed(0.5, marked("Loss of a bad credit, as a share of its amount"))


class Assumption(NamedTuple):
    """One number that is assumed: its name in forms and commands, its label, its default and its limit."""

    name: str
    label: str
    default: float
    highest: float


ASSUMPTIONS = tuple(
    Assumption(one.name, one.metadata["label"], one.default, one.metadata["highest"])  # type: ignore[arg-type]
    for one in fields(Costs)
)


class Treatment(NamedTuple):
    """What becomes of cases in the end: the probabilities that each is approved, and that it is reviewed."""

    approved: Floats
    reviewed: Floats


def reviewed_share(referred: float, cases: int, costs: Costs) -> float:
    """The share of the referrals that people can review; 1 where all can be."""
    return min(1.0, costs.capacity * cases / referred) if referred else 1.0


def treatment(approve: Flags, refer: Flags, good: Flags, costs: Costs) -> Treatment:
    """What becomes of cases that a policy approves, refers, or else declines.

    Referrals over the capacity are declined. Which these are is left to chance, so each referral is
    reviewed with the same probability.
    """
    reviewed = refer.astype(np.float64) * reviewed_share(float(refer.sum()), len(refer), costs)
    approved_in_review = np.where(good, 1 - costs.good_declined, costs.bad_approved)
    return Treatment(approve + reviewed * approved_in_review, reviewed)


def cost_of_each(what: Treatment, good: Flags, costs: Costs) -> Floats:
    """The expected cost of each case, where a declined good credit costs 1."""
    errors = np.where(good, 1 - what.approved, costs.cost_ratio * what.approved)
    return np.asarray(errors + costs.referral_cost * what.reviewed, np.float64)


def profit_of_each(what: Treatment, good: Flags, amounts: Floats, costs: Costs) -> Floats:
    """The expected profit of each case, in the unit of the amounts.

    A good credit earns the margin, a bad one loses its share. A review costs `referral_cost` times what a
    mean good credit earns, because the cost of 1 is that of declining one.
    """
    earned = np.where(good, costs.margin, -costs.loss) * amounts
    mean_margin = costs.margin * float(amounts[good].mean()) if good.any() else 0.0
    return np.asarray(
        what.approved * earned - costs.referral_cost * mean_margin * what.reviewed, np.float64
    )
