"""Texts for people are marked, so that a catalogue in another language can be made of them."""

import ast
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from creditapp import exceptions
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


def test_every_text_is_translated() -> None:
    """A reader who chose French is shown no English."""
    left = [str(m.id) for m in catalogue(FRENCH / "messages.po") if m.id and not m.string]
    assert left == []


def test_all_words_of_german_credit_are_translated() -> None:
    """Its document says everything in French that a letter or the form can say."""
    words: list[str] = [*GERMAN.groups]
    for question in QUESTIONS:
        words += [question.label, question.unit, *(code.meaning for code in question.codes)]
    assert len(words) > 100
    given = [word for word in words if word and word != GERMAN.currency]
    assert [one for one in given if not isinstance(one, LocalText)] == []
    assert [one for one in given if "fr" not in getattr(one, "translations", {})] == []


def test_translations_fill_in_what_the_text_does() -> None:
    """No placeholder is lost or made up, and a per cent sign stays doubled where it must be."""
    for message in catalogue(FRENCH / "messages.po"):
        if message.id and message.string:
            texts = str(message.id), str(message.string)
            placed = [set(re.findall(r"%\(\w+\)s", text)) for text in texts]
            assert placed[0] == placed[1], message.id
            assert texts[0].count("%%") == texts[1].count("%%"), message.id
            assert [text.count("\n") for text in texts] == [texts[0].count("\n")] * 2, message.id


def test_french_has_spaces_that_do_not_break_before_its_signs() -> None:
    """A colon or a per cent sign never begins a line."""
    told = [str(m.string) for m in catalogue(FRENCH / "messages.po") if m.id]
    assert [text for text in told if re.search(r" [:;?!»](\s|$)|« |\d %", text)] == []


class Bare(HTMLParser):
    """Collects the words of a template that are outside of its expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes that are read to people."""
        read = [text or "" for name, text in attrs if name in READ_OUT]
        self.words += [text for text in read if WORD.search(text)]

    def handle_data(self, data: str) -> None:
        """Look at a text."""
        if WORD.search(data):
            self.words.append(data.strip(" ·\n"))


READ_OUT = ("aria-label", "title", "alt", "placeholder", "content")
WORD = re.compile(r"[^\W\d_]{2}")
EXPRESSION = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
UNTRANSLATED = {
    "Authorization: Bearer …",
    "creditapp",
    "creditapp API",
    "ReDoc",
    "Swagger UI",
    "width=device-width, initial-scale=1",
}
FOR_DEVELOPERS = {"design.html"}
"""Pages that exist only in development, in English."""


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda p: p.name)
def test_a_template_has_no_text_outside_of_its_expressions(path: Path) -> None:
    """Each text is marked, except the product's name."""
    if path.name in FOR_DEVELOPERS:
        assert 'lang="en"' in path.read_text()
        return
    bare = Bare()
    bare.feed(EXPRESSION.sub("", path.read_text()))
    assert set(bare.words) <= UNTRANSLATED


FAILURES = {
    name
    for name, kind in vars(exceptions).items()
    if isinstance(kind, type) and issubclass(kind, exceptions.CreditappError)
}
FOR_COMMANDS = ("cli", "exports", "files", "retention", "seals", "settings")
"""Packages whose failures only commands show, in English; also some modules below."""
READ_BY_COMMANDS = {
    "applications/catalogue_document.py",
    "applications/faults.py",
    "applications/portfolio.py",
    "database/engine.py",
    "database/migration_locks.py",
}


def unmarked_failures(path: Path) -> list[int]:
    """The lines of a module that raise one of our failures with a text that is not marked."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FAILURES
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]


def test_the_text_of_every_failure_that_the_web_can_show_is_marked() -> None:
    """With its values apart from it, so that it can be translated."""
    package = ROOT / "creditapp"
    for path in package.rglob("*.py"):
        place = path.relative_to(package)
        if place.parts[0] not in FOR_COMMANDS and place.as_posix() not in READ_BY_COMMANDS:
            assert unmarked_failures(path) == [], place


def test_every_title_page_and_common_answer_is_found_by_the_extractor(extracted: Path) -> None:
    """The errors' titles, the pages' texts, and the answers that every portfolio has."""
    text = extracted.read_text().replace('"\n"', "")
    wanted = {*TITLES.values(), "Score an application", "Your reference (optional)"}
    wanted |= {NOT_GIVEN, YES, NO}
    missing = {words for words in wanted if f'msgid "{words}"' not in text}
    assert missing == set()
