"""A report in chapters, alone and beside another one."""

from collections.abc import Sequence

from creditapp.reports.chapter import Chapter
from creditapp.reports.chapters import chapters
from creditapp.reports.comparison import compared
from creditapp.reports.points import points_chapter
from tests.reports import report_of

REPORT = report_of("2", "digest")


def rows_of(made: Sequence[Chapter], title: str, table: int = 0) -> list[list[object]]:
    """The rows of a table of the chapter with this title."""
    [chapter] = [one for one in made if one.title == title]
    return [list(row) for row in chapter.tables[table].rows]


def test_a_page_opens_with_the_chapters_that_decide() -> None:
    """The others are there too, and each row has a cell for each column."""
    made = chapters(REPORT)
    assert [one.title for one in made if one.shown] == [
        "Performance",
        "Calibration",
        "Decisions",
        "Benchmarks",
        "Fairness",
        "Limits",
    ]
    tables = [table for one in made for table in one.tables]
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)


def test_figures_have_their_intervals() -> None:
    """Of small groups there are too few to say."""
    made = chapters(REPORT)
    assert rows_of(made, "Performance")[0] == [
        "ROC AUC",
        "0.793 [0.755, 0.831]",
        "0.795 ± 0.014",
        "mean over the folds",
    ]
    assert rows_of(made, "Performance", 1) == [["ROC AUC", "0.750 [0.700, 0.800]"]]
    assert rows_of(made, "Fairness", 1) == [
        [
            "18–24",
            "149",
            "30.0%",
            "0.700 [0.600, 0.800]",
            "-0.100 [-0.200, 0.100]",
            "too few to say",
            "0.600",
            "0.500",
        ],
        ["65–100 *", "12", "50.0%", *["too few to say"] * 5],
    ]


def test_two_reports_stand_side_by_side() -> None:
    """With the difference of each measure, and whether folds and data are the same."""
    other = report_of("3", "digest", slope=1.52)
    made = compared(("2", REPORT), ("3", other))
    assert rows_of(made, "Performance")[1] == [
        "calibration slope",
        "1.020 [0.800, 1.200]",
        "1.520 [0.800, 1.200]",
        "+0.5000",
    ]
    assert rows_of(made, "Approval ratios")[0] == [
        "18–24",
        "0.700 [0.600, 0.800]",
        "0.700 [0.600, 0.800]",
    ]
    assert "on the same folds of the same data" in made[1].paragraphs[0]
    other["data"]["digest"] = "another"
    made = compared(("2", REPORT), ("3", other))
    assert "rows may cause a difference" in made[1].paragraphs[0]


def test_a_scorecard_has_a_chapter_of_points() -> None:
    """The points of every applicant first; other families have no such chapter."""
    text = (
        "feature,title,from,below,answer,meaning,log_odds,points\n"
        ",base,,,,,,512.3456\n"
        "age,Age,,25,,,-0.5,-14.4270\n"
        'job,Job,,,"""A1""",skilled,0.1,2.8854\n'
    )
    assert rows_of(list(points_chapter(text)), "Points") == [
        ["every applicant", "", "", "", "512.3"],
        ["Age", "", "", "25", "-14.4"],
        ["Job", "skilled", "", "", "+2.9"],
    ]
    assert list(points_chapter(None)) == []
