"""Counts the refusals whose largest effects are answers that are no worse than usual."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from creditapp.applications.catalogue import Application
from creditapp.applications.table import columns_of
from creditapp.explanations.reasons import MOST_REASONS, Explainer, against
from creditapp.policy.definition import Outcome, Policy
from creditapp.scoring.scorer import TOLERANCE, Scorer


@dataclass(frozen=True)
class ReasonCount:
    """The refusals of some rows, and what their reasons are or would be.

    A good answer is one that is no worse than the reference group's typical one. The largest effects are
    the four answers that lower the score most, protected ones left out.

    Attributes:
        refusals: the rows that are not approved by their score.
        with_good_answer: those with a good answer among the largest effects. It would be a reason if good
            answers were not left out.
        needing_good_answer: those where the model also scores such an answer below the typical one.
        against_direction: the same, only for fields with an expected direction: 0 for a monotone model.
        fewer_than_four: those with fewer reasons than four.
        without_reasons: those with no reason at all.
    """

    refusals: int
    with_good_answer: int
    needing_good_answer: int
    against_direction: int
    fewer_than_four: int
    without_reasons: int


@dataclass(frozen=True)
class _Refusal:
    """The good answers among the largest effects, those that cost the applicant, and the reasons given."""

    good: Sequence[str]
    costly: Sequence[str]
    reasons: int


def count_good_reasons(
    scorer: Scorer, explainer: Explainer, rows: Sequence[Application], policy: Policy
) -> ReasonCount:
    """Count over the rows that the policy does not approve by their score."""
    catalogue = scorer.catalogue
    refusals = []
    for application, score in zip(rows, scorer.score(rows), strict=True):
        if policy.outcomes[policy.risk_level(score.probability_good)] is not Outcome.APPROVE:
            good = _good_answers(application, explainer, policy, scorer)
            typical = explainer.typical_answers(policy.low_risk_from)
            costly = [name for name in good if _costs(name, typical[name], application, scorer)]
            given = explainer.reasons(application, score, policy)
            refusals.append(_Refusal(good, costly, len(given)))
    return ReasonCount(
        refusals=len(refusals),
        with_good_answer=sum(bool(one.good) for one in refusals),
        needing_good_answer=sum(bool(one.costly) for one in refusals),
        against_direction=sum(
            any(catalogue.by_name[name].direction for name in one.costly) for one in refusals
        ),
        fewer_than_four=sum(one.reasons < MOST_REASONS for one in refusals),
        without_reasons=sum(not one.reasons for one in refusals),
    )


def _good_answers(
    application: Application, explainer: Explainer, policy: Policy, scorer: Scorer
) -> list[str]:
    """The features with a good answer among the largest effects."""
    effects = explainer.contributions(application, policy.low_risk_from)
    worse = explainer.worse_answers(application, policy.low_risk_from)
    largest = against(effects, scorer.catalogue)[:MOST_REASONS]
    return [name for name in largest if name not in worse]


def _costs(name: str, typical: object, application: Application, scorer: Scorer) -> bool:
    """Whether the typical answer in place of the applicant's raises the score."""
    columns = columns_of(scorer.catalogue, [application.answers] * 2)
    [own, _] = columns[name]
    before, after = scorer.probabilities({**columns, name: [own, typical]})
    return bool(np.greater(after - before, TOLERANCE))
