"""Columns keep each distinct value once, and give back what they were made of."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditapp.columns import Column

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, -0.0, 0.5, 1.0, 2.0]),
    st.text(max_size=2),
    st.lists(st.integers(0, 2), max_size=2),
    st.dictionaries(st.text(max_size=1), st.integers(0, 2), max_size=1),
)


ZEROS = st.lists(st.sampled_from([0.0, -0.0, 1.0]))


def typed(values: list[Any]) -> list[tuple[type, str]]:
    """Values as they are written, with their types: 1 equals true, and 0.0 equals -0.0."""
    return [(type(value), repr(value)) for value in values]


@settings(deadline=None)
@given(st.lists(VALUES) | st.lists(st.integers(0, 3)) | st.lists(st.sampled_from("abc")) | ZEROS)
def test_a_column_gives_back_its_values(values: list[Any]) -> None:
    """Of any type; 1, 1.0 and true stay apart, and so do 0.0 and -0.0."""
    column = Column.of(values)
    assert typed(column.values()) == typed(values) == typed(list(column))
    assert len(column.distinct) == len(set(typed(values)))


@settings(deadline=None)
@given(st.lists(VALUES), st.data())
def test_some_rows_have_no_values_of_others(values: list[Any], data: st.DataObject) -> None:
    """What is worked out for each distinct value must not fail at one that no row has any more."""
    rows = data.draw(st.lists(st.sampled_from(range(len(values))))) if values else []
    taken = Column.of(values).take(np.array(rows, dtype=np.intp))
    assert typed(taken.values()) == typed([values[row] for row in rows])
    assert set(taken.places.tolist()) == set(range(len(taken.distinct)))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"))))
def test_pairs_stand_beside_each_other(pairs: list[tuple[int, str]]) -> None:
    """Each pair that occurs stands once."""
    first, second = Column.of([one for one, _ in pairs]), Column.of([two for _, two in pairs])
    beside = first.beside(second)
    assert beside.values() == pairs
    assert len(beside.distinct) == len(set(pairs))


@pytest.mark.parametrize("values", [[], [3], [1, 2, 3, 2, 1]])
def test_a_test_is_asked_once_for_each_value(values: list[int]) -> None:
    """And answers for all of its rows."""
    asked: list[int] = []

    def is_odd(value: int) -> bool:
        asked.append(value)
        return value % 2 == 1

    assert Column.of(values).where(is_odd).tolist() == [value % 2 == 1 for value in values]
    assert sorted(asked) == sorted(set(values))
    assert Column.same("x", 2).each(str.upper).values() == ["X", "X"]
