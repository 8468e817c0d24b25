"""What the registry said last, kept in the database: no page waits for the registry, on any worker."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import RowsRefused
from creditapp.phrase_documents import as_document, from_document

LEASE = timedelta(seconds=100)
"""After this long another process may ask; the one that asked was stopped."""


class RegistryCopy(Base):
    """One answer of the registry under the name of its question.

    `asked_at` is when the question was asked that is not answered yet. `problem` is why the last one failed
    (a text as `phrase_documents` writes it), and `failed_at` is when.
    """

    __tablename__ = "registry_copy"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    document: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


@dataclass(frozen=True)
class Known:
    """What is known of an answer: the last one, its time, whether it is asked for now, and what failed."""

    document: Any = None
    fetched_at: datetime | None = None
    is_asked: bool = False
    problem: object = ""
    failed_at: datetime | None = None

    def is_older_than(self, age: timedelta) -> bool:
        """Whether there is no answer as young as that."""
        return self.fetched_at is None or self.fetched_at <= datetime.now(UTC) - age

    def has_failed_within(self, age: timedelta) -> bool:
        """Whether the last question failed so short a time ago."""
        return self.failed_at is not None and self.failed_at > datetime.now(UTC) - age


def find(name: str) -> Known:
    """What is known of an answer.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """
    with reading() as session:
        row = session.get(RegistryCopy, name)
    if row is None:
        return Known()
    problem = from_document(row.problem) or ""
    return Known(row.document, row.fetched_at, _is_running(row), problem, row.failed_at)


def claim(name: str, *, anew: bool = False) -> datetime | None:
    """Take the turn to ask a question; none where another process is asking it, unless it is asked `anew`.

    The time that is returned belongs to the turn: only who has the last one keeps an answer.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    try:
        with writing() as session:
            row = session.get(RegistryCopy, name, with_for_update=True)
            if row is None:
                row = RegistryCopy(name=name)
                session.add(row)
            if _is_running(row) and not anew:
                return None
            row.asked_at = datetime.now(UTC)
            return row.asked_at
    except RowsRefused:  # another process has added the row at this moment
        return None


def keep(name: str, document: Any) -> None:
    """Keep what is known without a question, in place of the older answer; turns to ask end.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        row = RegistryCopy(name=name)
        _answer(row, document)
        session.merge(row)


def keep_answer(name: str, asked_at: datetime, document: Any) -> None:
    """Keep the answer to the question of a turn; not if the turn has ended, as it may be out of date.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        if row := _row_of_turn(session, name, asked_at):
            _answer(row, document)


def keep_problem(name: str, asked_at: datetime, problem: object) -> None:
    """Keep why the question of a turn was not answered, unless the turn has ended; the older answer stays.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        if row := _row_of_turn(session, name, asked_at):
            row.asked_at, row.failed_at = None, datetime.now(UTC)
            row.problem = as_document(problem)


def forget(name: str) -> None:
    """Drop an answer that is not right any more.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        session.execute(delete(RegistryCopy).where(RegistryCopy.name == name))


def _answer(row: RegistryCopy, document: Any) -> None:
    row.document, row.fetched_at = document, datetime.now(UTC)
    row.asked_at = row.failed_at = row.problem = None


def _row_of_turn(session: Session, name: str, asked_at: datetime) -> RegistryCopy | None:
    """The row of a question, locked; none if a later change or question has ended the turn."""
    row = session.get(RegistryCopy, name, with_for_update=True)
    return row if row is not None and row.asked_at == asked_at else None


def _is_running(row: RegistryCopy) -> bool:
    return row.asked_at is not None and row.asked_at > datetime.now(UTC) - LEASE
