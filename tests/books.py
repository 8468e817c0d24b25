"""A book of credits for tests: decisions at chosen moments, and what became of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from creditapp.applications.catalogue import Application
from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.database.bulk_insert import prepare_insertion
from creditapp.database.session import reading, writing
from creditapp.decisions import decide
from creditapp.decisions import log as decision_log
from creditapp.decisions.decide import Origin
from creditapp.decisions.log import Channel, first_id
from creditapp.outcomes.table import RecordedOutcome
from creditapp.serving.served_model import ServedModel

AT_ONCE = 5000
ORIGIN = Origin(Channel.FILE, "a test", "a test")
VERSION_7 = (7 << 76) | (0b10 << 62)
_numbers = count()


def decide_at(
    served: ServedModel, rows: Sequence[Mapping[str, Any]], moments: Sequence[datetime]
) -> list[UUID]:
    """Score, decide and record complete rows of answers, each as if it were its moment."""
    ids: list[UUID] = []
    for start in range(0, len(rows), AT_ONCE):
        some = [Application(dict(row)) for row in rows[start : start + AT_ONCE]]
        times = moments[start : start + AT_ONCE]
        decisions = [
            one._replace(decision_id=id_at(moment), timestamp=moment)
            for one, moment in zip(decide.judge(some, served, ORIGIN), times, strict=True)
        ]
        decision_log.record(decisions, [one.answers for one in some])
        ids += [one.decision_id for one in decisions]
    return ids


def id_at(moment: datetime) -> UUID:
    """An id as the service makes them, for a moment."""
    return UUID(int=first_id(moment).int | VERSION_7 | next(_numbers))


def record_outcomes(
    ids: Sequence[UUID], kinds: Sequence[OutcomeKind], days: Sequence[date], now: datetime
) -> None:
    """Record an outcome of each decision, as if it were now."""
    highest = _highest()
    columns: dict[str, Sequence[Any]] = {
        "id": [highest + place for place in range(1, len(ids) + 1)],
        "decision_id": ids,
        "kind": [kind.value for kind in kinds],
        "happened_on": days,
        "amount": [None] * len(ids),
        "withdrawn": [False] * len(ids),
        "recorded_by": ["a test"] * len(ids),
        "recorded_at": [now] * len(ids),
    }
    rows = prepare_insertion(RecordedOutcome, columns)
    with writing() as session:
        session.connection().exec_driver_sql(rows.statement, rows.rows)


def _highest() -> int:
    with reading() as session:
        return session.scalar(select(func.max(RecordedOutcome.id))) or 0
