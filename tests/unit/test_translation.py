"""Texts for people are marked, so that a catalogue in another language can be made of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from creditapp.applications.questions import NO, NOT_GIVEN, YES
from creditapp.phrases import LocalText
from creditapp.settings.paths import ROOT
from creditapp.web.errors import TITLES
from tests.portfolios import GERMAN, QUESTIONS

FRENCH = ROOT / "creditapp" / "translations" / "fr" / "LC_MESSAGES"
KEYWORDS = ["-k", "marked", "-k", "lazy_gettext"]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All texts that the extractor finds."""
    found = tmp_path_factory.mktemp("extracted") / "messages.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    command = [pybabel, "-q", "extract", "-F", "babel.cfg", *KEYWORDS, "-o", found, "."]
    subprocess.run(command, cwd=ROOT, check=True)
    return found


def catalogue(path: Path) -> Catalog:
    """A catalogue of texts as Babel reads it."""
    with path.open("rb") as lines:
        return read_po(lines)


def test_the_french_catalogue_holds_the_texts_of_the_code(extracted: Path) -> None:
    """Otherwise `make translations` is due; what is not translated yet is shown in English."""
    ids = {str(message.id) for message in catalogue(FRENCH / "messages.po")}
    assert ids == {str(message.id) for message in catalogue(extracted)}


def test_the_compiled_french_is_that_of_the_catalogue() -> None:
    """It is what is shown."""
    with (FRENCH / "messages.mo").open("rb") as content:
        compiled = {str(one.id): one.string for one in read_mo(content) if one.id}
    told = {str(m.id): m.string for m in catalogue(FRENCH / "messages.po") if m.id and m.string}
    assert compiled == told


def test_all_that_a_letter_can_say_is_translated() -> None:
    """The reasons' templates, the letter itself, and the answers that every portfolio has."""
    french = {str(m.id): m for m in catalogue(FRENCH / "messages.po") if m.id}
    said = re.findall(r'_\("([^"]+)"', (ROOT / "templates" / "notice.html").read_text())
    said += re.findall(
        r'marked\(\s*"([^"]+)"', (ROOT / "creditapp" / "explanations" / "reasons.py").read_text()
    )
    said += [NOT_GIVEN, YES, NO]
    assert len(said) > 25
    assert [text for text in said if not french[text].string] == []


def test_all_words_of_german_credit_are_translated() -> None:
    """Its document says everything in French that a letter or the form can say."""
    words: list[str] = [*GERMAN.groups]
    for question in QUESTIONS:
        words += [question.label, question.unit, *(code.meaning for code in question.codes)]
    assert len(words) > 100
    given = [word for word in words if word]
    assert [one for one in given if not isinstance(one, LocalText)] == []
    assert [one for one in given if "fr" not in getattr(one, "translations", {})] == []


def test_translations_fill_in_what_the_text_does() -> None:
    """No placeholder is lost or made up."""
    for message in catalogue(FRENCH / "messages.po"):
        if message.id and message.string:
            placed = [set(re.findall(r"%\(\w+\)s", str(t))) for t in (message.id, message.string)]
            assert placed[0] == placed[1], message.id


def test_every_title_page_and_common_answer_is_found_by_the_extractor(extracted: Path) -> None:
    """The errors' titles, the pages' texts, and the answers that every portfolio has."""
    text = extracted.read_text().replace('"\n"', "")
    wanted = {*TITLES.values(), "Score an application", "Your reference (optional)"}
    wanted |= {NOT_GIVEN, YES, NO}
    missing = {words for words in wanted if f'msgid "{words}"' not in text}
    assert missing == set()
