"""Names the bins of `tally` in words, in the same order."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from creditapp.applications.questions import Choice, Date, Numeric, Question
from creditapp.drift.tally import known_codes
from creditapp.phrases import Figures, Phrase, marked
from creditapp.scoring.population import Distribution, counts_by_answer, has_bins

OTHERS = marked("other answers")
UP_TO, UNDER = marked("%(low)s to %(high)s"), marked("%(low)s to under %(high)s")
DAYS_BEFORE = marked("%(days)s days before")

Name = object
"""A text or a phrase, to be translated."""


def name_bins(question: Question, distribution: Distribution) -> list[Name]:
    """The name of each bin of an answer."""
    if not has_bins(distribution):
        return [*map(question.in_words, known_codes(distribution)), OTHERS]
    missing = map(question.in_words, counts_by_answer(distribution))
    return [*_intervals(question, distribution["edges"]), OTHERS, *missing]


def name_score_bins(distribution: Distribution) -> list[Name]:
    """The name of each bin of the score, as probabilities of good credit."""
    ends = pairwise(Figures(f"{100 * edge:.1f} %") for edge in distribution["edges"])
    return [*(Phrase(UNDER, {"low": low, "high": high}) for low, high in ends), OTHERS]


def _intervals(question: Question, edges: Sequence[float]) -> Iterator[Name]:
    whole = isinstance(question, Date | Choice) or (
        isinstance(question, Numeric) and question.integer
    )
    for place, (low, high) in enumerate(pairwise(edges), start=1):
        if not whole:
            yield Phrase(
                UNDER,
                {"low": _written(question, _short(low)), "high": _in_words(question, _short(high))},
            )
            continue
        is_last = place == len(edges) - 1
        first, last = math.ceil(low), math.floor(high) if is_last else math.ceil(high) - 1
        ends = {"low": _written(question, first), "high": _in_words(question, last)}
        yield Phrase(UP_TO, ends) if first < last else _in_words(question, last)


def _written(question: Question, value: float) -> object:
    return question.written(value) if isinstance(question, Numeric) else value


def _in_words(question: Question, value: float) -> object:
    if isinstance(question, Date):
        return Phrase(DAYS_BEFORE, {"days": value})
    return question.in_words(value)


def _short(value: float) -> float:
    """Two decimals, or four digits of a small number; a whole number has no decimals."""
    short = float(round(value, 2) if abs(value) >= 1 else f"{value:.4g}")
    return int(short) if short.is_integer() else short
