"""What a policy would do to known cases: rates with intervals, cost, and the cut-off of least cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import NamedTuple

from creditapp.applications.catalogue import Answer
from creditapp.intervals import Z_95, Interval, Proportion
from creditapp.policy.definition import Outcome, Policy


class Case(NamedTuple):
    """A scored application; `good` says how the credit went, `decided` what was decided, where known."""

    probability: float
    answers: Mapping[str, Answer]
    outside_training: bool
    good: bool | None = None
    decided: str = ""
    decision_id: str = ""


@dataclass(frozen=True)
class Cost:
    """A mean cost per applicant, and its 95 % interval by the normal approximation."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class CutOff:
    """A probability to approve from, declining below, and what that costs; infinite: nobody is approved."""

    approve_from: float
    cost: float


def outcomes(policy: Policy, cases: Sequence[Case]) -> list[Outcome]:
    """What the policy decides on each case."""
    return [
        policy.outcome(
            policy.risk_level(case.probability),
            case.answers,
            outside_training=case.outside_training,
        )
        for case in cases
    ]


def rates(decided: Sequence[Outcome]) -> dict[Outcome, Proportion]:
    """The share of each outcome."""
    return {outcome: Proportion(decided.count(outcome), len(decided)) for outcome in Outcome}


def bad_among_approved(cases: Sequence[Case], decided: Sequence[Outcome]) -> Proportion:
    """How many of the approved credits were bad, where it is known of all."""
    pairs = zip(cases, decided, strict=True)
    approved = [case.good for case, outcome in pairs if outcome is Outcome.APPROVE]
    return Proportion(approved.count(False), len(approved))


def expected_cost(
    cases: Sequence[Case], decided: Sequence[Outcome], ratio: float, referral: float = 0.0
) -> Cost:
    """The mean cost per applicant: `ratio` for an approved bad credit, 1 for a declined good one.

    A referral costs `referral`: the person's time alone, as the person is taken to decide rightly.
    """
    pairs = zip(cases, decided, strict=True)
    costs = [_cost(case, outcome, ratio, referral) for case, outcome in pairs]
    if not costs:
        return Cost(math.nan, (0.0, max(ratio, referral, 1.0)))
    mean = fmean(costs)
    reach = Z_95 * stdev(costs) / math.sqrt(len(costs)) if len(costs) > 1 else math.inf
    return Cost(mean, (max(0.0, mean - reach), min(max(ratio, referral, 1.0), mean + reach)))


def flips(cases: Sequence[Case], decided: Sequence[Outcome]) -> dict[tuple[str, str], int]:
    """How many decisions would be others, by what was decided and what would be."""
    found: dict[tuple[str, str], int] = {}
    for case, outcome in zip(cases, decided, strict=True):
        if case.decided and case.decided != outcome:
            change = (case.decided, outcome.value)
            found[change] = found.get(change, 0) + 1
    return found


def best_cut_off(cases: Sequence[Case], ratio: float) -> CutOff:
    """The one cut-off, without referrals, that costs least on these cases; of equals, the highest.

    From the highest probability down, each step approves the cases of one probability more.
    """
    total = float(sum(bool(case.good) for case in cases))
    best, lowest = math.inf, total
    ordered = sorted(cases, key=lambda case: -case.probability)
    for place, case in enumerate(ordered, 1):
        total += -1.0 if case.good else ratio
        last_of_equals = place == len(ordered) or ordered[place].probability < case.probability
        if last_of_equals and total < lowest:
            best, lowest = case.probability, total
    return CutOff(best, lowest / len(cases) if cases else math.nan)


def _cost(case: Case, outcome: Outcome, ratio: float, referral: float) -> float:
    if outcome is Outcome.APPROVE:
        return 0.0 if case.good else ratio
    if outcome is Outcome.REFER:
        return referral
    return 1.0 if case.good else 0.0
