"""The points of a scorecard as a table for its page."""

import csv
import io
from collections.abc import Iterator

from creditapp.phrases import marked
from creditapp.reports.table import Table


def points_tables(text: str | None) -> Iterator[Table]:
    """The table of a scorecard's `scorecard.csv`; none for other families."""
    if text is None:
        return
    base, *rows = csv.DictReader(io.StringIO(text))
    yield Table(
        "points",
        marked("Points of each answer"),
        [marked("Field"), marked("Answer"), marked("From"), marked("Below"), marked("Points")],
        [
            [marked("every applicant"), "", "", "", f"{float(base['points']):.1f}"],
            *(
                [
                    row["title"],
                    row["meaning"] or row["answer"],
                    row["from"],
                    row["below"],
                    f"{float(row['points']):+.1f}",
                ]
                for row in rows
            ),
        ],
        marked(
            "The sum of an applicant's points is the score, on the scale 600 points for odds of 50 to 1."
        ),
        texts=2,
        shown=False,
    )
