"""The points of a scorecard as a chapter of its page."""

import csv
import io
from collections.abc import Iterator

from creditapp.phrases import Figures, Verbatim, marked
from creditapp.reports.chapter import Chapter, Table

COLUMNS = (
    marked("field"),
    marked("answer"),
    marked("from"),
    marked("below"),
    marked("points"),
)


def points_chapter(text: str | None) -> Iterator[Chapter]:
    """The chapter with a scorecard's `scorecard.csv`; none for families that have no such table."""
    if text is None:
        return
    base, *rows = csv.DictReader(io.StringIO(text))
    points = [
        [marked("every applicant"), "", "", "", Figures(f"{float(base['points']):.1f}")],
        *(
            [
                Verbatim(row["title"]),
                Verbatim(row["meaning"] or row["answer"]),
                Figures(row["from"]),
                Figures(row["below"]),
                Figures(f"{float(row['points']):+.1f}"),
            ]
            for row in rows
        ),
    ]
    yield Chapter(
        marked("Points"),
        [
            marked(
                "The sum of an applicant's points is the score, on the scale of 600 points for odds of 50 "
                "to 1 where 20 points double the odds."
            )
        ],
        [Table(marked("Points of each answer"), COLUMNS, points)],
    )
