"""A stored decision with all that belongs to it: answers, deployment, reviews, policy, and model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import select

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.database.session import reading
from creditapp.decisions import case_notes, claims, corrections, listing, reviews
from creditapp.decisions import log as decision_log
from creditapp.decisions.case_notes import CaseNote
from creditapp.decisions.claims import Standing
from creditapp.decisions.decide import is_repeated
from creditapp.decisions.log import Decision
from creditapp.decisions.past_models import PastModel, load_past_model
from creditapp.decisions.reviews import Review
from creditapp.exceptions import BrokenBundle, CannotReplay, ModelUnavailable, NothingToChange
from creditapp.explanations.alternatives import Alternatives, alternatives
from creditapp.explanations.reasons import Reason
from creditapp.explanations.similar import PastCase
from creditapp.phrases import marked
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Outcome, Policy
from creditapp.scoring.scorer import Score
from creditapp.serving import cache as model_cache
from creditapp.serving.deployments import Deployment


@dataclass(frozen=True)
class StoredDecision:
    """A decision as it is kept; `reviews` and the `earlier` decisions on its reference are newest first.

    `corrects` is the decision in whose place it was made, `corrected_by` are those in its own, newest first.
    `standing` says who has the case while it waits; `notes` are for colleagues, oldest first.
    """

    decision: Decision
    deployment: Deployment
    policy: Policy
    reviews: Sequence[Review]
    earlier: Sequence[UUID]
    standing: Standing
    notes: Sequence[CaseNote]
    corrects: UUID | None = None
    corrected_by: Sequence[UUID] = ()

    @property
    def review(self) -> Review | None:
        """The newest review, which applies instead of the automatic decision."""
        return self.reviews[0] if self.reviews else None

    @property
    def outcome(self) -> str:
        """What applies now: approve, refer or decline."""
        return reviews.effective_outcome(self.decision, self.review)

    @cached_property
    def model(self) -> PastModel | None:
        """The model that made the decision; none if its bundle cannot be used any more."""
        try:
            return load_past_model(self.deployment.bundle_digest)
        except BrokenBundle:
            return None

    @property
    def reasons(self) -> Sequence[Reason]:
        """The automatic decision's reasons, computed again by the model that made it.

        Empty where no single answer can be named, and where the reasons cannot be computed any more.
        """
        return self._computed_reasons or ()

    @property
    def unnamed(self) -> bool:
        """Whether the decision is no approval, and yet no single answer can be named as its reason."""
        return self._computed_reasons == () and self.decision.decision != Outcome.APPROVE

    @cached_property
    def _computed_reasons(self) -> Sequence[Reason] | None:
        """The reasons; none if the answers were erased or the bundle cannot be used any more."""
        if self.decision.given is None or self.model is None:
            return None
        application = Application(self.decision.given.answers)
        score = Score(self.decision.probability_good_credit, tuple(self.decision.outside_training))
        try:
            return self.model.explainer.reasons(
                application, score, self.policy, repeated=self.is_repeat
            )
        except BrokenBundle:
            return None

    @property
    def is_repeat(self) -> bool:
        """Whether it was referred for nothing but its reference, which had been decided before."""
        if self.policy.refer_repeats_days is None or self.decision.decision != Outcome.REFER:
            return False
        return is_repeated(self.policy, self.earlier, self.decision.timestamp)

    @property
    def protected_used(self) -> Sequence[str]:
        """The protected features that the model used; empty if its bundle cannot be used any more."""
        return self.model.bundle.protected_used if self.model else ()

    @property
    def catalogue(self) -> Catalogue | None:
        """The catalogue that it was made under, or the served one if that has the same inputs.

        None if its bundle cannot be used any more, and other inputs are served now.
        """
        if self.model:
            return self.model.bundle.catalogue
        try:
            served = model_cache.current().catalogue
        except ModelUnavailable:
            return None
        return served if served.fingerprint == self.decision.fingerprint else None

    def similar(self) -> Sequence[PastCase]:
        """The most similar past applications.

        Empty where the answers were erased or the bundle cannot be used any more.
        """
        if self.decision.given is None or self.model is None:
            return ()
        try:
            return self.model.past_cases.nearest(Application(self.decision.given.answers))
        except BrokenBundle:
            return ()

    def alternatives(self) -> Alternatives:
        """The smallest changes that would have led to an approval, by the decision's own model and policy.

        Raises:
            NothingToChange: it is an approval, or a person has decided since.
            CannotReplay: the answers were erased, or the catalogue or the bundle cannot be used any more.
        """
        if self.decision.decision == Outcome.APPROVE:
            raise NothingToChange(marked("the decision is an approval; there is nothing to change"))
        if self.review:
            raise NothingToChange(marked("a person has reviewed this decision; see the review"))
        if self.decision.given is None:
            raise CannotReplay(
                marked("%(decision_id)s: the answers were erased"),
                decision_id=self.decision.decision_id,
            )
        if self.model is None:
            raise CannotReplay(
                marked("the model that made this decision was altered or cannot be read")
            )
        application = Application(self.decision.given.answers)
        if self._is_approved_by(self.model, application):
            raise NothingToChange(
                marked(
                    "the decision was referred because its reference had been decided before; no other "
                    "answer changes that"
                )
            )
        return alternatives(application, self.model.scorer, self.policy)

    def _is_approved_by(self, model: PastModel, application: Application) -> bool:
        """Whether the answers alone would have led to an approval."""
        outcome = self.policy.outcome(
            self.policy.risk_level(self.decision.probability_good_credit),
            model.bundle.catalogue,
            application.answers,
            outside_training=bool(self.decision.outside_training),
        )
        return outcome is Outcome.APPROVE


def load(decision_id: str) -> StoredDecision:
    """Load a decision with what belongs to it in one transaction, and its policy.

    Raises:
        UnknownDecision: no decision has this id.
        DatabaseUnavailable: the database cannot be read.
    """
    with reading() as session:
        decision = decision_log.get(session, decision_id)
        deployment = session.scalars(
            select(Deployment).where(Deployment.generation == decision.generation)
        ).one()
        decision_reviews = session.scalars(reviews.newest_first(decision.decision_id)).all()
        earlier = session.scalars(listing.earlier_than(decision)).all()
        standing = claims.find_standing(session, decision.decision_id)
        notes = case_notes.find_all(session, decision.decision_id)
        corrected = session.scalar(corrections.corrects(decision.decision_id))
        correcting = session.scalars(corrections.corrected_by(decision.decision_id)).all()
    policy = policy_versions.find(decision.policy_version)
    return StoredDecision(
        decision,
        deployment,
        policy,
        decision_reviews,
        earlier,
        standing,
        notes,
        corrected,
        correcting,
    )
