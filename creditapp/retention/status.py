"""What is overdue, for the metrics."""

from contextlib import suppress

from creditapp.database.session import reading
from creditapp.exceptions import DatabaseUnavailable
from creditapp.observability import metrics
from creditapp.retention.kinds import KINDS, Periods


def export(periods: Periods) -> None:
    """Set the gauges of retention; they stay as they are while the database does not answer."""
    with suppress(DatabaseUnavailable), reading() as session:
        for kind in KINDS:
            metrics.note_overdue(kind.name, kind.overdue_seconds(session, periods))
