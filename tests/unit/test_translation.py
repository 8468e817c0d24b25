"""Texts for people are marked, so that a catalogue in another language can be made of them."""

import subprocess
import sys
from pathlib import Path

from creditapp.config import ROOT
from creditapp.error_handlers import TITLES
from creditapp.features import GROUPS, QUESTIONS


def test_every_label_meaning_title_and_page_is_found_by_the_extractor(tmp_path: Path) -> None:
    """The catalogue's own words, the errors' titles, and the pages' texts."""
    found = tmp_path / "messages.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    keywords = ["-k", "marked", "-k", "lazy_gettext"]
    command = [pybabel, "-q", "extract", "-F", "babel.cfg", *keywords, "-o", found, "."]
    subprocess.run(command, cwd=ROOT, check=True)
    text = found.read_text().replace('"\n"', "")
    wanted = {*GROUPS, *TITLES.values(), "Score an application", "Your reference (optional)"}
    for question in QUESTIONS:
        meanings = [code.meaning for code in getattr(question, "codes", ())]
        wanted |= {question.label, *meanings, *getattr(question, "bands", ())}
    missing = {words for words in wanted if f'msgid "{words}"' not in text}
    assert missing == set()
