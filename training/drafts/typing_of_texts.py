"""Drafts a field of texts: booleans, categories with or without an order, and free text."""

import re
from collections import Counter

from training.drafts.bands import order_of
from training.drafts.fields import DraftField
from training.drafts.missing import is_missing_text, label_of
from training.drafts.profile import Profile

MOST_CATEGORIES = 50
RARE = 10
LONG = 40
PAIRS = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("ja", "nein"),
    ("oui", "non"),
    ("si", "no"),
    ("sí", "no"),
    ("sim", "não"),
)
DEFAULT_TEXTS = {"true", "True", "TRUE", "1", "false", "False", "FALSE", "0"}


def draft_text(profile: Profile) -> DraftField:
    """A field whose cells are texts."""
    field = DraftField(profile.name, "string")
    if profile.counts is None:
        _leave_out(field, profile)
        return field
    codes = [text for text in profile.counts if is_missing_text(text, among_texts=True)]
    field.missing = [(text, label_of(text)) for text in sorted(codes)]
    for text in sorted(codes):
        field.note(f'"{text}" ({profile.counts[text]:,} cells) is a missing code.')
    values = [text for text in profile.counts if text not in codes]
    if not values:
        field.ignore("all cells are missing codes")
    elif len(values) > MOST_CATEGORIES:
        _leave_out(field, profile)
    elif not _declare_boolean(field, values):
        _declare_categories(field, values, profile.counts)
    return field


def _leave_out(field: DraftField, profile: Profile) -> None:
    count = profile.shown_distinct
    what = "free text" if profile.longest > LONG else "text"
    field.missing = []
    field.ignore(f"{what} with {count} different values; a category may have {MOST_CATEGORIES}")
    field.ask(
        f"{count} different texts: leave it out, or group them in the file to at most "
        f"{MOST_CATEGORIES} categories"
    )


def _declare_boolean(field: DraftField, values: list[str]) -> bool:
    lower = {text.lower() for text in values}
    for true, false in PAIRS:
        if lower == {true, false}:
            field.type = "boolean"
            if not set(values) <= DEFAULT_TEXTS:
                field.properties["trueValues"] = sorted(v for v in values if v.lower() == true)
                field.properties["falseValues"] = sorted(v for v in values if v.lower() == false)
            return True
    return False


def _declare_categories(field: DraftField, values: list[str], counts: dict[str, int]) -> None:
    field.categories = [*sorted(values, key=natural)]
    _warn_of_alike(field, values)
    order = order_of(values)
    if order is not None:
        field.categories = [*order.categories]
        field.ordered = True
        for text in order.outside:
            field.missing.append((text, text))
            field.ask(f'"{text}" has no place in the order and is made a missing code')
        shown = " < ".join(order.categories)
        if order.certain:
            field.note(f"Bands in the order of their numbers: {shown}.")
        else:
            field.ask(f"the order is a guess, by {order.by}: {shown}")
    rare = [text for text in field.categories if counts[str(text)] < RARE]
    if rare and sum(counts.values()) > 10 * RARE:
        field.note(f"In fewer than {RARE} rows: {', '.join(map(str, rare[:5]))}.")


def _warn_of_alike(field: DraftField, values: list[str]) -> None:
    forms = Counter(text.casefold() for text in values)
    alike = sorted(text for text in values if forms[text.casefold()] > 1)
    if alike:
        field.ask(f"these differ only in case; make one of them in the file: {', '.join(alike)}")


def natural(text: str) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts A2 before A10."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part], text
