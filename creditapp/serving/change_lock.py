"""Whose turn it is to change what is served: one change at a time, over all processes and hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from creditapp.database.engine import Base, UtcDateTime, reading, writing
from creditapp.exceptions import ChangeUnderWay

LONGEST_SECONDS = 100
"""How long a turn lasts that is never given back, because whoever had it was killed."""


class ModelTurn(Base):
    """The one row of the turn that is taken."""

    __tablename__ = "model_turn"

    id: Mapped[int] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(String(36))
    actor: Mapped[str] = mapped_column(String(100))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


@contextmanager
def taken(actor: str) -> Iterator[str]:
    """Have the turn for the length of the block; its value proves it to `check_held`.

    Raises:
        ChangeUnderWay: somebody else has it.
    """
    holder = str(uuid4())
    try:
        with writing() as session:
            _take(session, holder, actor)
    except IntegrityError:  # two at once found nobody's turn
        raise ChangeUnderWay("another change of the model is under way") from None
    try:
        yield holder
    finally:
        _give_back(holder)


def check_free() -> None:
    """Look whether somebody has the turn.

    Raises:
        ChangeUnderWay: somebody has.
    """
    with reading() as session:
        _check_nobody_has(session.get(ModelTurn, 1))


def check_held(session: Session, holder: str) -> None:
    """Prove within a transaction that the turn is still the holder's own.

    Raises:
        ChangeUnderWay: it took too long, and somebody else had it since.
    """
    turn = session.get(ModelTurn, 1, with_for_update=True)
    if turn is None or turn.holder != holder:
        raise ChangeUnderWay("this change of the model took too long, and another was made since")


def _take(session: Session, holder: str, actor: str) -> None:
    turn = session.get(ModelTurn, 1, with_for_update=True)
    _check_nobody_has(turn)
    ends_at = datetime.now(UTC) + timedelta(seconds=LONGEST_SECONDS)
    session.merge(ModelTurn(id=1, holder=holder, actor=actor[:100], ends_at=ends_at))


def _check_nobody_has(turn: ModelTurn | None) -> None:
    if turn and turn.ends_at > datetime.now(UTC):
        raise ChangeUnderWay(f"another change of the model is under way, by {turn.actor}")


def _give_back(holder: str) -> None:
    with writing() as session:
        turn = session.get(ModelTurn, 1, with_for_update=True)
        if turn and turn.holder == holder:
            session.delete(turn)
