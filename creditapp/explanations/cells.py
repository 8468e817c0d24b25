"""Divides the numbers that an applicant could give instead into cells; a cell has one decision."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from creditapp.applications.questions import Numeric
from creditapp.policy.definition import Policy
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.splits import Split

MOST_INTEGERS = 120
"""Integers of a wider range than this are said as round numbers, like amounts."""

ROUNDING = ((10_000, 500), (1_000, 100), (100, 10), (0, 1))
"""Pairs of (amount, step): amounts from the first on are said as a multiple of the second, if possible."""

FINER = (1, 10, 100, 1000, 10_000, 100_000)
"""A cell without such a multiple has one of a tenth of the step, or of a hundredth, and so on."""


class Cell(NamedTuple):
    """Two numbers of a cell, the one near to the present answer and the one far from it."""

    near: float
    far: float


def cells_beside(question: Numeric, answer: float, scorer: Scorer, policy: Policy) -> list[Cell]:
    """The cells on the side to which an answer may change, the nearest first.

    The cell of the answer itself is not among them, nor is what the training data do not hold.
    """
    smaller = question.changeable == "smaller"
    low, high = _ends(question, scorer)
    gaps = [code for code in question.missing_answers if isinstance(code, int | float)]
    if smaller:
        low = max([low, *(Split.over(gap).above for gap in gaps if gap < answer)])
    else:
        high = min([high, *(Split.under(gap).below for gap in gaps if gap > answer)])
    found = _intervals(question, low, high, splits(question, scorer, policy))
    if smaller:
        beside = [_cell(question, *one) for one in found[::-1] if one[1] < answer]
        return [Cell(cell.far, cell.near) for cell in beside]
    return [_cell(question, *one) for one in found if one[0] > answer]


def all_cells(question: Numeric, scorer: Scorer, policy: Policy) -> list[Cell]:
    """The cells of every number that the question accepts and the training data hold."""
    low, high = _ends(question, scorer)
    found = _intervals(question, low, high, splits(question, scorer, policy))
    return [_cell(question, *one) for one in found]


def splits(question: Numeric, scorer: Scorer, policy: Policy) -> list[Split]:
    """Where the score can change, and where a rule of the policy begins."""
    rules = [rule for rule in policy.rules if rule.feature == question.name]
    over = [Split.over(rule.over) for rule in rules if rule.over is not None]
    under = [Split.under(rule.under) for rule in rules if rule.under is not None]
    return [*scorer.splits.get(question.name, ()), *over, *under]


def _intervals(
    question: Numeric, low: float, high: float, edges: Iterable[Split]
) -> list[tuple[float, float]]:
    """The lowest and the highest number of each cell, in rising order."""
    inner = sorted(edge for edge in edges if low < edge.above and edge.below < high)
    lows, highs = [low, *(edge.above for edge in inner)], [*(edge.below for edge in inner), high]
    found = zip(lows, highs, strict=True)
    return [(start, end) for start, end in found if _holds_a_number(question, start, end)]


def _cell(question: Numeric, low: float, high: float) -> Cell:
    """The lowest and the highest round number of a cell."""
    return Cell(_round(question, low, high, up=True), _round(question, low, high, up=False))


def _ends(question: Numeric, scorer: Scorer) -> tuple[float, float]:
    """The smallest and the largest number that the question accepts and the training data hold."""
    low, high = question.minimum, question.maximum
    if question.above_minimum:
        low = Split.over(low).above
    if question.below_maximum:
        high = Split.under(high).below
    seen = scorer.seen.get(question.name)
    if seen is None or seen.limits is None:
        return low, high
    return max(low, seen.limits[0]), min(high, seen.limits[1])


def _holds_a_number(question: Numeric, low: float, high: float) -> bool:
    return math.ceil(low) <= math.floor(high) if question.integer else low <= high


def _round(question: Numeric, low: float, high: float, *, up: bool) -> float:
    """The lowest round number from `low` to `high` (`up`), or the highest; whole for an integer."""
    for step in _steps(question, low if up else high):
        multiple = math.ceil(low / step) * step if up else math.floor(high / step) * step
        number = round(multiple, 6)
        if low <= number <= high:
            return int(number) if question.integer else float(number)
    return (low + high) / 2


def _steps(question: Numeric, number: float) -> Iterator[float]:
    """The steps to round to, the coarsest first."""
    if question.integer and question.maximum - question.minimum <= MOST_INTEGERS:
        yield 1
        return
    step = next(step for limit, step in ROUNDING if abs(number) >= limit)
    for finer in FINER:
        yield max(step // finer, 1) if question.integer else step / finer
