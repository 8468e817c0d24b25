"""Reads the distribution of a feature's answers in the training rows, as a bundle's metadata hold it.

For codes: `{"answers": [[answer, count], …]}`; older bundles have `{"counts_by_code": {code: count}}`.
For numbers: `{"minimum", "maximum", "edges", "counts"}`, where all but the edges of the bins are missing
values left out, and `{"missing": [[answer, count], …]}` if the answer may be missing. Minimum and maximum
are null if every answer is missing.
"""

from collections.abc import Mapping
from typing import Any

Distribution = Mapping[str, Any]


def has_bins(distribution: Distribution) -> bool:
    """Whether the answers are numbers, counted in bins."""
    return "edges" in distribution


def counts_by_answer(distribution: Distribution) -> dict[Any, int]:
    """How often each code occurs; for numbers, how often each missing answer does."""
    if "counts_by_code" in distribution:
        return dict(distribution["counts_by_code"])
    pairs = distribution.get("missing" if has_bins(distribution) else "answers", [])
    return dict(map(tuple, pairs))


def limits(distribution: Distribution) -> tuple[float, float] | None:
    """The smallest and the largest number; none if there is none."""
    if distribution["minimum"] is None:
        return None
    return distribution["minimum"], distribution["maximum"]
