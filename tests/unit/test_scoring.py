"""Scoring, apart from any model's quality."""

from creditapp.scoring import outside_training

POPULATION = {
    "Purpose": {"counts_by_code": {"A40": 3, "A47": 0}},
    "Age in years": {"minimum": 19.0, "maximum": 75.0},
}


def test_answers_the_training_data_never_held_are_named_row_by_row() -> None:
    """A code without rows, and numbers beyond the data on either side; the edges themselves are known."""
    columns = {"Purpose": ["A40", "A47", "A40", "A47"], "Age in years": [19, 75, 18, 76]}
    expected = [(), ("Purpose",), ("Age in years",), ("Purpose", "Age in years")]
    assert outside_training(columns, POPULATION) == expected


def test_no_rows_have_nothing_outside() -> None:
    """An empty table is no special case."""
    assert outside_training({"Purpose": [], "Age in years": []}, POPULATION) == []
