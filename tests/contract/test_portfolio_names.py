"""The code names no field, code, unit or currency of any portfolio: they are data.

A slug of one word is left out, as `property` is a word of Python, and so are the units that are words of
English prose: months and years.
"""

import re
import subprocess
from collections.abc import Iterator

import pytest

from creditapp.applications.catalogue import Catalogue
from creditapp.settings.paths import ROOT
from tests.portfolios import GERMAN, TAIWAN

SEARCHED = ("creditapp", "training", "templates", "static/score.js", "wsgi.py", "ops")
NOT_CODE = ("creditapp/translations/",)


def names_of(catalogue: Catalogue) -> Iterator[str]:
    """Everything that belongs to one portfolio: names, texts of codes, units, the currency."""
    yield catalogue.currency
    yield catalogue.outcome.name
    yield catalogue.reference_column
    for question in catalogue.questions:
        yield question.name
        if "_" in question.slug:
            yield question.slug
        if question.unit not in ("months", "years"):
            yield question.unit
        yield from (code.code for code in question.codes if isinstance(code.code, str))


def files() -> list[str]:
    """The files of the code."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *SEARCHED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split() if not name.startswith(NOT_CODE)]


@pytest.mark.parametrize("catalogue", [GERMAN, TAIWAN], ids=["German credit", "Taiwan cards"])
def test_no_code_names_what_belongs_to_a_portfolio(catalogue: Catalogue) -> None:
    """A field's name, its slug, a code, a unit and the currency stand in no file of the code."""
    names = sorted({name for name in names_of(catalogue) if name})
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])")
    found = []
    for name in files():
        text = (ROOT / name).read_text(errors="replace")
        found += [
            f"{name}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    assert not found, "\n".join(found)
