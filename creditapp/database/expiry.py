"""Deletes rows that are older than a time."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from creditapp.database.session import reading, writing


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
