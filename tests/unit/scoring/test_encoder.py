"""Answers become the numbers that the bundle's metadata describe, worked out by hand."""

from typing import Any

import numpy as np
import pytest

from creditapp.scoring.encoder import Encoder

INPUTS: dict[str, dict[str, Any]] = {
    "Age in years": {"mean": 35.0, "scale": 10.0},
    "Job": {"ordinal": ["A171", "A172", "A173"]},
    "Purpose": {"nominal": ["A40", "A41", "A42"]},
    "Credit amount": {"mean": 3000.0, "scale": 2000.0},
    "Housing": {"nominal": ["A151", "A152"]},
}
COLUMNS = {
    "Age in years": [25, 50],
    "Job": ["A173", "A171"],
    "Purpose": ["A41", "A42"],
    "Credit amount": [4000.0, 2000],
    "Housing": ["A151", "A152"],
}
ENCODED = [
    [-1.0, 2.0, 0.0, 1.0, 0.0, 0.5, 1.0, 0.0],
    [1.5, 0.0, 0.0, 0.0, 1.0, -0.5, 0.0, 1.0],
]


def test_several_rows_are_encoded_together() -> None:
    """Scaled numbers, places of ordinal codes, and one column for each nominal code."""
    encoded = Encoder.from_inputs(INPUTS).encode(COLUMNS)
    assert encoded.tolist() == ENCODED
    assert encoded.dtype == np.float32


@pytest.mark.parametrize("row", [0, 1])
def test_one_row_is_encoded_as_it_is_among_others(row: int) -> None:
    """One row takes another way through the code."""
    encoded = Encoder.from_inputs(INPUTS).encode(
        {name: [answers[row]] for name, answers in COLUMNS.items()}
    )
    assert encoded.tolist() == [ENCODED[row]]
    assert encoded.dtype == np.float32


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Age in years"], [[-1.0], [1.5]]),
        (["Job"], [[2.0], [0.0]]),
        (["Housing"], [[1.0, 0.0], [0.0, 1.0]]),
    ],
)
def test_a_model_may_use_one_kind_of_feature_only(
    names: list[str], expected: list[list[float]]
) -> None:
    """The columns of the other features are left out."""
    encoder = Encoder.from_inputs({name: INPUTS[name] for name in names})
    assert encoder.encode(COLUMNS).tolist() == expected


@pytest.mark.parametrize("rows", [1, 2])
def test_numbers_are_scaled_as_doubles_and_rounded_once(rows: int) -> None:
    """16777217 is no single-precision number: rounded before the mean is taken off, 1 would become 0."""
    encoder = Encoder.from_inputs({"Credit amount": {"mean": 16_777_216.0, "scale": 1.0}})
    assert encoder.encode({"Credit amount": [16_777_217] * rows}).tolist() == [[1.0]] * rows


@pytest.mark.parametrize("rows", [1, 2])
def test_a_code_that_the_model_does_not_know_is_an_error(rows: int) -> None:
    """The catalogue's fingerprint keeps such a model out; nothing is made up here."""
    with pytest.raises(KeyError):
        Encoder.from_inputs(INPUTS).encode(
            {name: answers[:rows] for name, answers in COLUMNS.items()} | {"Job": ["A174"] * rows}
        )


def test_no_rows_are_encoded_as_no_rows() -> None:
    """The shape still has the width of the model."""
    encoded = Encoder.from_inputs(INPUTS).encode({name: [] for name in INPUTS})
    assert encoded.shape == (0, len(ENCODED[0]))


GAPS: dict[str, dict[str, Any]] = {
    "income": {"mean": 1000.0, "scale": 500.0, "fill": 1250.0, "missing": [None, -1]},
    "school": {"ordinal": ["low", "mid", "high"], "fill": 0.5, "missing": ["?"]},
    "work": {"nominal": ["A", None, "?"]},
    "married": {"nominal": [False, True, None]},
    "region": {"nominal": [10, 20]},
    "born": {"mean": 100.0, "scale": 10.0},
}
ROWS_WITH_GAPS = [
    # income and its two gaps, school and its gap, work, married, region, born
    ((2000, "high", "A", True, 20, 130), [2, 0, 0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 1, 3]),
    ((None, "?", None, None, 10, 100), [0.5, 1, 0, 0.5, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0]),
    ((-1, "low", "?", False, 10, 95), [0.5, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, -0.5]),
    ((-1.0, "mid", "A", False, 20, 90), [0.5, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, -1]),
]


def test_missing_answers_are_filled_and_have_a_column_of_their_own() -> None:
    """A number is filled before it is scaled; without an order, a missing answer is a code like others."""
    given = zip(*(row for row, _ in ROWS_WITH_GAPS), strict=True)
    columns = dict(zip(GAPS, map(list, given), strict=True))
    encoder = Encoder.from_inputs(GAPS)
    assert encoder.encode(columns).tolist() == [encoded for _, encoded in ROWS_WITH_GAPS]
    for place, (_, encoded) in enumerate(ROWS_WITH_GAPS):
        one = {name: [answers[place]] for name, answers in columns.items()}
        assert encoder.encode(one).tolist() == [encoded]
