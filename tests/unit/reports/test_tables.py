"""A report as tables, alone and beside another one."""

from typing import Any

from creditapp.reports.comparison import compared
from creditapp.reports.points import points_tables
from creditapp.reports.table import Table
from creditapp.reports.tables import tables_of
from tests.reports import report_of

REPORT = report_of("2", "digest")


def rows_of(tables: list[Table], key: str) -> list[list[str]]:
    """The rows of the table with this key, as texts."""
    [table] = [one for one in tables if one.key == key]
    return [[str(cell) for cell in row] for row in table.rows]


def test_every_part_of_a_report_has_a_table() -> None:
    """In the order of reading; those about the model itself are open."""
    tables = tables_of(REPORT)
    assert [table.key for table in tables] == [
        "measures",
        "benchmarks",
        "decisions",
        "calibration",
        "learning-curve",
        "fairness-Age in years-True",
        "fairness-Age in years-False",
        "segments",
        "directions",
        "importance",
        "stability",
        "inputs",
    ]
    assert [table.key for table in tables if table.shown] == [
        "measures",
        "benchmarks",
        "decisions",
        "fairness-Age in years-True",
        "directions",
    ]
    assert all(len(row) == len(table.header) for table in tables for row in table.rows)


def test_figures_have_their_intervals() -> None:
    """What is not known is a dash, and small groups have too few to say."""
    tables = tables_of(REPORT)
    assert rows_of(tables, "measures") == [
        ["ROC AUC", "0.793 [0.755, 0.831]", "0.795 ± 0.014", "0.750 [0.700, 0.800]"],
        ["Calibration slope", "1.020 [0.800, 1.200]", "–", "–"],
    ]
    assert rows_of(tables, "benchmarks") == [
        [
            "version 1, in production",
            "0.793 [0.755, 0.831]",
            "–",
            "–",
            "-0.0020 [-0.0100, 0.0060]",
        ]
    ]
    assert rows_of(tables, "decisions")[:2] == [
        ["approve", "90", "10", "10.0 %"],
        ["refer", "0", "0", "–"],
    ]
    assert rows_of(tables, "fairness-Age in years-True") == [
        [
            "18–24",
            "149",
            "30.0 %",
            "0.70 [0.60, 0.80]",
            "-0.10 [-0.20, 0.10]",
            "–",
            "60.0 %",
            "50.0 %",
        ],
        ["65–100", "12", "50.0 %", "too few to say", "–", "–", "–", "–"],
    ]
    assert rows_of(tables, "directions") == [["Age", "–", "higher is better", "–"]]


def test_two_reports_stand_side_by_side() -> None:
    """With the difference of each measure, and whether folds and data are the same."""
    other = report_of("3", "digest", slope=1.52)
    tables = compared(("2", REPORT), ("3", other))
    assert rows_of(tables, "measures")[1] == [
        "Calibration slope",
        "1.020 [0.800, 1.200]",
        "1.520 [0.800, 1.200]",
        "0.5000",
    ]
    assert note_of(tables) == "On the same folds of the same data."
    other["data"]["digest"] = "another"
    assert "may cause a difference" in note_of(compared(("2", REPORT), ("3", other)))
    assert rows_of(tables, "fairness-Age in years")[0] == [
        "18–24",
        "0.70 [0.60, 0.80]",
        "0.70 [0.60, 0.80]",
    ]


def note_of(tables: list[Table]) -> Any:
    """The note about the measures."""
    [measures] = [one for one in tables if one.key == "measures"]
    return measures.note


def test_a_scorecard_is_a_table_of_points() -> None:
    """The points of every applicant first; other families have no such table."""
    text = (
        "feature,title,from,below,answer,meaning,log_odds,points\n"
        ",base,,,,,,512.3456\n"
        "age,Age,,25,,,-0.5,-14.4270\n"
        'job,Job,,,"""A1""",skilled,0.1,2.8854\n'
    )
    [table] = points_tables(text)
    assert [list(row) for row in table.rows] == [
        ["every applicant", "", "", "", "512.3"],
        ["Age", "", "", "25", "-14.4"],
        ["Job", "skilled", "", "", "+2.9"],
    ]
    assert list(points_tables(None)) == []
