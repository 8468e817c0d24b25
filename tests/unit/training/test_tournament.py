"""A tournament measures all families on the same folds."""

from functools import cache
from pathlib import Path

import pytest

from creditapp.exceptions import BadTable
from tests import mixed
from training.estimators.families import FAMILIES
from training.tournament import Result, compare, table_of
from training.tournament_document import write


@cache
def results() -> tuple[list[Result], list[str]]:
    """Two families on few folds, and what was said."""
    said: list[str] = []
    families = [FAMILIES["forest"], FAMILIES["scorecard"]]
    return [*compare(mixed.dataset(), families, said.append, repeats=1)], said


def test_families_are_measured_with_and_without_protected_answers() -> None:
    """On the same folds, so that the first one differs from itself by nothing."""
    measured, said = results()
    assert [(one.family.name, one.protected) for one in measured] == [
        ("forest", True),
        ("forest", False),
        ("scorecard", True),
        ("scorecard", False),
    ]
    assert len(said) == 4
    head, first, *_ = table_of(measured)
    assert head.startswith("family")
    assert "+0.000 [+0.000, +0.000]" in first
    assert all(0.5 < one.aucs.mean() <= 1 for one in measured)


def test_a_family_costs_no_more_than_the_better_of_approving_everybody_or_nobody() -> None:
    """Its cut-offs are chosen on other rows, so this holds with some room."""
    good_share = float(mixed.dataset().target.mean())
    without_model = min(5 * (1 - good_share), good_share)
    measured, _ = results()
    assert all(0 < one.costs.mean() < 1.1 * without_model for one in measured)


def test_a_served_family_has_a_size_and_a_time() -> None:
    """A scorecard is smaller than a forest."""
    forest, _, scorecard, _ = results()[0]
    assert 1000 < scorecard.served.size < forest.served.size
    assert all(one.served.microseconds > 0 for one in (forest, scorecard))


def test_results_are_written_between_the_marks_of_the_portfolio(tmp_path: Path) -> None:
    """The rest of the document stays; the plot stands beside it."""
    whole, document = mixed.dataset(), tmp_path / "quality.md"
    name = whole.catalogue.name
    document.write_text(
        f"before\n<!-- tournament {name} -->\nthe former table\n<!-- end of {name} -->\nafter\n"
    )
    write(results()[0], whole, document)
    text = document.read_text()
    assert text.startswith(f"before\n<!-- tournament {name} -->\n")
    assert text.endswith(f"\n<!-- end of {name} -->\nafter\n")
    assert "former" not in text
    assert text.count("\n| scorecard |") == 2
    assert (tmp_path / f"quality-{name}.svg").read_text().startswith("<svg")


def test_a_document_without_the_marks_is_refused_and_kept(tmp_path: Path) -> None:
    """The message says which marks to put where."""
    document = tmp_path / "quality.md"
    document.write_text("no marks\n")
    with pytest.raises(BadTable, match="put the results between <!-- tournament "):
        write(results()[0], mixed.dataset(), document)
    assert document.read_text() == "no marks\n"
