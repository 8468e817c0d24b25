"""Replay: stored decisions are scored again, each by the bundle that made it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from creditapp.applications.questions import Answer
from creditapp.applications.table import columns_of
from creditapp.decisions import listing
from creditapp.decisions.log import Decision
from creditapp.decisions.past_models import load_past_model
from creditapp.exceptions import BrokenBundle, CannotReplay
from creditapp.phrases import marked
from creditapp.policy import versions as policy_versions
from creditapp.scoring.scorer import ENGINE, TOLERANCE
from creditapp.serving import deployments

SAME_ENGINE_TOLERANCE = 1e-9
CHUNK = 1000


@dataclass(frozen=True)
class Replayed:
    """A decision, and what its bundle and its policy give now.

    Attributes:
        probability: the probability of good credit by its bundle.
        tolerance: how much that may differ from the recorded one.
        score: the points of the recorded probability by its policy; none without a scale.
    """

    decision: Decision
    probability: float
    tolerance: float
    score: int | None

    @property
    def difference(self) -> float:
        """The absolute difference from the recorded probability."""
        return abs(self.probability - self.decision.probability_good_credit)

    @property
    def score_differs(self) -> bool:
        """Whether the recorded points are wrong; decisions from before there were points have none."""
        return self.decision.score not in (None, self.score)

    @property
    def differs(self) -> bool:
        """Whether the difference is larger than allowed, or the points differ; NaN counts as larger."""
        return not self.difference <= self.tolerance or self.score_differs


def replay(decisions: Iterable[Decision]) -> Iterator[Replayed]:
    """Score decisions again, in their order.

    Raises:
        CannotReplay: the answers of a decision were erased, or its bundle cannot be used any more.
        BadPolicy: there is no policy of the recorded version.
        DatabaseUnavailable: the database cannot be read.
    """
    for generation, group in groupby(decisions, key=lambda decision: decision.generation):
        yield from _replay_deployment(generation, list(group))


def load_chunks(limit: int | None) -> Iterator[list[Decision]]:
    """Stored decisions whose answers are kept, newest first, in chunks; at most `limit` in all.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    before, left = None, limit
    while left is None or left > 0:
        size = CHUNK if left is None else min(CHUNK, left)
        chunk = listing.find_with_answers(before, size)
        if not chunk:
            return
        yield list(chunk)
        before = chunk[-1].decision_id
        left = None if left is None else left - len(chunk)


def _replay_deployment(generation: int, decisions: Sequence[Decision]) -> Iterator[Replayed]:
    [deployment] = deployments.history(before=generation + 1, limit=1)
    try:
        model = load_past_model(deployment.bundle_digest)
    except BrokenBundle as error:
        raise CannotReplay(
            marked("the bundle of that deployment cannot be used: %(problem)s"), problem=error
        ) from error
    answers = [_answers(decision) for decision in decisions]
    columns = columns_of(model.bundle.catalogue, answers)
    probabilities = model.scorer.probabilities(columns)
    versions = {decision.policy_version for decision in decisions}
    policies = {version: policy_versions.find(version) for version in versions}
    for decision, probability in zip(decisions, probabilities, strict=True):
        tolerance = SAME_ENGINE_TOLERANCE if decision.engine == ENGINE else TOLERANCE
        score = policies[decision.policy_version].score(decision.probability_good_credit)
        yield Replayed(decision, float(probability), tolerance, score)


def _answers(decision: Decision) -> Mapping[str, Answer]:
    if decision.given is None:
        raise CannotReplay(
            marked("%(decision_id)s: the answers were erased"), decision_id=decision.decision_id
        )
    return decision.given.answers
