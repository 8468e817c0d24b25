"""Answers that are kept, so that a request that is sent again gets its first answer again.

A client names its request with a key. The answer is recorded in the transaction that records the
decisions, so that either both are there or neither. The primary key decides between equal requests at
the same time: one is recorded, the others read its answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, and_, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.bulk_insert import Insertion, prepare_insertion
from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.primary_keys import has_row
from creditapp.database.session import reading, writing
from creditapp.exceptions import AnswerErased, KeyReused, RequestUnderWay, RowsRefused
from creditapp.phrases import marked

LONGEST_RUN = timedelta(minutes=2)
"""After this time a request that began and never ended may be made again."""


class State(StrEnum):
    """What is known of a request with a key."""

    RUNNING = "running"
    ANSWERED = "answered"
    ERASED = "erased"


class KeptAnswer(Base):
    """The answer to one request of one client; none while it runs, and once it is erased."""

    __tablename__ = "kept_answer"

    client: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    state: Mapped[str] = mapped_column(String(10))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Claim:
    """One request: who sent it, under which key, with what, and for how long its answer is kept."""

    client: str
    key: str
    request_digest: str
    request_id: str
    hours: int


def find_answer(claim: Claim) -> bytes | None:
    """The first answer to a request; none if this is the first time, or the first was too long ago.

    Raises:
        KeyReused: the client used the key for another request.
        RequestUnderWay: the first request is not answered yet.
        AnswerErased: the answer had personal data, which was erased.
    """
    if not has_row(KeptAnswer, (claim.client, claim.key)):
        return None
    with reading() as session:
        kept = session.get(KeptAnswer, (claim.client, claim.key))
    if kept is None:
        return None
    if _is_over(kept, claim):
        _forget(claim, kept)
        return None
    if kept.request_digest != claim.request_digest:
        raise KeyReused(
            marked(
                "this Idempotency-Key was used for another request; use a new key for each request"
            )
        )
    if kept.state == State.RUNNING:
        raise RequestUnderWay(
            marked(
                "the first request with this Idempotency-Key is not answered yet; send it again later"
            )
        )
    if kept.answer is None:
        raise AnswerErased(
            marked(
                "this request was answered, and its answer was erased; it was not done a second time"
            )
        )
    return kept.answer


def prepare_answer(claim: Claim, answer: bytes) -> Insertion:
    """The row of an answer, for the transaction that records what it says."""
    columns = _columns(claim, State.ANSWERED, answer)
    return prepare_insertion(KeptAnswer, {name: [value] for name, value in columns.items()})


def answered(claim: Claim, answer: bytes) -> KeptAnswer:
    """The row of an answer, to be added to the transaction that records what it says."""
    return KeptAnswer(**_columns(claim, State.ANSWERED, answer))


def begin(claim: Claim) -> None:
    """Keep that a request runs, for one that records nothing else in the same transaction.

    Raises:
        RequestUnderWay: the same request began elsewhere a moment ago.
        DatabaseUnavailable: nothing was written; the request must not run.
    """
    row = KeptAnswer(**_columns(claim, State.RUNNING, None))
    try:
        with writing() as session:
            session.add(row)
    except RowsRefused as error:
        raise RequestUnderWay(
            marked(
                "the same request with this Idempotency-Key began a moment ago; send it again later"
            )
        ) from error


def finish(claim: Claim, answer: bytes) -> None:
    """Keep the answer of a request that was begun.

    Raises:
        DatabaseUnavailable: it was not kept.
    """
    row = update(KeptAnswer).where(_is_of(claim))
    with writing() as session:
        session.execute(row.values(state=State.ANSWERED.value, answer=answer))


def abandon(claim: Claim) -> None:
    """Forget a request that was begun and failed, so that it can be sent again.

    Raises:
        DatabaseUnavailable: it is forgotten after `LONGEST_RUN`.
    """
    row = delete(KeptAnswer).where(_is_of(claim))
    with writing() as session:
        session.execute(row)


def _columns(claim: Claim, state: State, answer: bytes | None) -> dict[str, Any]:
    """The row of a request, by the names of its columns."""
    return {
        "client": claim.client,
        "key": claim.key,
        "request_digest": claim.request_digest,
        "request_id": claim.request_id,
        "made_at": datetime.now(UTC),
        "state": state.value,
        "answer": answer,
    }


def _is_over(kept: KeptAnswer, claim: Claim) -> bool:
    longest = LONGEST_RUN if kept.state == State.RUNNING else timedelta(hours=claim.hours)
    return datetime.now(UTC) - kept.made_at > longest


def _forget(claim: Claim, kept: KeptAnswer) -> None:
    """Delete a row that is over, unless another request has taken its place already."""
    row = delete(KeptAnswer).where(_is_of(claim), KeptAnswer.made_at == kept.made_at)
    with writing() as session:
        session.execute(row)


def _is_of(claim: Claim) -> ColumnElement[bool]:
    """The condition for the row of a claim."""
    return and_(KeptAnswer.client == claim.client, KeptAnswer.key == claim.key)
