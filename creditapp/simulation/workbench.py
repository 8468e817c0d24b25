"""What an analyst sees of a policy before it is in force: on labelled rows, on logged decisions, by age."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from creditapp.intervals import Proportion
from creditapp.policy.definition import Outcome, Policy
from creditapp.simulation.outcomes import (
    Case,
    Cost,
    CutOff,
    bad_among_approved,
    best_cut_off,
    expected_cost,
    outcomes,
    rates,
)

AGE = "Age in years"
BANDS = ((18, 24), (25, 34), (35, 44), (45, 59), (60, 100))
"""Both ends belong to a band."""

FOUR_FIFTHS = 0.8
"""Below this part of the best band's rate an approval rate calls for an explanation (29 CFR 1607.4 D)."""

FEWEST_IN_BAND = 10
"""Smaller bands are shown, and are not the one that others are measured by."""

STEPS = 100
MOST_FLIPS = 50


@dataclass(frozen=True)
class Costs:
    """What an approved bad credit and a referral cost, where a declined good one costs 1."""

    ratio: float = 5.0
    referral: float = 0.0


class Band(NamedTuple):
    """Approvals among the applicants of some ages, beside those of the band that is approved most."""

    first: int
    last: int
    approved: Proportion
    beside_best: float

    @property
    def is_low(self) -> bool:
        """Whether it is approved less than four fifths as often."""
        return self.beside_best < FOUR_FIFTHS


class Point(NamedTuple):
    """A single cut-off without referrals: what it costs, whom it approves, how many of them are bad."""

    cut_off: float
    cost: float
    approved: float
    bad: float


@dataclass(frozen=True)
class Tried:
    """A policy on some cases; cost and bad credits are known of labelled ones alone."""

    policy: Policy
    decided: Sequence[Outcome]
    rates: dict[Outcome, Proportion]
    bands: Sequence[Band]
    cost: Cost
    bad: Proportion


def tried(policy: Policy, cases: Sequence[Case], costs: Costs) -> Tried:
    """What a policy would decide on cases, and what that leads to."""
    decided = outcomes(policy, cases)
    return Tried(
        policy,
        decided,
        rates(decided),
        bands(cases, decided),
        expected_cost(cases, decided, costs.ratio, costs.referral),
        bad_among_approved(cases, decided),
    )


def bands(cases: Sequence[Case], decided: Sequence[Outcome]) -> list[Band]:
    """The approvals by age."""
    ages = [float(case.answers[AGE]) for case in cases]
    shares = []
    for first, last in BANDS:
        within = [one for age, one in zip(ages, decided, strict=True) if first <= age < last + 1]
        shares.append(Proportion(within.count(Outcome.APPROVE), len(within)))
    best = max((share.value for share in shares if share.total >= FEWEST_IN_BAND), default=math.nan)
    return [
        Band(first, last, share, share.value / best if best else math.nan)
        for (first, last), share in zip(BANDS, shares, strict=True)
    ]


def curve(cases: Sequence[Case], ratio: float) -> list[Point]:
    """The cost of each single cut-off, from approving everybody to nobody."""
    return [_point(cases, step / STEPS, ratio) for step in range(STEPS + 1)]


def best(cases: Sequence[Case], ratio: float) -> CutOff:
    """The single cut-off that costs least on these cases."""
    return best_cut_off(cases, ratio)


def flipped(cases: Sequence[Case], decided: Sequence[Outcome]) -> list[tuple[Case, Outcome]]:
    """The logged cases that would be decided otherwise, the newest, and how."""
    pairs = zip(cases, decided, strict=True)
    return [(case, one) for case, one in pairs if case.decided and case.decided != one][:MOST_FLIPS]


def _point(cases: Sequence[Case], cut_off: float, ratio: float) -> Point:
    approved = [case for case in cases if case.probability >= cut_off]
    bad = sum(not case.good for case in approved)
    lost = sum(bool(case.good) for case in cases) - (len(approved) - bad)
    return Point(
        cut_off,
        (ratio * bad + lost) / len(cases),
        len(approved) / len(cases),
        bad / len(approved) if approved else 0.0,
    )
