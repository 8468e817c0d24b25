"""Records outcomes: each once, a correction as a new row, and never a change of an older one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from creditapp.database.session import lock_table, reading, writing
from creditapp.decisions import once
from creditapp.decisions.log import Answers, Decision
from creditapp.decisions.once import Claim
from creditapp.decisions.references import is_one_of
from creditapp.exceptions import AnsweredMeanwhile, RowsRefused, UnfitOutcomes
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.outcomes.reports import Faults, Report
from creditapp.outcomes.table import Event, RecordedOutcome, newest_of_each
from creditapp.phrases import Phrase, marked

AT_ONCE = 500
"""How many decisions one query asks for; databases limit the parameters of a statement."""

DAY = timedelta(days=1)
"""A date may be a day ahead of, or behind, UTC: the lender's day is not UTC's."""

NO_ID = marked("no decision has this id")
NO_REFERENCE = marked("no decision has this reference")
WRONG = marked("%(wrong)s of %(number)s outcomes are wrong; nothing was recorded")
SEVERAL = marked("%(number)s decisions have this reference; give the decision_id of one")
NOT_YET = marked("this day has not come yet")
TOO_EARLY = marked("the decision was made later, on %(day)s")
NOTHING_TO_WITHDRAW = marked("no such outcome was recorded, so there is nothing to withdraw")


@dataclass
class Recorded:
    """For each report the row that stands now, or None where it is wrong; and how many rows are new."""

    rows: list[RecordedOutcome | None] = field(default_factory=list)
    wrong: dict[int, Faults] = field(default_factory=dict)
    new: int = 0


One = TypeVar("One")
Made = Mapping[UUID, datetime]
"""When decisions were made, by their ids."""


def record(
    reports: Sequence[Report],
    actor: Actor,
    *,
    partly: bool = False,
    claim: Claim | None = None,
    write: Callable[[Recorded], bytes] = lambda _: b"",
) -> Recorded:
    """Record outcomes in one transaction; one that stands as it is reported is not recorded again.

    With `claim`, what `write` makes of them is kept as the answer to the request, in the same transaction.

    Args:
        reports: What is reported, in its order: a later one corrects an earlier one.
        actor: Who reports it.
        partly: Whether the right reports are recorded although others are wrong.
        claim: The request that the answer is kept for.
        write: Makes the answer.

    Raises:
        UnfitOutcomes: a report does not fit what is on record, and not `partly`; nothing was recorded.
        AnsweredMeanwhile: the same request was answered already; nothing was recorded.
        DatabaseUnavailable: nothing was recorded.
    """
    try:
        with writing() as session:
            lock_table(session, RecordedOutcome.__tablename__)
            recorded = _add_all(session, reports, actor)
            if recorded.wrong and not partly:
                raise UnfitOutcomes(
                    WRONG, recorded.wrong, wrong=len(recorded.wrong), number=len(reports)
                )
            if claim:
                session.flush()
                session.add(once.answered(claim, write(recorded)))
    except RowsRefused as error:
        if claim and once.find_answer(claim) is not None:
            raise AnsweredMeanwhile from error
        raise
    return recorded


def find(decision_id: UUID) -> Sequence[RecordedOutcome]:
    """All rows of a decision, newest first.

    Raises:
        DatabaseUnavailable: the outcomes cannot be read.
    """
    rows = select(RecordedOutcome).where(RecordedOutcome.decision_id == decision_id)
    with reading() as session:
        return session.scalars(rows.order_by(RecordedOutcome.id.desc())).all()


def newest() -> datetime | None:
    """When an outcome was recorded last; None if none ever was.

    Raises:
        DatabaseUnavailable: the outcomes cannot be read.
    """
    query = select(RecordedOutcome.recorded_at).order_by(RecordedOutcome.id.desc()).limit(1)
    with reading() as session:
        return session.scalar(query)


def _add_all(session: Session, reports: Sequence[Report], actor: Actor) -> Recorded:
    """Add a row for each report that says something new, and one event for all."""
    named = _decisions_on(session, {one.reference for one in reports if one.reference})
    wanted = {one.decision_id for one in reports if one.decision_id}
    wanted |= {ids[0] for ids in named.values() if len(ids) == 1}
    made, newest = _made(session, wanted), _newest(session, wanted)
    recorded, now = Recorded(), datetime.now(UTC)
    for index, report in enumerate(reports):
        decision_id, faults = _decision_of(report, named, made)
        if decision_id is None:
            recorded.wrong[index] = faults
            recorded.rows.append(None)
            continue
        event = Event(decision_id, report.kind.value, report.happened_on)
        if report.withdrawn and event not in newest:
            recorded.wrong[index] = {"withdrawn": [Phrase(NOTHING_TO_WITHDRAW, {})]}
            recorded.rows.append(None)
            continue
        if not _says(newest.get(event), report):
            newest[event] = _row(event, report, actor, now)
            session.add(newest[event])
            recorded.new += 1
        recorded.rows.append(newest[event])
    _note(session, recorded, actor)
    return recorded


def _decision_of(
    report: Report, named: Mapping[str, Sequence[UUID]], made: Made
) -> tuple[UUID | None, Faults]:
    """The decision that a report is about; without one, what is wrong."""
    decision_id = report.decision_id
    if decision_id is None:
        ids = named.get(report.reference, [])
        if len(ids) != 1:
            fault = Phrase(SEVERAL, {"number": len(ids)}) if ids else Phrase(NO_REFERENCE, {})
            return None, {"reference": [fault]}
        decision_id = ids[0]
    if decision_id not in made:
        return None, {"decision_id": [Phrase(NO_ID, {})]}
    wrong_day = _fault_of_day(report.happened_on, made[decision_id].date())
    return (None, {"date": [wrong_day]}) if wrong_day else (decision_id, {})


def _fault_of_day(day: date, made_on: date) -> Phrase | None:
    if day > (datetime.now(UTC) + DAY).date():
        return Phrase(NOT_YET, {})
    return Phrase(TOO_EARLY, {"day": made_on.isoformat()}) if day < made_on - DAY else None


def _says(row: RecordedOutcome | None, report: Report) -> bool:
    """Whether a row says what is reported."""
    return row is not None and (row.amount, row.withdrawn) == (report.amount, report.withdrawn)


def _row(event: Event, report: Report, actor: Actor, now: datetime) -> RecordedOutcome:
    return RecordedOutcome(
        decision_id=event.decision_id,
        kind=event.kind,
        happened_on=event.happened_on,
        amount=report.amount,
        withdrawn=report.withdrawn,
        recorded_by=actor.label[:100],
        recorded_at=now,
    )


def _note(session: Session, recorded: Recorded, actor: Actor) -> None:
    """Add the event: about the decision if it is one, else with how many outcomes are new."""
    if not recorded.new:
        return
    decisions = {str(row.decision_id) for row in recorded.rows if row}
    subject = decisions.pop() if len(decisions) == 1 else f"{len(decisions)} decisions"
    audit.note(session, actor, Action.OUTCOME_RECORDED, subject, f"{recorded.new} recorded")


def _decisions_on(session: Session, references: Iterable[str]) -> dict[str, list[UUID]]:
    """The decisions on each of some references."""
    found: dict[str, list[UUID]] = {}
    for some in _chunks(sorted(references)):
        rows = select(Answers.reference, Answers.decision_id).where(is_one_of(some))
        for reference, decision_id in session.execute(rows):
            found.setdefault(reference or "", []).append(decision_id)
    return found


def _made(session: Session, decision_ids: Iterable[UUID]) -> Made:
    made: dict[UUID, datetime] = {}
    for some in _chunks(list(decision_ids)):
        rows = select(Decision.decision_id, Decision.timestamp)
        found = session.execute(rows.where(Decision.decision_id.in_(some)))
        made.update((decision_id, timestamp) for decision_id, timestamp in found)
    return made


def _newest(session: Session, decision_ids: Iterable[UUID]) -> dict[Event, RecordedOutcome]:
    rows: list[RecordedOutcome] = []
    for some in _chunks(list(decision_ids)):
        of_some = select(RecordedOutcome).where(RecordedOutcome.decision_id.in_(some))
        rows += session.scalars(of_some)
    return newest_of_each(rows)


def _chunks(values: Sequence[One]) -> Iterable[Sequence[One]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
