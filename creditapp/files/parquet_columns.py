"""Columns of a Parquet file: which hold data, and the answers in them."""

import math
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Question

PANDAS_INDEX = re.compile(r"__index_level_[0-9]+__")
"""The names that pandas gives to the row numbers of a frame."""


def data_columns(schema: pa.Schema) -> list[int]:
    """The places of the columns that hold data: all but pandas' row numbers."""
    return [place for place, name in enumerate(schema.names) if not PANDAS_INDEX.fullmatch(name)]


def answers_of(
    catalogue: Catalogue, name: str, column: Any, extra: Sequence[Question] = ()
) -> list[Any]:
    """The answers of a column as JSON has them: a date as YYYY-MM-DD, NaN and a blank text as none.

    A text is read as the cell of a CSV file; a number in the column of the reference is its text. `extra`
    are questions besides those of an application.
    """
    if name in catalogue.reference_keys:
        return [as_reference(answer) for answer in plain_values(column)]
    answers = plain_values(column)
    readers = {**catalogue.readers, **{question.name: question.from_cell for question in extra}}
    read = readers.get(name)
    if read and _is_text(value_type(column.type)):
        return [read(one) if one and not one.isspace() else None for one in answers]
    return answers


def value_type(kind: Any) -> Any:
    """The type of a column's values, also where each value is stored once."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_readable(kind: Any) -> bool:
    """Whether a column of this type has answers: numbers, text, dates, true and false, or nothing."""
    checks = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        _is_text,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_null,
    )
    return any(check(value_type(kind)) for check in checks)


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def plain_values(column: Any) -> list[Any]:
    """The values of a column as JSON has them."""
    values = _values(column)
    kind = value_type(column.type)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return [one.isoformat()[:10] if hasattr(one, "isoformat") else one for one in values]
    if pa.types.is_floating(kind):
        return [None if one is None or math.isnan(one) else _finite(one) for one in values]
    if pa.types.is_decimal(kind):
        number = float if kind.scale > 0 else int
        return [one if one is None else number(one) for one in values]
    return values


def _values(column: Any) -> list[Any]:
    """The values of a column; one that Python does not have, as a text that no question accepts."""
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        return [_value(scalar) for scalar in column]
    return values


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        if pa.types.is_dictionary(scalar.type):
            return _value(scalar.value)
        if _is_text(scalar.type):
            return scalar.as_buffer().to_pybytes().decode("utf-8", "surrogateescape")
        return f"{scalar.value} ({scalar.type})"


def as_reference(value: Any) -> str | None:
    """A reference as a text: whole numbers, which pandas stores as 12.0 beside gaps, without decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "" if value is None else str(value)
    return None if not text or text.isspace() else text


def _finite(number: float) -> float | str:
    """A number; an infinite one, which JSON does not have, as its text."""
    return number if math.isfinite(number) else str(number)
