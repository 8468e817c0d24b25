"""Lists of decisions: filtered, newest first, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from creditapp.applications.questions import Answer
from creditapp.applications.table import is_reference
from creditapp.database.session import reading
from creditapp.decisions.log import CLOCK_SKEW, Answers, Decision, find, first_id
from creditapp.decisions.references import is_one_of
from creditapp.serving.deployments import Deployment

MOST_EARLIER = 10
"""How many earlier decisions on a reference are named."""
REFERENCES_AT_ONCE = 500
"""How many references one query asks for; databases limit the parameters of a statement."""


@dataclass(frozen=True)
class Wanted:
    """Which decisions to list; an empty field does not filter. Times have an offset from UTC."""

    reference: str = ""
    since: datetime | None = None
    until: datetime | None = None
    decision: str = ""
    model_version: str = ""
    made_by: str = ""


def find_newest(wanted: Wanted, before: str = "", limit: int = 50) -> Sequence[Decision]:
    """At most `limit` decisions, newest first; with `before`, those older than that decision.

    Raises:
        UnknownDecision: `before` is the id of no decision.
        DatabaseUnavailable: the database cannot be read.
    """
    if wanted.reference and not is_reference(wanted.reference):
        return []
    query = _filtered(wanted).order_by(Decision.decision_id.desc()).limit(limit)
    if before:
        query = query.where(Decision.decision_id < find(before).decision_id)
    with reading() as session:
        return session.scalars(query).all()


def find_with_answers(before: UUID | None, limit: int) -> Sequence[Decision]:
    """Decisions whose answers are kept, newest first; older than one decision, where given."""
    query = select(Decision).join(Answers).options(contains_eager(Decision.given))
    if before is not None:
        query = query.where(Decision.decision_id < before)
    with reading() as session:
        return session.scalars(query.order_by(Decision.decision_id.desc()).limit(limit)).all()


class Scored(NamedTuple):
    """What a decision was decided on."""

    decision_id: UUID
    probability_good: float
    outside_training: Sequence[str]
    answers: Mapping[str, Answer]


def find_scored(deployment: Deployment, limit: int) -> list[Scored]:
    """What the newest decisions of a deployment whose answers are kept were decided on.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    # why: columns, because an object of each decision takes three times as long.
    query = (
        select(
            Decision.decision_id,
            Decision.probability_good_credit,
            Decision.outside_training,
            Answers.answers,
        )
        .join(Answers)
        .where(
            Decision.generation == deployment.generation,
            # why: this bound keeps the database from reading all older decisions.
            Decision.decision_id >= first_id(deployment.deployed_at - CLOCK_SKEW),
        )
        .order_by(Decision.decision_id.desc())
        .limit(limit)
    )
    with reading() as session:
        return [Scored(*row) for row in session.execute(query)]


def find_earlier(references: Iterable[str]) -> dict[str, list[UUID]]:
    """The newest decisions on each of some references; a reference without one is left out.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    found: dict[str, list[UUID]] = {}
    wanted = sorted(set(references))
    with reading() as session:
        for start in range(0, len(wanted), REFERENCES_AT_ONCE):
            rows = session.execute(_newest_of_each(wanted[start : start + REFERENCES_AT_ONCE]))
            for reference, decision_id in rows:
                found.setdefault(reference, []).append(decision_id)
    return found


def earlier_than(decision: Decision) -> Select[UUID]:
    """The query for the newest decisions on the same reference before one; it finds none without one."""
    return (
        select(Answers.decision_id)
        .where(is_one_of([decision.reference] if decision.reference else []))
        .where(Answers.decision_id < decision.decision_id)
        .order_by(Answers.decision_id.desc())
        .limit(MOST_EARLIER)
    )


def _newest_of_each(references: Sequence[str]) -> Select[Any]:
    place = func.row_number().over(
        partition_by=Answers.reference, order_by=Answers.decision_id.desc()
    )
    numbered = (
        select(Answers.reference, Answers.decision_id, place.label("place"))
        .where(is_one_of(references))
        .subquery()
    )
    return (
        select(numbered.c.reference, numbered.c.decision_id)
        .where(numbered.c.place <= MOST_EARLIER)
        .order_by(numbered.c.decision_id.desc())
    )


def _filtered(wanted: Wanted) -> Select[Decision]:
    query = select(Decision)
    if wanted.reference:
        query = query.join(Answers).options(contains_eager(Decision.given))
        query = query.where(is_one_of([wanted.reference]))
    # why: ids begin with their time, so bounds on ids keep the database from reading all decisions.
    if wanted.since:
        query = query.where(
            Decision.timestamp >= wanted.since,
            Decision.decision_id >= first_id(wanted.since - CLOCK_SKEW),
        )
    if wanted.until:
        query = query.where(
            Decision.timestamp < wanted.until,
            Decision.decision_id < first_id(wanted.until + CLOCK_SKEW),
        )
    for column, value in (
        (Decision.decision, wanted.decision),
        (Decision.model_version, wanted.model_version),
        (Decision.made_by, wanted.made_by),
    ):
        if value:
            query = query.where(column == value)
    return query
