"""Drafts a field for each column: its type, and what its own cells say."""

from training.drafts.fields import DraftField
from training.drafts.names import is_application_date, stem
from training.drafts.notation import have_decimal_commas, kind_of
from training.drafts.profile import Profile
from training.drafts.survey import Survey
from training.drafts.typing_of_numbers import ORDERED, draft_numeric, set_limits
from training.drafts.typing_of_texts import draft_text

MOSTLY_EMPTY = 0.95
NOT_GIVEN = ("", "not given")


def draft_columns(whole: Survey, outcome: str) -> dict[str, DraftField]:
    """The fields of all columns but the outcome, in the order of the file."""
    commas = have_decimal_commas(whole.profiles.values())
    fields = {
        name: _draft(profile, whole, commas=commas)
        for name, profile in whole.profiles.items()
        if name != outcome
    }
    _treat_series_alike(fields, whole)
    return fields


def _draft(profile: Profile, whole: Survey, *, commas: bool) -> DraftField:
    kind = kind_of(profile, commas=commas)
    field = draft_numeric(profile, kind, whole) if kind else draft_text(profile)
    if profile.padded:
        field.note("Cells have blanks around them; they are read without.")
    _note_missing(field, profile, whole.rows)
    _ignore_constant(field, profile)
    return field


def _note_missing(field: DraftField, profile: Profile, rows: int) -> None:
    field.required = not profile.empty
    if profile.empty and field.role != "ignored":
        field.missing.insert(0, NOT_GIVEN)
        field.note(f"{profile.empty:,} of {rows:,} cells are empty ({profile.empty / rows:.1%}).")
    codes = sum((profile.counts or {}).get(text, 0) for text in field.codes)
    if profile.filled and profile.empty + codes > MOSTLY_EMPTY * rows:
        share = (profile.empty + codes) / rows
        field.note(
            f"Missing in {share:.1%} of the rows: hardly worth asking, unless missing says something."
        )


def _ignore_constant(field: DraftField, profile: Profile) -> None:
    if not profile.filled:
        field.comments.clear()
        field.missing.clear()
        field.ignore("all cells are empty")
    elif _is_constant(profile) and not (field.type == "date" and is_application_date(field.name)):
        field.reviews.clear()
        field.comments.clear()
        field.categories = []
        field.ignore("all cells are the same")


def _is_constant(profile: Profile) -> bool:
    return profile.counts is not None and len(profile.counts) == 1 and not profile.empty


def _treat_series_alike(fields: dict[str, DraftField], whole: Survey) -> None:
    """Columns such as X_1 to X_6 are all codes or all numbers."""
    series: dict[str, list[DraftField]] = {}
    for field in fields.values():
        if field.type == "integer" and field.role != "ignored":
            series.setdefault(stem(field.name), []).append(field)
    for members in series.values():
        if any(not field.categories for field in members):
            for field in filter(lambda one: one.categories, members):
                _make_number(field, whole.profiles[field.name], members)


def _make_number(field: DraftField, profile: Profile, members: list[DraftField]) -> None:
    field.categories = []
    field.reviews = [text for text in field.reviews if ORDERED not in text]
    field.comments = [text for text in field.comments if not text.startswith("Taken for codes")]
    other = next(one.name for one in members if not one.categories and one is not field)
    field.note(f"Few values, but treated like {other}.")
    set_limits(field, profile)
