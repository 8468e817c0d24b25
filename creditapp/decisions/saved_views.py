"""Views of the list of decisions that a person saved under a name: filters and an order, and no search text.

A search text is often a reference, which is personal data of an applicant, so it is not kept.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import JSON, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import lock_table, reading, writing
from creditapp.exceptions import BadView
from creditapp.phrases import marked

LONGEST_NAME = 60
MOST = 30
"""How many views one person can save."""

NAME = marked("give the view a name of 1 to %(most)s characters")
FULL = marked("you have %(most)s views; delete one first")


class SavedView(Base):
    """The parameters of the list's address under a name; each name of a person is there once."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_person", "person", "name", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    parameters: Mapped[dict[str, str]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


def save(person: str, name: str, parameters: Mapping[str, str]) -> None:
    """Save a view; one with the same name is replaced.

    Raises:
        BadView: the name is empty, too long or not printable, or the person has too many views.
        DatabaseUnavailable: nothing was saved.
    """
    name = name.strip()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise BadView(NAME, most=LONGEST_NAME)
    with writing() as session:
        lock_table(session, SavedView.__tablename__)
        mine = SavedView.person == person[:100]
        session.execute(delete(SavedView).where(mine, SavedView.name == name))
        number = session.scalar(select(func.count()).select_from(SavedView).where(mine))
        if (number or 0) >= MOST:
            raise BadView(FULL, most=MOST)
        row = {"parameters": dict(parameters), "saved_at": datetime.now(UTC)}
        session.add(SavedView(person=person[:100], name=name, **row))


def remove(person: str, view_id: int) -> None:
    """Delete one of a person's views; nothing happens if they have none with this number.

    Raises:
        DatabaseUnavailable: nothing was deleted.
    """
    mine = SavedView.person == person[:100], SavedView.id == view_id
    with writing() as session:
        session.execute(delete(SavedView).where(*mine))


def of_person(person: str) -> Sequence[SavedView]:
    """A person's views, by name.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(SavedView).where(SavedView.person == person[:100]).order_by(SavedView.name)
    with reading() as session:
        return session.scalars(query).all()
