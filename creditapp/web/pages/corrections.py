"""What may be corrected: a decision whose answers are kept and fit the questions that are asked now."""

from collections.abc import Mapping

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.decisions import stored as stored_decisions
from creditapp.decisions.stored import StoredDecision
from creditapp.exceptions import CannotCorrect, NotAllowed
from creditapp.phrases import marked
from creditapp.web import access

ERASED = marked("The answers were erased. Score the application as a new one.")
OTHER_QUESTIONS = marked(
    "Other questions are asked since this decision. Score the application as a new one."
)


def answers_to_correct(stored: StoredDecision, catalogue: Catalogue) -> Mapping[str, Answer]:
    """The answers of a decision, to fill the form with.

    Raises:
        CannotCorrect: they were erased, or the catalogue has other inputs.
    """
    if stored.decision.given is None:
        raise CannotCorrect(ERASED)
    if stored.decision.fingerprint != catalogue.fingerprint:
        raise CannotCorrect(OTHER_QUESTIONS)
    return stored.decision.given.answers


def find_corrected(decision_id: str, catalogue: Catalogue) -> StoredDecision | None:
    """The decision that a form corrects; none if it names none.

    Raises:
        NotAllowed: the sender may not read decisions.
        UnknownDecision: no decision has this id.
        CannotCorrect: its answers were erased, or the catalogue has other inputs.
    """
    if not decision_id:
        return None
    if not access.may("scoring.correct"):
        raise NotAllowed(marked("sign in to correct a decision"))
    stored = stored_decisions.load(decision_id)
    answers_to_correct(stored, catalogue)
    return stored


def recorded_answers(corrects: StoredDecision | None, catalogue: Catalogue) -> dict[str, Answer]:
    """The answers that are recorded and not scored, which the form does not ask for."""
    if corrects is None or corrects.decision.given is None:
        return {}
    given = corrects.decision.given.answers
    return {one.name: given[one.name] for one in catalogue.recorded if one.name in given}
