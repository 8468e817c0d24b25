"""Finds features that give the outcome away: by their name, or because they tell bad from good alone."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.drafts.auc import Bad, category_auc, number_auc, rank_auc
from training.drafts.fields import DraftField
from training.drafts.kinds import Numbers
from training.drafts.names import is_known_afterwards
from training.drafts.outcome import Outcome
from training.drafts.survey import Survey

TOO_GOOD = 0.95
STRONG = 0.8
FEWEST = 10


def mark_leaks(fields: dict[str, DraftField], whole: Survey, outcome: Outcome) -> None:
    """Leave out what is probably known only after the outcome, for a person to decide."""
    known, bad = outcome.sampled(whole)
    enough = min(bad.sum(), (known & ~bad).sum()) >= FEWEST
    for field in fields.values():
        if field.is_scored:
            area = _auc(field, whole, known, bad) if enough else None
            _mark(field, area)


def _mark(field: DraftField, area: float | None) -> None:
    named = is_known_afterwards(field.name)
    alone = (
        "its AUC alone is not measured (too few rows)"
        if area is None
        else f"alone it has an AUC of {area:.3f}"
    )
    if area is not None and area > TOO_GOOD:
        field.ignore(f"{alone}, too good to be known before the outcome")
        field.ask(f"{alone} against the outcome: was it known when the application was decided?")
    elif area is not None and area > STRONG and not named:
        field.note(f"A strong feature: {alone}.")
    elif named:
        field.ignore("the name suggests that it is known only afterwards")
        field.ask(
            f"the name suggests something known only afterwards ({alone}): was it known before?"
        )


def _auc(field: DraftField, whole: Survey, known: Bad, bad: Bad) -> float:
    cells = whole.cells(field.name).filter(pa.array(known))
    bad = bad[known]
    missing = _is_missing(cells, field)
    gone = rank_auc(missing.astype(np.float64), bad)
    if field.kind is not None and not field.categories:
        numbers = whole.numbers(field.name, field.kind)[known]
        area = number_auc(_without_codes(numbers, missing), bad)
    else:
        codes = cells.dictionary_encode().indices.to_numpy(zero_copy_only=False)
        area = category_auc(codes.astype(np.int64), bad)
    return max(area, gone, 1 - gone)


def _is_missing(cells: pa.Array, field: DraftField) -> Bad:
    texts = pa.array(["", *field.codes], pa.string())
    mask: Bad = pc.is_in(cells, value_set=texts).to_numpy(zero_copy_only=False)
    return mask


def _without_codes(numbers: Numbers, missing: Bad) -> Numbers:
    return np.where(missing, np.nan, numbers)
