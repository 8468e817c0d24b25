"""The way to many decisions at once: from a table of applications to their record and the answer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from creditapp.applications.application_table import ApplicationTable
from creditapp.decisions import log as decision_log
from creditapp.decisions.decide import Origin, decided, is_repeated
from creditapp.decisions.decision_table import DecisionTable, judge_table, new_ids
from creditapp.decisions.listing import find_earlier
from creditapp.decisions.once import Claim
from creditapp.explanations.reasons import Reason
from creditapp.observability import metrics
from creditapp.scoring.scorer import Score
from creditapp.serving.served_model import ServedModel


def decide_table(
    applications: ApplicationTable,
    served: ServedModel,
    origin: Origin,
    *,
    with_reasons: bool,
    write: Callable[[DecisionTable | None], bytes],
    claim: Claim | None = None,
) -> bytes:
    """Score, decide, record and count applications, all by one model and one policy, as `decide` does.

    `write` writes the answer to the request, which is returned; without applications it gets no decisions.

    Raises:
        AnsweredMeanwhile, OutcomeUnknown, DatabaseUnavailable: as `decide`.
    """
    if not len(applications):
        return write(None)
    metrics.note_batch_size(len(applications))
    with metrics.timed_predictions("batch", len(applications)):
        references = [one for one in applications.references().distinct if one is not None]
        earlier = find_earlier(references) if references else {}
        now, ids = datetime.now(UTC), new_ids(len(applications))
        table = judge_table(applications, served, origin, now, ids, earlier)
        if with_reasons:
            table = replace(table, reasons=_reasons(table, applications, served))
        answer = write(table)
        decision_log.record_columns(table.recorded(), applications.as_json(), claim, answer)
    metrics.count_decisions(table.predictions.values(), table.judgements.outcomes.values())
    decided.send(decisions=table, applications=applications, policy=served.policy)
    return answer


def _reasons(
    table: DecisionTable, applications: ApplicationTable, served: ServedModel
) -> list[Sequence[Reason]]:
    return [
        served.explainer.reasons(
            application,
            Score(decision.probability_good_credit, tuple(decision.outside_training)),
            served.policy,
            repeated=is_repeated(served.policy, decision.earlier_decisions, decision.timestamp),
        )
        for application, decision in zip(applications, table, strict=True)
    ]
