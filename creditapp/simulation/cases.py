"""The cases a policy is tried on: the served bundle's held-out rows, and decisions of the log."""

from creditapp.applications.catalogue import Application
from creditapp.applications.table import read_csv
from creditapp.decisions import log as decision_log
from creditapp.decisions.log import Decision
from creditapp.scoring.bundle import TARGET, Bundle
from creditapp.serving import deployments
from creditapp.serving.cache import ServedModel
from creditapp.serving.deployments import Deployment
from creditapp.simulation.outcomes import Case


def held_out(served: ServedModel) -> list[Case]:
    """The rows that the served model was never fitted to, scored by it, with how the credits went.

    Raises:
        BrokenBundle: the bundle was altered.
        ModelUnavailable: the database does not answer.
    """
    bundle = Bundle.unpack(deployments.bundle_of(served.deployment))
    rows = [row for _, row in read_csv(bundle.holdout.splitlines(keepends=True), [TARGET])]
    good = [bool(row.pop(TARGET)) for row in rows]
    scores = served.scorer.score([Application(row) for row in rows])
    return [
        Case(score.probability_good, row, bool(score.outside_training), right)
        for row, score, right in zip(rows, scores, good, strict=True)
    ]


def logged(limit: int, deployment: Deployment | None = None) -> list[Case]:
    """The newest decisions whose answers are kept, with the probabilities they were made on.

    Those of one deployment alone, where it is given.

    Raises:
        DecisionLogUnavailable: the log cannot be read.
    """
    return [_case(decision) for decision in decision_log.with_answers(None, limit, deployment)]


def _case(decision: Decision) -> Case:
    answers = decision.given.answers if decision.given else {}
    outside = bool(decision.outside_training)
    return Case(
        decision.probability_good_credit,
        answers,
        outside,
        decided=decision.decision,
        decision_id=str(decision.decision_id),
    )
