"""What the registry said last, kept in the database: no page waits for the registry, on any worker."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import RowsRefused

LEASE = timedelta(seconds=100)
"""After this long another process may ask; the one that asked was stopped."""


class RegistryCopy(Base):
    """One answer of the registry under the name of its question.

    `asked_at` is when the question was asked that is not answered yet; `problem` is why the last one failed.
    """

    __tablename__ = "registry_copy"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    document: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(Text, server_default="")


@dataclass(frozen=True)
class Known:
    """What is known of an answer: the last one, its time, whether it is asked for now, and what failed."""

    document: Any = None
    fetched_at: datetime | None = None
    is_asked: bool = False
    problem: str = ""

    def is_older_than(self, age: timedelta) -> bool:
        """Whether there is no answer as young as that."""
        return self.fetched_at is None or self.fetched_at <= datetime.now(UTC) - age


def find(name: str) -> Known:
    """What is known of an answer.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """
    with reading() as session:
        row = session.get(RegistryCopy, name)
    if row is None:
        return Known()
    return Known(row.document, row.fetched_at, _is_running(row), row.problem)


def claim(name: str) -> bool:
    """Take the turn to ask a question; not where another process is asking it.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    try:
        with writing() as session:
            row = session.get(RegistryCopy, name, with_for_update=True)
            if row is None:
                row = RegistryCopy(name=name, problem="")
                session.add(row)
            if _is_running(row):
                return False
            row.asked_at = datetime.now(UTC)
            return True
    except RowsRefused:  # another process has added the row at this moment
        return False


def keep(name: str, document: Any) -> None:
    """Keep an answer in place of the older one.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        row = RegistryCopy(name=name, document=document, problem="")
        row.fetched_at, row.asked_at = datetime.now(UTC), None
        session.merge(row)


def keep_problem(name: str, problem: str) -> None:
    """Keep why a question was not answered; the older answer stays.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        row = session.get(RegistryCopy, name, with_for_update=True)
        if row is not None:
            row.problem, row.asked_at = problem, None


def forget(name: str) -> None:
    """Drop an answer that is not right any more.

    Raises:
        DatabaseUnavailable: it cannot be written.
    """
    with writing() as session:
        session.execute(delete(RegistryCopy).where(RegistryCopy.name == name))


def _is_running(row: RegistryCopy) -> bool:
    return row.asked_at is not None and row.asked_at > datetime.now(UTC) - LEASE
