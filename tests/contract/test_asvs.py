"""The page about OWASP's standard: its numbers, its results, its counts, and the tests it names."""

import re
from collections import Counter

from creditapp.settings.paths import ROOT

PAGE = (ROOT / "docs" / "asvs.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d", line)
]
RESULTS = ("pass", "fail", "not applicable")
OF_LEVEL = {"1": 70, "2": 183}
"""How many requirements the standard has."""


def test_each_requirement_is_there_once_and_in_order() -> None:
    """By number; each chapter's are under its heading."""
    numbers = [tuple(map(int, row[0].split("."))) for row in ROWS]
    assert numbers == sorted(set(numbers))
    assert Counter(row[1] for row in ROWS) == OF_LEVEL
    for chapter, text in enumerate(re.split(r"^## V\d+ ", PAGE, flags=re.MULTILINE)[1:], start=1):
        assert {*re.findall(r"^\| (\d+)\.", text, re.MULTILINE)} == {str(chapter)}


def test_each_row_has_a_result_and_says_why() -> None:
    """A pass names a place or a fact, a fail what it would take."""
    for number, _level, asked, result, reason in ROWS:
        assert result in RESULTS, number
        assert min(len(asked), len(reason)) > 3, number
        taken = re.search(r"\bit takes\b|^as \d", reason, re.IGNORECASE)
        assert result != "fail" or taken, number


def test_the_counts_are_those_that_are_told() -> None:
    """In SECURITY.md."""
    counts = Counter(row[3] for row in ROWS)
    told = ", ".join(f"{counts[result]} {result}" for result in RESULTS)
    assert f"the {len(ROWS)} requirements" in (ROOT / "SECURITY.md").read_text()
    assert f": {told}." in (ROOT / "SECURITY.md").read_text()


def test_named_tests_exist() -> None:
    """A name in backticks with several underscores is part of a test's name."""
    names = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`", PAGE))
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    defined = re.findall(r"def test_(\w+)", tests)
    assert [name for name in names if not any(name in one for one in defined)] == []
