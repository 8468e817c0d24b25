"""Says whether the rows are in an order that matters, such as by time or by outcome."""

import numpy as np

from training.drafts.fields import DraftField
from training.drafts.outcome import Outcome
from training.drafts.survey import Survey

PARTS = 10
FEWEST_ROWS = 200
NOT_BY_CHANCE = 33.7
"""Chi-square with 9 degrees of freedom, exceeded by chance once in 10,000 files."""


def describe_order(fields: dict[str, DraftField], whole: Survey, outcome: Outcome) -> list[str]:
    """Sentences on the hold-out, and on a share of bad rows that changes through the file."""
    dated = [field.name for field in fields.values() if field.role == "date"]
    notes = [
        f"The hold-out is by time: the newest rows by {dated[0]} test the model."
        if dated
        else "No column is the day of the application, so the hold-out is drawn by chance."
    ]
    known, bad = outcome.sampled(whole)
    rows = bad[known]
    if len(rows) >= FEWEST_ROWS and 0 < rows.mean() < 1:
        parts = np.array_split(rows, PARTS)
        notes += _describe_drift([float(part.mean()) for part in parts], len(rows), fields, whole)
    return notes


def _describe_drift(
    rates: list[float], rows: int, fields: dict[str, DraftField], whole: Survey
) -> list[str]:
    mean = float(np.mean(rates))
    spread = sum((rate - mean) ** 2 for rate in rates) * rows / PARTS / (mean * (1 - mean))
    if spread < NOT_BY_CHANCE:
        return []
    by = _sorted_by(fields, whole)
    return [
        f"The share of bad rows changes through the file{by}: {rates[0]:.1%} in the first tenth, "
        f"{rates[-1]:.1%} in the last, {min(rates):.1%} to {max(rates):.1%} between. Know why "
        "before you trust a hold-out."
    ]


def _sorted_by(fields: dict[str, DraftField], whole: Survey) -> str:
    sorted_ones = [name for name, field in fields.items() if _ascends(field, whole)]
    return f", which is sorted by {sorted_ones[0]}" if sorted_ones else ""


def _ascends(field: DraftField, whole: Survey) -> bool:
    if field.kind is None:
        return False
    numbers = whole.numbers(field.name, field.kind)
    steps = np.diff(numbers[np.isfinite(numbers)])
    return len(steps) > 0 and bool(steps.any()) and bool(np.all(steps >= 0) or np.all(steps <= 0))
