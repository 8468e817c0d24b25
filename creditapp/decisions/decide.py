"""The way to a decision on a single application, from a page or the API; `batches` has that to many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from blinker import Signal
from uuid_utils import compat

from creditapp.applications.catalogue import Application
from creditapp.decisions import log as decision_log
from creditapp.decisions.listing import MOST_EARLIER, find_earlier
from creditapp.decisions.log import Channel, NewDecision, first_id
from creditapp.decisions.once import Claim
from creditapp.observability import metrics
from creditapp.policy.definition import Policy
from creditapp.scoring.scorer import ENGINE, Score
from creditapp.serving.served_model import ScoringModel, ServedModel

decided = Signal()
"""Sent after decisions are recorded, with `decisions`, `applications` and `policy`.

A receiver must return quickly and must not raise: the answer waits for it.
"""


@dataclass(frozen=True)
class Origin:
    """Where applications come from: the channel, the request, and who sent them."""

    channel: Channel
    request_id: str
    made_by: str
    corrects: UUID | None = None
    """The decision in whose place a single application is scored again."""


@dataclass(frozen=True)
class Decided:
    """Decisions in the order of their applications, and the model that made them all."""

    decisions: Sequence[NewDecision]
    served: ServedModel
    answer: bytes = b""
    """The answer to the request, as it is sent and kept."""


def decide(
    applications: Sequence[Application],
    served: ServedModel,
    origin: Origin,
    *,
    with_reasons: bool,
    write: Callable[[Decided], bytes] = lambda _decided: b"",
    claim: Claim | None = None,
) -> Decided:
    """Score, decide, record and count at least one application, all by one model and one policy.

    `served` is the model whose catalogue the applications were checked by. `write` writes the answer to
    the request; with `claim`, the answer is recorded with the decisions, for repeats of the request.

    Raises:
        AnsweredMeanwhile: the same request was answered already; no decision was made.
        OutcomeUnknown: the decisions may be recorded or not.
        DatabaseUnavailable: the decisions could not be recorded, and so were not made.
    """
    with metrics.timed_predictions("single", len(applications)):
        decisions, scores = _judge(applications, served, origin, _earlier(applications))
        if with_reasons:
            decisions = _add_reasons(decisions, applications, scores, served)
        made = Decided(decisions, served)
        made = replace(made, answer=write(made))
        given = [application.answers for application in applications]
        decision_log.record(decisions, given, claim, made.answer, corrects=origin.corrects)
    metrics.count_decisions(
        (decision.prediction for decision in decisions),
        (decision.decision for decision in decisions),
    )
    decided.send(decisions=decisions, applications=applications, policy=served.policy)
    return made


def judge(
    applications: Sequence[Application], model: ScoringModel, origin: Origin
) -> list[NewDecision]:
    """Decide on applications without recording or counting; all get the same timestamp."""
    decisions, _ = _judge(applications, model, origin, {})
    return decisions


def _earlier(applications: Sequence[Application]) -> dict[str, list[UUID]]:
    """The earlier decisions on the references; without references the database is not asked."""
    references = [one.reference for one in applications if one.reference is not None]
    return find_earlier(references) if references else {}


def _judge(
    applications: Sequence[Application],
    model: ScoringModel,
    origin: Origin,
    earlier: dict[str, list[UUID]],
) -> tuple[list[NewDecision], list[Score]]:
    """Decide on applications in their order; each decision is an earlier one for those after it."""
    now = datetime.now(UTC)
    scores = model.scorer.score(applications)
    decisions = []
    for application, score in zip(applications, scores, strict=True):
        before = earlier.get(application.reference or "", [])
        decision = _decision(application, score, model, origin, now, before)
        decisions.append(decision)
        if application.reference is not None:
            earlier[application.reference] = [decision.decision_id, *before[: MOST_EARLIER - 1]]
    return decisions, scores


def _add_reasons(
    decisions: Sequence[NewDecision],
    applications: Sequence[Application],
    scores: Sequence[Score],
    served: ServedModel,
) -> list[NewDecision]:
    return [
        decision._replace(
            reasons=served.explainer.reasons(
                application,
                score,
                served.policy,
                repeated=is_repeated(served.policy, decision.earlier_decisions, decision.timestamp),
            )
        )
        for decision, application, score in zip(decisions, applications, scores, strict=True)
    ]


def _decision(
    application: Application,
    score: Score,
    model: ScoringModel,
    origin: Origin,
    now: datetime,
    earlier: Sequence[UUID],
) -> NewDecision:
    policy = model.policy
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
        score=policy.score(score.probability_good),
        risk_level=risk_level,
        decision=policy.outcome(
            risk_level,
            model.catalogue,
            application.answers,
            outside_training=bool(score.outside_training),
            repeated=is_repeated(policy, earlier, now),
        ),
        outside_training=score.outside_training,
        policy_version=policy.version,
        model_version=model.model_version,
        generation=model.deployment.generation,
        portfolio=model.catalogue.name,
        fingerprint=model.metadata.fingerprint,
        engine=ENGINE,
        earlier_decisions=earlier,
    )


def is_repeated(policy: Policy, earlier: Sequence[UUID], now: datetime) -> bool:
    """Whether the newest earlier decision on a reference is within the days of the policy."""
    days = policy.refer_repeats_days
    return days is not None and bool(earlier) and earlier[0] >= first_id(now - timedelta(days=days))
