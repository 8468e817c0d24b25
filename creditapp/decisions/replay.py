"""Replay: stored decisions scored again, each by the bundle that made it and under its own columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from creditapp.applications.catalogue import PROTECTED, Answer, Application, fingerprint
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.log import Decision
from creditapp.exceptions import BrokenBundle, CannotReplay, NothingToChange
from creditapp.explanations.alternatives import Alternatives, alternatives
from creditapp.explanations.reasons import Explainer, Reason, checked_explainer
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import ENGINE, TOLERANCE, Score, Scorer
from creditapp.serving import deployments
from creditapp.serving.deployments import Deployment

SAME_ENGINE = 1e-9
CHUNK = 1000


@dataclass(frozen=True)
class Replayed:
    """A decision, the probability of good credit that its bundle gives now, and how far it may lie off."""

    decision: Decision
    probability: float
    tolerance: float

    @property
    def difference(self) -> float:
        """How far it lies from the one that was recorded."""
        return abs(self.probability - self.decision.probability_good_credit)

    @property
    def differs(self) -> bool:
        """Whether that is more than is allowed."""
        return not self.difference <= self.tolerance


def all_of(decisions: Iterable[Decision]) -> Iterator[Replayed]:
    """Decisions scored again, in their order.

    Raises:
        CannotReplay: the answers of one were erased, or its bundle cannot be read any more.
        ModelUnavailable: the database does not answer.
    """
    for _, group in groupby(decisions, key=lambda decision: decision.generation):
        yield from _of_one_deployment(list(group))


def reasons_of(decision: Decision) -> Sequence[Reason]:
    """The reasons that were given for a decision, worked out again from the bundle that made it.

    There are none where its answers were erased, or its bundle cannot be used any more.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    if decision.given is None:
        return ()
    application = Application(decision.given.answers)
    score = Score(decision.probability_good_credit, tuple(decision.outside_training))
    try:
        explainer = _explainer(_deployment(decision.generation).bundle_digest)
    except BrokenBundle:
        return ()
    return explainer.reasons(application, score, policy_versions.under(decision.policy_version))


def protected_used(decision: Decision) -> Sequence[str]:
    """The protected answers that the model of a decision looked at; unknown once its bundle cannot be used.

    Raises:
        ModelUnavailable: the database does not answer.
    """
    try:
        _, names = _scorer(_deployment(decision.generation).bundle_digest)
    except CannotReplay:
        return ()
    return [name for name in PROTECTED if name in names]


def alternatives_of(decision: Decision) -> Alternatives:
    """What would have changed a decision, by the bundle that made it and under its own policy.

    Raises:
        NothingToChange: it is an approval, or a person decided since.
        CannotReplay: its answers were erased, or its catalogue or bundle cannot be used any more.
        ModelUnavailable: the database does not answer.
    """
    if decision.decision == Outcome.APPROVE:
        raise NothingToChange("the decision is an approval; there is nothing to change")
    if reviews.latest(decision.decision_id):
        raise NothingToChange("a person has decided since; what a model would say changes nothing")
    if decision.fingerprint != fingerprint():
        raise CannotReplay("the decision was made under another catalogue of features")
    scorer, _ = _scorer(_deployment(decision.generation).bundle_digest)
    policy = policy_versions.under(decision.policy_version)
    return alternatives(Application(_answers(decision)), scorer, policy)


def stored(limit: int | None) -> Iterator[list[Decision]]:
    """Stored decisions whose answers are kept, newest first, in chunks; the newest `limit` alone if given.

    Raises:
        DecisionLogUnavailable: the log cannot be read.
    """
    before, left = None, limit
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        chunk = decision_log.with_answers(before, size)
        if not chunk:
            return
        yield list(chunk)
        before = chunk[-1].decision_id
        left = None if left is None else left - len(chunk)


def _of_one_deployment(decisions: Sequence[Decision]) -> Iterator[Replayed]:
    scorer, names = _scorer(_deployment(decisions[0].generation).bundle_digest)
    given = [_answers(decision) for decision in decisions]
    columns = {name: [answers[name] for answers in given] for name in names}
    for decision, probability in zip(decisions, scorer.probabilities(columns), strict=True):
        tolerance = SAME_ENGINE if decision.engine == ENGINE else TOLERANCE
        yield Replayed(decision, float(probability), tolerance)


def _answers(decision: Decision) -> Mapping[str, Answer]:
    if decision.given is None:
        raise CannotReplay(f"{decision.decision_id}: the answers were erased")
    return decision.given.answers


def _deployment(generation: int) -> Deployment:
    [deployment] = deployments.history(before=generation + 1, limit=1)
    return deployment


@lru_cache(maxsize=4)
def _scorer(key: str) -> tuple[Scorer, tuple[str, ...]]:
    """The scorer of a stored bundle and the names of its columns, whatever the catalogue in force."""
    try:
        bundle = Bundle.unpack(deployments.bundle_under(key))
        return Scorer(bundle), tuple(bundle.metadata.inputs)
    except BrokenBundle as error:
        raise CannotReplay(f"the bundle of that deployment cannot be used: {error}") from error


@lru_cache(maxsize=4)
def _explainer(key: str) -> Explainer:
    bundle = Bundle.unpack(deployments.bundle_under(key))
    return checked_explainer(bundle, Scorer(bundle))
