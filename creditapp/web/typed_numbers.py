"""Reads numbers as people of a language type them, and refuses to guess what could mean two numbers."""

import re
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from flask_babel import get_locale

from creditapp.applications.questions import Answer, as_shown

SPACES = re.compile(r"(?<=\d)[ '’\u00a0\u2009\u202f](?=\d{3}(?!\d))")
"""What may stand between thousands in any language; only before three digits."""

THREE_DIGITS_AFTER_A_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)


def plain_number(text: str, locale: Locale) -> str | None:
    """A typed number as JSON writes it; the text itself if it is no number, None if it could mean two.

    In English 5,000.50 is read, and 5000,50 is not: it could be 5000.5 or 500050. In French it is the other
    way round.
    """
    typed = SPACES.sub("", text.strip())
    if _grouped(locale).fullmatch(typed):
        return typed.replace(_group(locale), "").replace(get_decimal_symbol(locale), ".")
    is_english = get_decimal_symbol(locale) == "."
    return None if THREE_DIGITS_AFTER_A_POINT.fullmatch(typed) and not is_english else typed


def as_typed(plain: str, locale: Locale) -> str:
    """A number that JSON writes, with the decimal mark of a language: `plain_number` gives it back."""
    return plain.replace(".", get_decimal_symbol(locale))


def write_quantity(answer: Answer) -> str:
    """An answer as the reader writes numbers, with marks between thousands; what is no number as it is."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return as_shown(answer)
    return str(format_decimal(answer, format="#,##0.##########", locale=get_locale()))


@lru_cache(maxsize=16)
def _grouped(locale: Locale) -> re.Pattern[str]:
    """A number with the language's marks: thousands in threes, or none, and its decimal mark."""
    group, decimal = re.escape(_group(locale)), re.escape(get_decimal_symbol(locale))
    return re.compile(rf"[+-]?(\d{{1,3}}({group}\d{{3}})+|\d+)({decimal}\d+)?", re.ASCII)


def _group(locale: Locale) -> str:
    """The mark between thousands; a comma in English, a point in German, a space in French."""
    group = get_group_symbol(locale)
    return " " if group.isspace() else group
