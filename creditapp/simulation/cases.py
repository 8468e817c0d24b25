"""The cases to try a policy on: the served bundle's hold-out rows, and recorded decisions."""

from creditapp.applications.catalogue import Application
from creditapp.decisions import listing
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.holdout import read_holdout
from creditapp.serving import deployments
from creditapp.serving.served_model import ServedModel
from creditapp.simulation.outcomes import Case


def held_out_cases(served: ServedModel) -> list[Case]:
    """The rows that the served model was not fitted on, scored by it, with their known outcomes.

    Raises:
        BrokenBundle: the stored bundle was altered.
        DatabaseUnavailable: the bundle cannot be read.
    """
    bundle = Bundle.unpack(deployments.load_bundle(served.deployment.bundle_digest))
    rows, outcomes = read_holdout(bundle)
    scores = served.scorer.score([Application(row) for row in rows])
    return [
        Case(score.probability_good, row, bool(score.outside_training), good)
        for row, score, good in zip(rows, scores, outcomes, strict=True)
    ]


def recorded_cases(served: ServedModel, limit: int) -> list[Case]:
    """The newest decisions of the served deployment whose answers are kept, at most `limit`.

    They have the probabilities that they were decided on.

    Raises:
        DatabaseUnavailable: the decisions cannot be read.
    """
    return [
        Case(
            one.probability_good,
            one.answers,
            bool(one.outside_training),
            decision_id=one.decision_id,
        )
        for one in listing.find_scored(served.deployment, limit)
    ]
