"""The lock on changes of the served model: one change at a time, over all processes and hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import reading, writing
from creditapp.exceptions import ChangeUnderWay, RowsRefused
from creditapp.phrases import marked

LEASE_SECONDS = 100
"""After this long the lock of a killed process can be taken by another."""


class ModelTurn(Base):
    """The lock: one row while it is held."""

    __tablename__ = "model_turn"

    id: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(String(36))
    actor: Mapped[str] = mapped_column(String(100))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


@contextmanager
def hold(actor: str) -> Iterator[str]:
    """Hold the lock for the length of the block; the value proves it to `check_held`.

    Raises:
        ChangeUnderWay: another process holds it.
    """
    holder = str(uuid4())
    try:
        with writing() as session:
            _take(session, holder, actor)
    except RowsRefused:  # two processes found the lock free and inserted the row at the same time
        raise ChangeUnderWay(marked("another change of the model is under way")) from None
    try:
        yield holder
    finally:
        _release(holder)


def check_free() -> None:
    """Check that nobody holds the lock.

    Raises:
        ChangeUnderWay: another process holds it.
    """
    with reading() as session:
        _check_free(session.get(ModelTurn, 1))


def check_held(session: Session, holder: str) -> None:
    """Check inside a transaction that this holder still has the lock.

    Raises:
        ChangeUnderWay: the lease ran out, and another process took the lock.
    """
    lock = session.get(ModelTurn, 1, with_for_update=True)
    if lock is None or lock.holder != holder:
        raise ChangeUnderWay(
            marked("this change of the model took too long, and another one was made")
        )


def _take(session: Session, holder: str, actor: str) -> None:
    _check_free(session.get(ModelTurn, 1, with_for_update=True))
    ends_at = datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS)
    session.merge(ModelTurn(id=1, holder=holder, actor=actor[:100], ends_at=ends_at))


def _check_free(lock: ModelTurn | None) -> None:
    if lock and lock.ends_at > datetime.now(UTC):
        raise ChangeUnderWay(
            marked("another change of the model is under way, by %(name)s"), name=lock.actor
        )


def _release(holder: str) -> None:
    with writing() as session:
        lock = session.get(ModelTurn, 1, with_for_update=True)
        if lock and lock.holder == holder:
            session.delete(lock)
