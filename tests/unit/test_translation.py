"""Texts for people are marked, so that a catalogue in another language can be made of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from creditapp.applications.questions import GROUPS
from creditapp.settings.paths import ROOT
from creditapp.web.errors import TITLES
from tests.portfolios import QUESTIONS

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
    """The catalogue of features, the reasons' templates, and the letter itself."""
    french = {str(m.id): m for m in catalogue(FRENCH / "messages.po") if m.id}
    said = re.findall(r'_\("([^"]+)"', (ROOT / "templates" / "notice.html").read_text())
    said += re.findall(
        r'marked\(\s*"([^"]+)"', (ROOT / "creditapp" / "explanations" / "reasons.py").read_text()
    )
    for question in QUESTIONS:
        meanings = [code.meaning for code in getattr(question, "codes", ())]
        said += [question.label, *meanings, *getattr(question, "bands", ())]
        said += [question.unit] if getattr(question, "unit", "") else []
    assert len(said) > 100
    assert [text for text in said if not french[text].string] == []


def test_translations_fill_in_what_the_text_does() -> None:
    """No placeholder is lost or made up."""
    for message in catalogue(FRENCH / "messages.po"):
        if message.id and message.string:
            placed = [set(re.findall(r"%\(\w+\)s", str(t))) for t in (message.id, message.string)]
            assert placed[0] == placed[1], message.id


def test_every_label_meaning_title_and_page_is_found_by_the_extractor(extracted: Path) -> None:
    """The catalogue's own words, the errors' titles, and the pages' texts."""
    text = extracted.read_text().replace('"\n"', "")
    wanted = {*GROUPS, *TITLES.values(), "Score an application", "Your reference (optional)"}
    for question in QUESTIONS:
        meanings = [code.meaning for code in getattr(question, "codes", ())]
        wanted |= {question.label, *meanings, *getattr(question, "bands", ())}
    missing = {words for words in wanted if f'msgid "{words}"' not in text}
    assert missing == set()
