"""How much is computed for a report; the usual effort takes a few minutes for a thousand rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How often each part of a report is repeated.

    Attributes:
        folds: into how many folds the rows are cut.
        repeats: how often they are cut.
        splits: random splits beside the documented one.
        seeds: fits on the same rows with other seeds.
        bootstraps: fits on rows drawn again.
    """

    folds: int = 10
    repeats: int = 2
    splits: int = 10
    seeds: int = 10
    bootstraps: int = 10


USUAL = Effort()
