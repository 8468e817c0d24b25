"""Texts in the language of the request: the product's own, and those of a portfolio."""

from flask_babel import get_locale, gettext

from creditapp.phrases import LocalText


def in_readers_language(text: str) -> str:
    """A text in the language of the request, as far as it is translated."""
    if isinstance(text, LocalText):
        return text.in_language(str(get_locale()))
    return str(gettext(text)) if text else text
