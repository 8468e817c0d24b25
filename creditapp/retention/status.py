"""What is overdue, for the metrics."""

from creditapp.database.session import reading
from creditapp.observability import metrics
from creditapp.retention.kinds import KINDS, Periods


def export(periods: Periods) -> None:
    """Set the gauges of retention.

    Raises:
        DatabaseUnavailable: they stay as they are.
    """
    with reading() as session:
        for kind in KINDS:
            metrics.note_overdue(kind.name, kind.overdue_seconds(session, periods))
