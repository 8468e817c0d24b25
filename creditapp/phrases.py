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


@dataclass(frozen=True)
class Listing:
    """Some texts or phrases in a row, each translated by itself."""

    parts: tuple[object, ...]
    between: str = "; "

    def __str__(self) -> str:
        return self.between.join(map(str, self.parts))


def translate(text: object, gettext: Callable[[str], str]) -> object:
    """Translate a text, a phrase or a listing, including the texts among the phrase's values."""
    match text:
        case Phrase(template, values):
            words = {name: translate(value, gettext) for name, value in values.items()}
            return gettext(template) % words
        case Listing(parts, between):
            return between.join(str(translate(part, gettext)) for part in parts)
        case str() if text:
            return gettext(text)
        case float():
            return gettext(Figures(text))
    return text


class Figures(str):
    """Numbers as English writes them, as 10,000 or 70.4 %; other languages have other marks."""


class Verbatim(str):
    """A text that stays as it is in every language: a name, a code, what somebody wrote."""


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
