"""Finds the codes for a missing answer: texts such as NA, and numbers that lie apart, such as 999."""

import re

import numpy as np

from training.drafts.kinds import Numbers

LABELS = {
    "na": "not available",
    "n/a": "not available",
    "n.a.": "not available",
    "#n/a": "not available",
    "<na>": "not available",
    "not available": "not available",
    "nan": "not a number in the source",
    "null": "null in the source",
    "(null)": "null in the source",
    "nil": "nil in the source",
    "none": "none in the source",
    "?": "unknown (?)",
    "-": "left out (-)",
    "--": "left out (--)",
    ".": "left out (.)",
    "missing": "missing",
    "unknown": "unknown",
    "unk": "unknown",
    "xna": "not available (XNA)",
    "not stated": "not stated",
    "k.a.": "not stated (k.A.)",
    "keine angabe": "not stated (keine Angabe)",
}
ANSWERS = frozenset({"none", "unknown", "unk", "missing", "not stated", "nil", "keine angabe"})
"""Texts that are an answer of their own among other texts, but no number and no date."""

FREQUENT = 0.001
SPIKE = 0.01
FEWEST = 3
_SENTINEL = re.compile(r"-[1-9]|-?9{2,8}|-?8{2,4}|-?7{3,4}|-?1{3,6}|365243")
TEN_YEARS = 3652
APART = 0.25
WIDE = 15


def is_missing_text(text: str, *, among_texts: bool) -> bool:
    """Whether a text stands for a missing answer in a column of texts, or of numbers or dates."""
    lower = text.lower()
    return lower in LABELS and not (among_texts and lower in ANSWERS)


def label_of(text: str) -> str:
    """What a missing code means, as far as its text says it."""
    return LABELS.get(text.lower(), text)


def sentinels(sample: Numbers, lowest: Numbers, highest: Numbers) -> list[float]:
    """The numbers that are frequent and lie apart from the rest, as codes do.

    `lowest` and `highest` are the extreme values of the whole column, ascending.
    """
    numbers = sample[np.isfinite(sample)]
    found: list[float] = []
    below = [value for value in lowest if value < 0 and _is_frequent(numbers, value)]
    if below and len(below) == np.count_nonzero(lowest < 0):
        found += _apart_below(numbers, below)
    for value in highest[::-1]:
        rest = numbers[(numbers < value) & ~np.isin(numbers, found)]
        if not _is_apart(numbers, float(value), rest):
            break
        found.append(float(value))
    return sorted(found)


def date_sentinels(sample: Numbers, lowest: Numbers, highest: Numbers) -> list[float]:
    """The first and last days that are frequent and ten years from the next, as 1900-01-01 may be."""
    days = sample[np.isfinite(sample)]
    if len(lowest) < FEWEST + 2:
        return []
    gaps = {lowest[0]: lowest[1] - lowest[0], highest[-1]: highest[-1] - highest[-2]}
    return [float(day) for day, gap in gaps.items() if gap > TEN_YEARS and _is_frequent(days, day)]


def _apart_below(numbers: Numbers, below: list[float]) -> list[float]:
    """All negative numbers of a column whose others are not negative, if each looks like a code."""
    rest = numbers[numbers >= 0]
    if len(rest) < FEWEST or not all(_looks_like_code(value) for value in below):
        return []
    wide = len(np.unique(rest)) > WIDE
    gap = rest.min() - max(below)
    return list(map(float, below)) if wide or gap >= max(2, APART * _spread(rest)) else []


def _is_apart(numbers: Numbers, value: float, rest: Numbers) -> bool:
    """Whether a largest value is a code: it looks like one, or it is a spike far above the rest."""
    if len(rest) < FEWEST or not _is_frequent(numbers, value):
        return False
    gap = value - rest.max()
    if _looks_like_code(value):
        return bool(gap >= max(2, APART * _spread(rest)))
    usual = max(_spread(rest), 1)
    return bool(gap > 10 * usual or (np.mean(numbers == value) >= SPIKE and gap > 3 * usual))


def _looks_like_code(value: float) -> bool:
    return float(value).is_integer() and bool(_SENTINEL.fullmatch(str(int(value))))


def _is_frequent(numbers: Numbers, value: float) -> bool:
    same = np.count_nonzero(numbers == value)
    return bool(same >= FEWEST and same >= FREQUENT * len(numbers))


def _spread(numbers: Numbers) -> float:
    low, high = np.quantile(numbers, [0.01, 0.99])
    return float(high - low)
