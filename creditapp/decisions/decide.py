"""The one road to a decision, for one application or many, from every channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from blinker import Signal
from uuid_utils import compat

from creditapp.applications.catalogue import Application
from creditapp.decisions import log as decision_log
from creditapp.decisions.log import Channel, NewDecision
from creditapp.observability import metrics
from creditapp.scoring.scorer import ENGINE, Score
from creditapp.serving import cache as model_cache
from creditapp.serving.cache import ServedModel

decided = Signal("applications were decided on, and the decisions recorded")
"""Sent with `decisions`, `applications` and `policy`; what listens must not raise, and must not take long."""


@dataclass(frozen=True)
class Origin:
    """Where applications come from: by which road, in which request, from whom."""

    channel: Channel
    request_id: str
    made_by: str


def decide(
    applications: Sequence[Application], origin: Origin, *, with_reasons: bool
) -> list[NewDecision]:
    """Score, decide, record and count; one decision per application, in their order, by one model and policy.

    Raises:
        ModelUnavailable: there is no model; nothing was decided.
        DecisionLogUnavailable: the decisions could not be recorded, and so were not made.
    """
    if not applications:
        return []
    if origin.channel is Channel.BATCH:
        metrics.note_batch_size(len(applications))
    with metrics.timed_predictions(_prediction_type(origin.channel), len(applications)):
        served = model_cache.current()
        decisions = judge(applications, served, origin, with_reasons=with_reasons)
        decision_log.record(decisions, [application.answers for application in applications])
    metrics.count_decisions(
        (decision.prediction for decision in decisions),
        (decision.decision for decision in decisions),
    )
    decided.send(decisions=decisions, applications=applications, policy=served.policy)
    return decisions


def judge(
    applications: Sequence[Application],
    served: ServedModel,
    origin: Origin,
    *,
    with_reasons: bool = False,
) -> list[NewDecision]:
    """What is decided on each application, all at one moment, without recording or counting it."""
    now = datetime.now(UTC)
    scores = served.scorer.score(applications)
    decisions = [
        _decision(application, score, served, origin, now)
        for application, score in zip(applications, scores, strict=True)
    ]
    if not with_reasons:
        return decisions
    return [
        decision._replace(reasons=served.explainer.reasons(application, score, served.policy))
        for decision, application, score in zip(decisions, applications, scores, strict=True)
    ]


def _prediction_type(channel: Channel) -> str:
    return "single" if channel in (Channel.UI, Channel.API) else "batch"


def _decision(
    application: Application,
    score: Score,
    served: ServedModel,
    origin: Origin,
    now: datetime,
) -> NewDecision:
    policy = served.policy
    risk_level = policy.risk_level(score.probability_good)
    return NewDecision(
        decision_id=compat.uuid7(),
        timestamp=now,
        channel=origin.channel,
        reference=application.reference,
        request_id=origin.request_id,
        made_by=origin.made_by,
        probability_good_credit=score.probability_good,
        prediction=int(score.probability_good > 0.5),
        risk_level=risk_level,
        decision=policy.outcome(
            risk_level, application.answers, outside_training=bool(score.outside_training)
        ),
        outside_training=score.outside_training,
        policy_version=policy.version,
        model_version=served.model_version,
        generation=served.deployment.generation,
        fingerprint=served.metadata.fingerprint,
        engine=ENGINE,
    )
