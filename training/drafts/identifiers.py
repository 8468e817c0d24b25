"""Finds the columns that tell rows apart: one becomes the reference, the others are left out."""

import numpy as np
from numpy.typing import NDArray

from creditapp.exceptions import BadTable
from training.drafts.fields import DraftField
from training.drafts.kinds import INTEGER
from training.drafts.names import is_count_like, is_identifier_like, words
from training.drafts.profile import Profile
from training.drafts.protected_names import protected_as
from training.drafts.survey import Survey

RESERVED = "reference"
LONGEST = 64
NEARLY_ALL = 0.95
REPEATED = 0.3
FEWEST_ROWS = 20
DENSE = 1.5
LONG_NUMBER = 1e12


def mark_identifiers(fields: dict[str, DraftField], whole: Survey) -> None:
    """Give the roles reference and ignored to the columns that are no answers.

    Raises:
        BadTable: a column is named `reference` without being one.
    """
    found = [field for field in fields.values() if _is_identifier(field, whole)]
    usable = [field for field in found if _may_be_reference(whole.profiles[field.name])]
    best = min(usable, key=_by_name, default=None)
    if RESERVED in fields and (best is None or best.name != RESERVED):
        raise BadTable(
            f'the column "{RESERVED}" does not tell the rows apart (or is longer than {LONGEST} '
            "characters), and this name is kept for an application's own identifier; rename the column"
        )
    for field in found:
        _make_identifier(field, whole.profiles[field.name], is_reference=field is best)


def _is_identifier(field: DraftField, whole: Survey) -> bool:
    profile = whole.profiles[field.name]
    if field.type == "date" or not profile.filled or (field.kind and field.kind is not INTEGER):
        return False
    share = profile.distinct / profile.filled
    if field.name == RESERVED:
        return share >= NEARLY_ALL
    named = is_identifier_like(field.name)
    if profile.filled < FEWEST_ROWS:
        return named and share == 1
    if named:
        return share >= REPEATED and profile.distinct > FEWEST_ROWS
    if field.kind is None:
        return share >= NEARLY_ALL
    return share >= NEARLY_ALL and not is_count_like(field.name) and _is_numbering(field, whole)


def _is_numbering(field: DraftField, whole: Survey) -> bool:
    """Whether integers are all distinct and dense, or ascend through the file, as numberings do."""
    fit = whole.profiles[field.name].fits[INTEGER]
    numbers = whole.numbers(field.name, INTEGER)
    dense = fit.highest[-1] - fit.lowest[0] < DENSE * fit.cells
    return bool(dense or fit.lowest[0] >= LONG_NUMBER or np.all(_steps(numbers) > 0))


def _steps(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.diff(numbers[np.isfinite(numbers)])


def _may_be_reference(profile: Profile) -> bool:
    return (
        not profile.empty
        and profile.longest <= LONGEST
        and profile.distinct >= NEARLY_ALL * profile.filled
    )


def _by_name(field: DraftField) -> tuple[bool, bool, bool, bool]:
    parts = words(field.name)
    return (
        field.name != RESERVED,
        parts != ["id"],
        not {"loan", "application", "credit", "contract", "case"} & set(parts),
        not is_identifier_like(field.name),
    )


def _make_identifier(field: DraftField, profile: Profile, *, is_reference: bool) -> None:
    field.comments = [
        text for text in field.comments if "limits" not in text and "Ignored" not in text
    ]
    field.reviews.clear()
    field.categories, field.ordered, field.minimum, field.maximum = [], False, None, None
    field.missing, field.unit = [], None
    why = f"{profile.shown_distinct} different values in {profile.filled:,} cells"
    if is_reference:
        field.role = "reference"
        field.note(f"The row's own identifier: {why}. Not scored.")
    else:
        field.ignore(f"an identifier, with {why}; no property of a credit")
    if protected_as(field.name) == "telephone":
        field.note("A telephone number is personal data; better not keep it in the file.")
