"""A tournament measures all families on the same folds."""

from tests import mixed
from training.estimators.families import FAMILIES
from training.tournament import compare, table_of


def test_families_are_measured_with_and_without_protected_answers() -> None:
    """On the same folds, so that the first one differs from itself by nothing."""
    said: list[str] = []
    families = [FAMILIES["forest"], FAMILIES["scorecard"]]
    results = [*compare(mixed.dataset(), families, said.append, repeats=1)]
    assert [(one.family.name, one.protected) for one in results] == [
        ("forest", True),
        ("forest", False),
        ("scorecard", True),
        ("scorecard", False),
    ]
    assert len(said) == 4
    head, first, *_ = table_of(results)
    assert head.startswith("family")
    assert "+0.000 [+0.000, +0.000]" in first
    assert all(0.5 < one.aucs.mean() <= 1 for one in results)
