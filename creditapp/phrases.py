"""Texts that are translated when they are shown, not where they are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


def marked(text: str) -> str:
    """Mark a text so that `make translations` extracts it; the code that shows it translates it."""
    return text


@dataclass(frozen=True)
class Phrase:
    """A template and its values, kept apart so that the template can be translated first."""

    template: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.template % self.values


def translate(text: object, gettext: Callable[[str], str]) -> object:
    """Translate a text or a phrase, including the texts among the phrase's values."""
    match text:
        case Phrase(template, values):
            words = {name: translate(value, gettext) for name, value in values.items()}
            return gettext(template) % words
        case str() if text:
            return gettext(text)
    return text


class LocalText(str):
    """A text of a portfolio in its first language, with its translations by language code."""

    translations: Mapping[str, str]

    def __new__(cls, text: str, translations: Mapping[str, str]) -> "LocalText":
        """Make the text; `translations` may be empty."""
        made = super().__new__(cls, text)
        made.translations = translations
        return made

    def mapped(self, change: Callable[[str], str]) -> "LocalText":
        """The text with a change made in every language."""
        changed = {language: change(text) for language, text in self.translations.items()}
        return LocalText(change(str(self)), changed)

    def in_language(self, language: str) -> str:
        """The text in a language; in its first language where there is no translation."""
        return self.translations.get(language, str(self))
