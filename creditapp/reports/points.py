"""The points of a scorecard as a chapter of its page."""

import csv
import io
from collections.abc import Iterator

from creditapp.reports.chapter import Chapter, Table

COLUMNS = ("field", "answer", "from", "below", "points")


def points_chapter(text: str | None) -> Iterator[Chapter]:
    """The chapter with a scorecard's `scorecard.csv`; none for families that have no such table."""
    if text is None:
        return
    base, *rows = csv.DictReader(io.StringIO(text))
    points = [
        ["every applicant", "", "", "", f"{float(base['points']):.1f}"],
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
    ]
    yield Chapter(
        "Points",
        [
            "The sum of an applicant's points is the score, on the scale of 600 points for odds of 50 to 1 "
            "where 20 points double the odds."
        ],
        [Table("Points of each answer", COLUMNS, points)],
    )
