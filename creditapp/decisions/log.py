"""The decision log: every decision, and in a table of their own the personal answers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Uuid,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer
from creditapp.applications.table import Columns, columns_of
from creditapp.database.bulk_insert import Insertion, prepare_insertion
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.group_commit import GroupCommit
from creditapp.database.salts import SALT_BYTES, salts
from creditapp.database.session import reading, wait_for_writable, writing
from creditapp.decisions.corrections import prepare_correction
from creditapp.decisions.once import Claim, find_answer, prepare_answer
from creditapp.exceptions import (
    AnsweredMeanwhile,
    DatabaseUnavailable,
    OutcomeUnknown,
    RowsRefused,
    UnknownDecision,
)
from creditapp.explanations.reasons import Reason
from creditapp.observability import metrics
from creditapp.phrases import marked


class Channel(StrEnum):
    """How an application came in."""

    UI = "ui"
    API = "api"
    BATCH = "batch"
    FILE = "file"


class Answers(Base):
    """The answers and the reference as given: personal data that can be erased without the decision.

    The salt is random: whoever knows a digest of the row cannot guess the row from it.
    """

    __tablename__ = "decision_answers"
    __table_args__ = (
        # why: only the version before looks for references by it, and beside it while hosts are replaced.
        Index("ix_decision_answers_reference", "reference", info={"dialect": "postgresql"}),
        Index(
            "ix_decision_answers_reference_lower",
            func.lower(literal_column("reference")).label("lowered"),
            postgresql_ops={"lowered": "text_pattern_ops"},
            postgresql_where=text("reference IS NOT NULL"),
            sqlite_where=text("reference IS NOT NULL"),
        ),
    )

    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.decision_id"), primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(64))
    answers: Mapped[dict[str, Answer]] = mapped_column(JSON)
    salt: Mapped[bytes] = mapped_column(LargeBinary(SALT_BYTES))


class Decision(Base):
    """A recorded score under a policy."""

    __tablename__ = "decision"

    decision_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(UtcDateTime)
    channel: Mapped[str] = mapped_column(String(10))
    request_id: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(String(100), server_default="local")
    probability_good_credit: Mapped[float]
    prediction: Mapped[int]
    score: Mapped[int | None]
    risk_level: Mapped[str] = mapped_column(String(10))
    decision: Mapped[str] = mapped_column(String(10))
    outside_training: Mapped[list[str]] = mapped_column(JSON)
    policy_version: Mapped[str] = mapped_column(String(50))
    model_version: Mapped[str] = mapped_column(String(50))
    generation: Mapped[int] = mapped_column(ForeignKey("deployment.generation"))
    portfolio: Mapped[str] = mapped_column(String(63))
    fingerprint: Mapped[str] = mapped_column(String(64))
    engine: Mapped[str] = mapped_column(String(40), server_default="unknown")
    given: Mapped[Answers | None] = relationship(viewonly=True, lazy="joined")

    @property
    def reference(self) -> str | None:
        """The client's own identifier; none if it sent none, or once it is erased."""
        return self.given.reference if self.given else None

    @property
    def probability_bad_credit(self) -> float:
        """The other probability; the two add to 1."""
        return 1.0 - self.probability_good_credit


class NewDecision(NamedTuple):
    """A decision before it is recorded: one value for each column of the log, its reference and reasons.

    The reference is recorded with the answers. The reasons and the earlier decisions on the reference are
    not recorded: they can be found again.
    """

    decision_id: UUID
    timestamp: datetime
    channel: str
    reference: str | None
    request_id: str
    made_by: str
    probability_good_credit: float
    prediction: int
    score: int | None
    risk_level: str
    decision: str
    outside_training: Sequence[str]
    policy_version: str
    model_version: str
    generation: int
    portfolio: str
    fingerprint: str
    engine: str
    reasons: Sequence[Reason] = ()
    earlier_decisions: Sequence[UUID] = ()

    @property
    def probability_bad_credit(self) -> float:
        """The other probability; the two add to 1."""
        return 1.0 - self.probability_good_credit


