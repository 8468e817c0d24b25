"""The page about reliability: the public reports that it names, and the tests that hold them."""

import re

from creditapp.settings.paths import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text()
REPORTS = PAGE.partition("## Public bug reports that were tried\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in REPORTS.splitlines()
    if line.startswith("| [")
]
LINK = re.compile(r"\[([\w.-]+/[\w.-]+)#(\d+)\]\(https://github\.com/\1/(?:issues|pull)/\2\)")


def test_each_report_is_there_once_with_its_address() -> None:
    """Each row names one, and the text in front of the table says how many there are."""
    reports = [LINK.fullmatch(row[0]) for row in ROWS]
    assert None not in reports
    assert len({one[0] for one in reports if one}) == len(ROWS)
    assert f"For each of these {len(ROWS)} " in REPORTS


def test_each_report_is_held_by_a_test_that_exists() -> None:
    """In the file that the row names."""
    for report, symptom, holds, test in ROWS:
        assert symptom, report
        assert holds, report
        found = re.fullmatch(r"`(tests/[\w/]+\.py)`, `(test_\w+)`", test)
        assert found, report
        file, name = found.groups()
        assert f"\ndef {name}(" in (ROOT / file).read_text(), test
