"""Numbers are read as the reader's language writes them, and never guessed."""

import pytest
from babel import Locale

from creditapp.applications.questions import number_from_text
from creditapp.web.typed_numbers import as_typed, plain_number

ENGLISH = {
    "5000": 5000,
    " 5000 ": 5000,
    "5,000": 5000,
    "5,000.50": 5000.5,
    "1,234,567": 1234567,
    "5000.50": 5000.5,
    "5 000": 5000,
    "5'000.5": 5000.5,
    "-12": -12,
    "5e3": 5000.0,
}
FRENCH = {
    "5000": 5000,
    "5000,50": 5000.5,
    "5 000,50": 5000.5,
    "5\u202f000,50": 5000.5,
    "5\u00a0000": 5000,
    "5000.50": 5000.5,
    "5,000": 5.0,
    "0.633": 0.633,
    "12.5": 12.5,
}
GERMAN = {
    "5.000,50": 5000.5,
    "1.234.567": 1234567,
    "5.000": 5000,
    "5000,5": 5000.5,
    "5000.50": 5000.5,
}
REFUSED = (
    "5000,50",
    "5.000,50",
    "1,2,3",
    "50,00",
    "0,5",
    "5,00",
    "12 34",
    "1_000",
    "٣",
    "five",
    "",
)


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        *(("en", text, number) for text, number in ENGLISH.items()),
        *(("fr", text, number) for text, number in FRENCH.items()),
        *(("de", text, number) for text, number in GERMAN.items()),
        *(("en", text, None) for text in REFUSED),
        ("fr", "5,000.50", None),
        ("fr", "5.000,50", None),
        ("fr", "5.000", None),
    ],
)
def test_a_typed_number_is_read_by_its_language(
    language: str, text: str, number: float | None
) -> None:
    """None where it is no number there, or could mean two; then the schema refuses it."""
    plain = plain_number(text, Locale(language))
    read = "" if plain is None else number_from_text(plain)
    assert (None if isinstance(read, str) else read) == number


@pytest.mark.parametrize("language", ["en", "fr", "de"])
@pytest.mark.parametrize("number", [5.585, 0.633, 5000.0, 12, -3.25, 1234.567])
def test_an_example_is_read_as_it_was_meant(language: str, number: float) -> None:
    """Written with the language's mark."""
    locale = Locale(language)
    plain = plain_number(as_typed(str(number), locale), locale)
    assert plain is not None
    assert number_from_text(plain) == number