class LogProbe(Base):
    """One row that is written to find out whether decisions could be."""

    __tablename__ = "log_probe"

    id: Mapped[int] = mapped_column(primary_key=True)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


ERASED = marked("the answers of this decision were erased, so nothing personal may be added")

CLOCK_SKEW = timedelta(minutes=1)
"""How far the clock of a deciding host may be behind that of a deploying host."""


WRITTEN = (Decision.__tablename__, Answers.__tablename__)
"""The tables that each decision is written to."""


class _Probe:
    """Until when this process trusts its last successful write (monotonic seconds)."""

    good_until = 0.0


_probe = _Probe()
_commits = GroupCommit()


def record(
    decisions: Sequence[NewDecision],
    answers: Sequence[Mapping[str, Answer]],
    claim: Claim | None = None,
    answer: bytes = b"",
    *,
    corrects: UUID | None = None,
) -> None:
    """Write at least one decision and its answers, all or none; they are on disk when this returns.

    With `claim`, the answer to the request is kept in the same transaction; with `corrects`, that the first
    decision corrects that one.

    Raises:
        AnsweredMeanwhile: the same request was answered already; nothing was written.
        OutcomeUnknown: they may be written or not.
        DatabaseUnavailable: nothing was written.
    """
    columns = dict(zip(NewDecision._fields, zip(*decisions, strict=True), strict=True))
    rows = _prepare_rows(columns, answers)
    ids = [decision.decision_id for decision in decisions]
    if corrects:
        rows.append(prepare_correction(ids[0], corrects, decisions[0].timestamp))
    _commit(rows, ids, claim, answer)


def record_columns(
    columns: Mapping[str, Sequence[Any]],
    answers: Sequence[str],
    claim: Claim | None = None,
    answer: bytes = b"",
) -> None:
    """Write many decisions and their answers as `record` does, from columns by the names of `NewDecision`.

    The ids are texts in canonical spelling, and the answers are JSON.

    Raises:
        AnsweredMeanwhile, OutcomeUnknown, DatabaseUnavailable: as `record`.
    """
    rows = _prepare_rows(columns, answers, as_text=("decision_id", "answers"))
    _commit(rows, columns["decision_id"], claim, answer)


def _commit(
    rows: list[Insertion], ids: Sequence[UUID | str], claim: Claim | None, answer: bytes
) -> None:
    if claim:
        rows.append(prepare_answer(claim, answer))
    try:
        _commits.write(rows)
    except RowsRefused as error:
        if contains(ids[0]):
            return
        if claim and find_answer(claim) is not None:
            raise AnsweredMeanwhile from error
        raise _failure(error, ids) from error.__cause__
    except DatabaseUnavailable as error:
        # why: the log shows the cause, so it must stay the database's own error.
        raise _failure(error, ids) from error.__cause__


def _prepare_rows(
    columns: Mapping[str, Sequence[Any]], answers: Sequence[Any], as_text: tuple[str, ...] = ()
) -> list[Insertion]:
    """The rows of both tables; columns that a table does not have are left out."""
    ids = columns["decision_id"]
    given = {
        "decision_id": ids,
        "reference": columns["reference"],
        "answers": answers,
        "salt": salts(len(ids)),
    }
    return [
        prepare_insertion(Decision, columns, as_text),
        prepare_insertion(Answers, given, as_text),
    ]


def _failure(error: DatabaseUnavailable, ids: Sequence[UUID | str]) -> DatabaseUnavailable:
    """Count a failure, and say what is known of the decisions."""
    metrics.count_log_failure()
    _probe.good_until = 0.0
    if not isinstance(error, OutcomeUnknown):
        return DatabaseUnavailable(
            marked("the decision could not be recorded; no decision was made")
        )
    return OutcomeUnknown(
        marked(
            "the connection to the database broke while the decision was recorded; it may be "
            "recorded or not. Send the request again with the same Idempotency-Key, or look the "
            "decision up by its id"
        ),
        list(map(str, ids)),
    )


