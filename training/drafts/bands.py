"""Puts text categories in order: bands of numbers, grades, and words of a known scale."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_NUMBER = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:\.\d{3})+(?!\d)|\d+(?:\.\d+)?")
_GROUP = re.compile(r"[.,](?=\d{3}(?:\D|$))")
_BELOW = re.compile(r"<|less|under|below|up to|unter|bis|moins|menos|at most|≤")
_ABOVE = re.compile(r">|\+|more|over|above|at least|and up|über|ueber|plus|más|older|≥")
_RANGE = re.compile(r"(?:-|–|to|bis|<|<=|\.\.|\.\.\.|and)")
_GRADE = re.compile(r"([A-H])([0-9]?)")
_RATINGS = (
    "AAA",
    "AA+",
    "AA",
    "AA-",
    "A+",
    "A",
    "A-",
    "BBB+",
    "BBB",
    "BBB-",
    "BB+",
    "BB",
    "BB-",
    "B+",
    "B",
    "B-",
    "CCC+",
    "CCC",
    "CCC-",
    "CC",
    "C",
    "D",
)
_MULTIPLES = {"k": 1000, "m": 1_000_000}

SCALES = tuple(
    tuple(scale.split(","))
    for scale in (
        "none,very low,low,medium low,medium,moderate,average,medium high,high,very high",
        "niedrig,mittel,hoch",
        "faible,moyen,élevé",
        "bajo,medio,alto",
        "little,moderate,quite rich,rich",
        "tiny,small,medium,large,very large,huge",
        "very bad,bad,poor,below average,fair,average,good,very good,excellent,exceptional",
        "never,rarely,sometimes,often,always",
        "illiterate,primary,secondary,tertiary",
        "none,primary school,middle school,high school,some college,college,university,bachelor,"
        "bachelors,graduate,masters,master,postgraduate,doctorate,phd",
        "unskilled,skilled,highly skilled",
        "junior,middle,senior",
        "bronze,silver,gold,platinum",
        "lower secondary,secondary / secondary special,incomplete higher,higher education,"
        "academic degree",
    )
)


@dataclass(frozen=True)
class Order:
    """Categories in order, what the order follows, whether it is certain, and what is left out of it."""

    categories: list[str]
    by: str
    certain: bool
    outside: list[str]


def order_of(categories: Sequence[str]) -> Order | None:
    """The order of text categories; None if they have none that is known."""
    if len(categories) < 2:
        return None
    return _by_scale(categories) or _by_grade(categories) or _by_numbers(categories)


def _by_scale(categories: Sequence[str]) -> Order | None:
    for scale in SCALES:
        known = [text for text in categories if _plain(text) in scale]
        outside = [text for text in categories if text not in known]
        if len(known) >= 2 and len(outside) <= 1 and _may_stay_outside(outside):
            ordered = sorted(known, key=lambda text: scale.index(_plain(text)))
            return Order(ordered, "the words", certain=False, outside=outside)
    return None


def _by_grade(categories: Sequence[str]) -> Order | None:
    if len(categories) < 3:
        return None
    if all(text in _RATINGS for text in categories) and any(len(text) > 1 for text in categories):
        ordered = sorted(categories, key=_RATINGS.index)
        return Order(ordered, "the grades", certain=False, outside=[])
    grades = [_GRADE.fullmatch(text.upper()) for text in categories]
    letters = sorted({grade[1] for grade in grades if grade})
    # why: codes such as K11, K12 have one letter; letters with gaps are initials, such as M, F.
    if not all(grades) or letters != list("ABCDEFGH"[: len(letters)]) or len(letters) < 3:
        return None
    return Order(sorted(categories, key=str.upper), "the grades", certain=False, outside=[])


def _by_numbers(categories: Sequence[str]) -> Order | None:
    keys = {text: _bounds(text) for text in categories}
    bands = [text for text in categories if keys[text] is not None]
    outside = [text for text in categories if keys[text] is None]
    if len(bands) < 2 or len(outside) > 1 or len(outside) == len(bands):
        return None
    if not _same_words(bands):
        return None
    ordered = sorted(bands, key=lambda text: keys[text] or (0.0, 0.0))
    limits = [keys[text] or (0.0, 0.0) for text in ordered]
    distinct = len(set(limits)) == len(limits)
    apart = all(before[1] <= after[0] for before, after in pairwise(limits))
    return Order(ordered, "the numbers", distinct and apart and not outside, outside)


def _bounds(text: str) -> tuple[float, float] | None:
    """The lower and upper limit of a band; None if the text holds no number or more than two."""
    lower = text.lower().strip()
    if not re.match(r"[\d<>≤≥$€£(\[]|[a-z äöüéèá]+ ?[$€£]?\d", lower):
        return None
    numbers = [
        _value(found[0]) * _multiple(lower[found.end() :]) for found in _NUMBER.finditer(lower)
    ]
    if len(numbers) == 2 and numbers[0] <= numbers[1] and _RANGE.search(lower):
        return numbers[0], numbers[1]
    if len(numbers) != 1:
        return None
    if _ABOVE.search(lower):
        return numbers[0], float("inf")
    return (float("-inf"), numbers[0]) if _BELOW.search(lower) else (numbers[0], numbers[0])


def _value(text: str) -> float:
    """A number; groups of thousands may be set off with commas or points."""
    grouped = text[0] != "0" and _GROUP.search(text)
    return float(_GROUP.sub("", text) if grouped else text)


def _multiple(rest: str) -> int:
    return _MULTIPLES.get(rest[:1], 1) if not rest[1:2].isalpha() else 1


def _same_words(bands: Sequence[str]) -> bool:
    """Whether the texts are alike but for numbers and signs: codes such as K11 and B3 are not."""
    units = {
        re.sub(r"s\b", "", word)
        for text in bands
        for word in re.findall(r"[^\W\d_]+", text.lower())
        if not (
            _BELOW.search(word)
            or _ABOVE.search(word)
            or word in ("to", "and", "than", "k", "m", "x", "or")
        )
    }
    glued = any(re.search(r"^[^\W\d_]+\d", text) for text in bands)
    return len(units) <= 1 and not glued


def _may_stay_outside(outside: Sequence[str]) -> bool:
    return all(
        word in ("unknown", "none", "other", "no", "na", "missing", "unemployed")
        for text in outside
        for word in _plain(text).split()[:1]
    )


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.lower()).strip()
