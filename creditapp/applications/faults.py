"""Collects what is wrong with a catalogue's document, so that all faults are told at once."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from creditapp.exceptions import BadCatalogue
from creditapp.phrases import LocalText

MOST_FAULTS = 100
LONGEST_ECHO = 60
LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")

Kind = TypeVar("Kind")


class Faults:
    """The faults found so far; each names its place and says what is accepted."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, place: str, fault: str) -> None:
        """Note one fault."""
        self._found.append(f"{place}: {fault}" if place else fault)

    def refuse(self) -> None:
        """End the reading if there is a fault.

        Raises:
            BadCatalogue: with all faults, at most `MOST_FAULTS`.
        """
        if self._found:
            more = len(self._found) - MOST_FAULTS
            rest = [f"… and {more} more"] if more > 0 else []
            raise BadCatalogue("\n".join([*self._found[:MOST_FAULTS], *rest]))


class Keys:
    """The keys of one mapping of the document, with the place that faults name."""

    def __init__(self, document: object, place: str, faults: Faults) -> None:
        if not isinstance(document, Mapping):
            faults.add(place, f"{echo(document)} is not accepted; accepted is a mapping")
            document = {}
        self._document: Mapping[str, Any] = document
        self.place, self.faults = place, faults

    def __contains__(self, key: str) -> bool:
        return key in self._document

    def fault(self, key: str, fault: str) -> None:
        """Note a fault at a key."""
        self.faults.add(self.place, f"{key} {fault}" if key else fault)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, unchecked."""
        return self._document.get(key, default)

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Note each key that is not known."""
        for key in self._document:
            if key not in known:
                self.fault("", f"the key {echo(key)} is not known; use {in_words(sorted(known))}")

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A mapping as it is; an empty one if the key is missing."""
        value = self.get(key, {})
        if not isinstance(value, Mapping):
            self.fault(key, f"is {echo(value)}; accepted is a mapping")
            return {}
        return value

    def keys(self, key: str) -> "Keys":
        """The mapping under a key; an empty one if there is none."""
        where = f"{self.place}, {key}" if self.place else key
        return Keys(self.get(key) or {}, where, self.faults)

    def own(self) -> "Keys":
        """The mapping with this product's own keys."""
        return self.keys("creditapp")

    def one_of(self, key: str, accepted: Mapping[Any, Kind], default: Any = None) -> Kind | None:
        """The meaning of a key's value, which must be one of those accepted."""
        value = self.get(key, default)
        try:
            if value in accepted:
                return accepted[value]
        except TypeError:
            pass
        what = "is missing" if value is None else f"is {echo(value)}"
        self.fault(key, f"{what}; accepted is {in_words(map(str, accepted))}")
        return None

    def flag(self, key: str) -> bool:
        """True or false; false if the key is missing."""
        return bool(self.one_of(key, {True: True, False: False}, default=False))

    def string(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A text without translations."""
        value = self.get(key, default)
        if not isinstance(value, str) or (required and not value.strip()):
            what = "is missing" if value in (None, "") else f"is {echo(value)}"
            self.fault(key, f"{what}; accepted is a text")
            return default
        return value

    def text(self, key: str, default: str = "") -> LocalText:
        """A text, or one text for each language; the first one is the default."""
        return local_text(self.get(key, default), key, self)

    def list(self, key: str) -> list[Any]:
        """A list; an empty one if the key is missing."""
        value = self.get(key, [])
        if not isinstance(value, list):
            self.fault(key, f"is {echo(value)}; accepted is a list")
            return []
        return value


def local_text(value: object, key: str, keys: Keys) -> LocalText:
    """A text of the document, with its translations where it is a mapping of languages."""
    if isinstance(value, str):
        return LocalText(value, {})
    if isinstance(value, Mapping) and value and all(map(_is_translation, value.items())):
        return LocalText(next(iter(value.values())), dict(value))
    keys.fault(key, f"is {echo(value)}; accepted is a text, or a text for each language")
    return LocalText("", {})


def translated(standard: str, own: Keys, key: str) -> LocalText:
    """A standard text with the translations that stand among the product's own keys."""
    translations = own.get(key, {})
    if not isinstance(translations, Mapping) or not all(map(_is_translation, translations.items())):
        own.fault(key, f"is {echo(translations)}; accepted is a text for each language")
        translations = {}
    return LocalText(standard, dict(translations))


def echo(value: object) -> str:
    """A value as a fault shows it."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}…"


def in_words(accepted: Iterable[str]) -> str:
    """The accepted values as the end of a sentence."""
    *first, last = accepted
    return f"{', '.join(first)} or {last}" if first else last


def _is_translation(pair: tuple[object, object]) -> bool:
    language, text = pair
    is_language = isinstance(language, str) and LANGUAGE.fullmatch(language)
    return bool(is_language) and isinstance(text, str)