def contains(decision_id: UUID | str) -> bool:
    """Whether a decision is in the log."""
    with reading() as session:
        return session.get(Decision, UUID(str(decision_id))) is not None


def check_writable() -> None:
    """Write and commit one row, and be let into the tables of a decision; at most once a second.

    Raises:
        DatabaseUnavailable: decisions could not be recorded either.
    """
    if time.monotonic() < _probe.good_until:
        return
    with writing() as session:
        # why: a migration that holds these tables stops all scoring; the row of the probe does not notice.
        wait_for_writable(session, WRITTEN)
        session.merge(LogProbe(id=1, written_at=datetime.now(UTC)))
    _probe.good_until = time.monotonic() + 1


def find(decision_id: str) -> Decision:
    """A decision with its answers, which may have been erased.

    Raises:
        UnknownDecision: no decision has this id.
    """
    with reading() as session:
        return get(session, decision_id)


def get(session: Session, decision_id: str) -> Decision:
    """The same within a transaction."""
    decision = session.get(Decision, _parse_id(decision_id))
    if decision is None:
        raise UnknownDecision(decision_id)
    return decision


def lock_answers(session: Session, decision_id: UUID) -> bool:
    """Whether the answers of a decision are kept; if so, nobody erases them until the transaction ends.

    Ask this before personal words are added: an erasure would not find words that are committed after it.
    """
    # why: PostgreSQL locks the row; SQLite has only one writer at a time.
    query = select(Answers.decision_id).where(Answers.decision_id == decision_id)
    return session.scalar(query.with_for_update(read=True)) is not None


def find_scored_answers(
    since: datetime, until: datetime, generation: int, catalogue: Catalogue, limit: int
) -> tuple[Columns, list[float]]:
    """The scored answers of one deployment's newest decisions as columns, and their probabilities.

    The decisions of a time from `since` on and before `until`. `catalogue` is that of the deployment.

    At most `limit` decisions; those whose answers were erased are left out.
    """
    # why: ids grow with the time, and have an index.
    made = Decision.decision_id >= first_id(since), Decision.decision_id < first_id(until)
    query = (
        select(Answers.answers, Decision.probability_good_credit)
        .join(Decision)
        .where(Decision.generation == generation, *made)
        .order_by(Decision.decision_id.desc())
        .limit(limit)
    )
    with reading() as session:
        rows = session.execute(query).all()
    columns = columns_of(catalogue, [answers for answers, _ in rows])
    return columns, [probability for _, probability in rows]


@dataclass(frozen=True)
class Extent:
    """How much the log holds."""

    decisions: int
    newest: datetime | None

    def __str__(self) -> str:
        newest = self.newest.isoformat(timespec="seconds") if self.newest else "-"
        return f"{self.decisions:,} decisions, the newest of {newest}"


def extent() -> Extent:
    """The number of decisions, and when the newest was made."""
    query = select(func.count(), func.max(Decision.timestamp)).select_from(Decision)
    with reading() as session:
        count, newest = session.execute(query).one()
    return Extent(count, newest)


def is_id(text: str) -> bool:
    """Whether a text is spelled like the id of a decision."""
    try:
        _parse_id(text)
    except UnknownDecision:
        return False
    return True


def _parse_id(decision_id: str) -> UUID:
    """The id as it is stored; only its canonical spelling is accepted.

    Raises:
        UnknownDecision: it is not spelled like an id.
    """
    try:
        key = UUID(decision_id)
    except ValueError:
        raise UnknownDecision(decision_id) from None
    if str(key) != decision_id:
        raise UnknownDecision(decision_id)
    return key


def first_id(moment: datetime) -> UUID:
    """The smallest id of a moment: a version 7 UUID begins with its milliseconds (RFC 9562, 5.7)."""
    return UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)


def moment_of(decision_id: UUID) -> datetime:
    """The moment that an id begins with."""
    return datetime.fromtimestamp((decision_id.int >> 80) / 1000, UTC)
