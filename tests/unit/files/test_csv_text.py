"""Tables are written as CSV with the text of Python's own writer."""

import csv
import io
import math
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from creditapp.files.csv_text import write_csv

# why: Python writes a carriage return without quotation marks before 3.12.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
texts = st.none() | st.text(characters | st.sampled_from('",\n'))
probabilities = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 1e-4, 1e-5, 5e-324, 0.1 + 0.2])
rows = st.lists(st.tuples(st.integers(-9, 2**62), texts, probabilities, texts), max_size=8)
NAMES = ["row", "a text", "probability", "repeated, text"]


def by_python(table: list[tuple[Any, ...]]) -> bytes:
    """The same rows by the standard library."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([NAMES, *table])
    return file.getvalue().encode()


@settings(deadline=None)
@given(rows)
def test_a_table_is_written_as_python_writes_it(table: list[tuple[Any, ...]]) -> None:
    """Quotation marks, line ends, missing texts, and numbers with an exponent."""
    numbers, some, floats, others = zip(*table, strict=True) if table else [()] * 4
    columns = [
        pa.array(numbers, pa.int64()),
        pa.array(some, pa.string()),
        pa.array(floats, pa.float64()),
        pa.array(others, pa.string()).dictionary_encode(),
    ]
    file = io.BytesIO()
    write_csv(pa.table(columns, NAMES), file)
    assert file.getvalue() == by_python(table)
    assert not any(map(math.isnan, floats))
