"""Makes an example application of middle values: not a row of the file, for a row is about a person."""

from typing import Any

import numpy as np

from training.drafts import dates
from training.drafts.fields import DraftField, Value
from training.drafts.kinds import Numbers
from training.drafts.survey import Survey


def example_of(fields: dict[str, DraftField], whole: Survey) -> dict[str, Any]:
    """The median or the most frequent answer for every scored field."""
    return {name: _answer(field, whole) for name, field in fields.items() if field.is_scored}


def _answer(field: DraftField, whole: Survey) -> Value | None:
    if field.kind is None or field.categories:
        return _most_frequent(field, whole)
    numbers = _known(field, whole)
    if not len(numbers):
        return None
    # why: an even number of rows has no middle row, and a mean of two may be no whole number.
    middle = float(np.quantile(numbers, 0.5, method="lower"))
    if field.type == "date":
        return dates.written(middle)
    return int(middle) if middle.is_integer() else float(f"{middle:.4g}")


def _known(field: DraftField, whole: Survey) -> Numbers:
    if field.kind is None:
        return np.empty(0)
    numbers = whole.numbers(field.name, field.kind)
    codes = [text for text in field.codes if text]
    if codes:
        cells = np.array(whole.cells(field.name).to_pylist())
        numbers = numbers[~np.isin(cells, codes)]
    return numbers[np.isfinite(numbers)]


def _most_frequent(field: DraftField, whole: Survey) -> Value | None:
    counts = whole.profiles[field.name].counts or {}
    known = {text: count for text, count in counts.items() if text not in field.codes}
    if not known:
        return None
    text = max(known, key=lambda one: known[one])
    if field.type == "boolean":
        false = field.properties.get("falseValues", ["false", "False", "FALSE", "0"])
        return text not in false and text.lower() not in ("false",)
    return int(text) if field.type == "integer" else text
