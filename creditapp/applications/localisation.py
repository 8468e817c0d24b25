"""Texts and numbers in the language of the request: the product's own, and those of a portfolio."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol
from flask import Flask
from flask_babel import Babel, force_locale, get_locale, gettext

from creditapp.phrases import Figures, LocalText, Verbatim

GROUP = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
POINT = re.compile(r"(?<=\d)\.(?=\d)")
BETWEEN = re.compile(r"(?<=\d), (?=[\d…+−-])")
PERCENT = re.compile(r"(?<=\d) ?%")


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Let texts be in a language, also in a process that serves no request."""
    with _translator().app_context(), force_locale(language):
        yield


@cache
def _translator() -> Flask:
    """An application that can do nothing but translate."""
    app = Flask("creditapp")
    Babel(app)
    return app


def in_readers_language(text: str) -> str:
    """A text in the language of the request, as far as it is translated."""
    match text:
        case Verbatim():
            return str(text)
        case LocalText():
            return text.in_language(str(get_locale()))
        case Figures():
            return in_readers_figures(text)
    return str(gettext(text)) if text else text


def in_readers_figures(text: str) -> str:
    """Numbers that are written in English, with the marks of the reader's language."""
    locale = get_locale()
    if locale is None or locale.language == "en":
        return str(text)
    return _with_marks(text, locale)


def _with_marks(text: str, locale: Locale) -> str:
    # why: a space that does not break stands before the sign, as Babel writes it too.
    spaced = PERCENT.sub("\u00a0%", text)
    pairs = BETWEEN.sub("\u00a0; ", spaced)
    groups = GROUP.split(pairs)
    decimal = get_decimal_symbol(locale)
    return get_group_symbol(locale).join(POINT.sub(decimal, part) for part in groups)
