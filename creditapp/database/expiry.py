"""Finds and deletes rows that are older than a time."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from creditapp.database.session import reading, writing


def find_oldest(
    session: Session,
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    before: datetime,
) -> datetime | None:
    """The smallest value of an indexed column, if it is before a time."""
    return session.scalar(select(column).where(column < before).order_by(column).limit(1))


def delete_before(
    column: InstrumentedAttribute[datetime], before: datetime, *, dry_run: bool
) -> int:
    """Delete the rows of a table whose column is before a time; how many there are.

    Raises:
        DatabaseUnavailable: nothing was deleted.
    """
    table = column.class_
    with reading() as session:
        number = session.scalar(select(func.count()).select_from(table).where(column < before)) or 0
    if number and not dry_run:
        with writing() as session:
            session.execute(delete(table).where(column < before))
    return number
