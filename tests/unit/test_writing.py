"""Numbers, days and times as a language writes them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from creditapp.applications.localisation import in_readers_figures, in_readers_language
from creditapp.exceptions import BadReview, CreditappError
from creditapp.phrases import Figures, Listing, Phrase, Verbatim, translate
from creditapp.web.phrasing import explain, phrase_all
from creditapp.web.writing import answer_as_shown, day, figure, grouped, moment

AT = datetime(2026, 11, 27, 14, 3, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def app() -> Flask:
    """An application that knows the languages and nothing else."""
    app = Flask("creditapp")
    Babel(app)
    return app


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("70.4 %", "70,4\u00a0%"),
        ("7%", "7\u00a0%"),
        ("1,234,567.89", "1\u202f234\u202f567,89"),
        ("0.703 [0.650, 0.750]", "0,703 [0,650\u00a0; 0,750]"),
        ("+0.0012", "+0,0012"),
        ("too few", "too few"),
        ("1,5", "1,5"),
    ],
)
def test_numbers_have_the_marks_of_the_language(app: Flask, english: str, french: str) -> None:
    """English stays as it is written."""
    with app.test_request_context():
        with force_locale("en"):
            assert in_readers_figures(english) == english
        with force_locale("fr"):
            assert in_readers_figures(english) == french


def test_templates_write_numbers_and_days(app: Flask) -> None:
    """Machine-read places do not use these filters."""
    with app.test_request_context(), force_locale("fr"):
        assert figure("%.3f", 0.5) == "0,500"
        assert grouped(12345.6) == "12\u202f346"
        assert answer_as_shown(5000.5) == "5000,5"
        assert answer_as_shown("1.5") == "1.5"
        assert day(date(2026, 11, 27)) == day("2026-11-27") == "27 novembre 2026"
        assert moment(AT) == "27 nov. 2026 14:03 UTC"
        assert moment("2026-11-27T14:03Z", "%Y-%m-%d %H:%M:%S") == "27 nov. 2026 14:03:00 UTC"
    with app.test_request_context(), force_locale("en"):
        assert figure("%.3f", 0.5) == "0.500"
        assert day(date(2026, 11, 27)) == "2026-11-27"
        assert moment(AT, "%Y-%m-%d %H:%M:%S") == "2026-11-27 14:03:11 UTC"


def test_a_failure_is_english_in_a_log_and_in_the_readers_language_on_a_page(app: Flask) -> None:
    """Its values stay as they are, also if the product has the same word; so do others' failures in it."""
    template = "%(name)s is not known"
    inner = BadReview(template, name="Decisions")
    outer = CreditappError("%(problem)s; %(most)s", problem=inner, most=Figures("1,000"))
    words = {template: "%(name)s est inconnu", "Decisions": "Décisions"}
    assert str(outer) == "Decisions is not known; 1,000"
    assert translate(
        outer.phrase, lambda text: text if isinstance(text, Verbatim) else words.get(text, text)
    ) == ("Decisions est inconnu; 1,000")
    with app.test_request_context(), force_locale("fr"):
        assert explain(outer).endswith("1\u202f000")


def test_texts_are_translated_wherever_they_are(app: Flask) -> None:
    """In lists and dicts, and each text of a listing by itself."""
    found = {"age": ["A", Phrase("%(x)s", {"x": 1.5})], "rows": [{"index": 4}]}
    with app.test_request_context(), force_locale("fr"):
        assert phrase_all(found) == {"age": ["A", "1,5"], "rows": [{"index": 4}]}
        listing = Listing((Figures("1.5"), Verbatim("1.5")), " / ")
        assert translate(listing, in_readers_language) == "1,5 / 1.5"
    assert str(listing) == "1.5 / 1.5"
