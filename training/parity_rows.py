"""Makes the rows on which an export must score like the fitted pipeline.

They are the data, rows on the model's thresholds, and random rows over all answers that are accepted.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.applications.catalogue import Catalogue, days_between
from creditapp.applications.questions import Answer, Choice, Date, Numeric, Question
from creditapp.applications.table import Columns
from training.dataset import SEED, Split

DRAWN_ROWS = 100_000
MOST_DATA_ROWS = 50_000
MOST_TIES = 30_000
"""Of more rows, and of more answers next to thresholds, this many are taken at even distances."""

SMALLEST_AMOUNT = 0.01
OLDEST, LATEST = date(1900, 1, 1), date(2100, 1, 1)
MISSING_SHARE = 0.1


def probe_rows(ties: Sequence[tuple[str, float]], split: Split) -> Columns:
    """Rows of the data, then rows on and next to the model's thresholds, then random rows, as columns."""
    catalogue = split.training.catalogue
    data = _join([_thin_out(split.training.columns), _thin_out(split.held_out.columns)])
    on_thresholds = _tie_rows(ties, catalogue, split.training.columns)
    return _join([data, on_thresholds, _random_rows(split)])


def rows_of(
    catalogue: Catalogue, columns: Columns, places: Sequence[int], day: str
) -> Iterator[Any]:
    """The rows at some places as applications of a day: days before the application become dates."""
    for place in places:
        row = {name: columns[name][place] for name in catalogue.feature_names}
        for question in catalogue.dates:
            if not question.is_missing(row[question.name]):
                row[question.name] = _day_before(day, int(row[question.name]))
        if catalogue.dates and catalogue.application_date:
            row[catalogue.application_date.name] = day
        yield row


def a_day_of(split: Split) -> str:
    """The last day of an application in the data; empty if the portfolio needs none."""
    question = split.training.catalogue.application_date
    if question is None or question.name not in split.training.answers:
        return ""
    days: Sequence[str] = [day for day in split.training.answers[question.name] if day]
    return max(days)


def _day_before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def _join(parts: Sequence[Columns]) -> dict[str, list[Answer]]:
    return {name: [one for part in parts for one in part[name]] for name in parts[0]}


def _thin_out(columns: Columns) -> dict[str, Sequence[Answer]]:
    rows = len(next(iter(columns.values())))
    step = -(-rows // MOST_DATA_ROWS)
    return {name: column[::step] for name, column in columns.items()}


def _tie_rows(
    ties: Sequence[tuple[str, float]], catalogue: Catalogue, columns: Columns
) -> dict[str, list[Answer]]:
    """For each answer on or next to a threshold, a row of the data with that answer."""
    thinned = ties[:: -(-len(ties) // MOST_TIES) or 1]
    rows = len(next(iter(columns.values())))
    places = np.random.default_rng(SEED).integers(0, rows, len(thinned)).tolist()
    made = {name: [column[place] for place in places] for name, column in columns.items()}
    for row, (name, answer) in enumerate(thinned):
        made[name][row] = _nearest_of_kind(catalogue.by_name[name], answer)
    return made


def _nearest_of_kind(question: Question, answer: float) -> float:
    """The nearest answer of the kind that the feature accepts: a whole number, or any number."""
    any_number = isinstance(question, Numeric) and not question.integer
    return answer if any_number else int(np.round(answer))


def _random_rows(split: Split) -> Mapping[str, list[Answer]]:
    generator = np.random.default_rng(SEED)
    columns = split.training.columns
    day = a_day_of(split)
    rows = {}
    for question in split.training.catalogue.features:
        drawn = _draw(question, columns[question.name], day, generator).tolist()
        rows[question.name] = _with_missing(question, drawn, generator)
    return rows


def _with_missing(
    question: Question, answers: list[Answer], generator: np.random.Generator
) -> list[Answer]:
    """The answers, some of them replaced by answers that stand for a missing value."""
    if not question.missing:
        return answers
    for place in np.flatnonzero(generator.random(len(answers)) < MISSING_SHARE):
        answers[place] = question.missing_answers[place % len(question.missing)]
    return answers


def _draw(
    question: Question, seen: Sequence[Answer], day: str, generator: np.random.Generator
) -> npt.NDArray[Any]:
    """Draw answers over all that a feature accepts, including every code and both limits."""
    match question:
        case Choice():
            places = generator.integers(0, len(question.values), DRAWN_ROWS)
            return np.array(question.values, dtype=object)[places]
        case Numeric(integer=True):
            low = int(question.minimum) + question.above_minimum
            high = int(question.maximum) - question.below_maximum
            return _draw_integers(low, high, _numbers(question, seen), generator)
        case Numeric():
            return _draw_numbers(question, _numbers(question, seen), generator)
        case Date():
            first, last = (max(str(OLDEST), question.minimum), min(str(LATEST), question.maximum))
            newest, oldest = days_between(last, day), days_between(first, day)
            return generator.integers(min(newest, oldest), max(newest, oldest), DRAWN_ROWS)
    raise ValueError(f"{question.name} cannot be scored")


def _numbers(question: Question, seen: Sequence[Answer]) -> npt.NDArray[np.float64]:
    """The numbers among the answers of the data; one number if there are none."""
    numbers = [one for one in seen if not question.is_missing(one)]
    return np.array(numbers or [1.0], dtype=np.float64)


def _draw_integers(
    low: int, high: int, seen: npt.NDArray[np.float64], generator: np.random.Generator
) -> npt.NDArray[Any]:
    """Draw half of the integers between the limits, and half near those of the data."""
    wide = generator.integers(low, high, DRAWN_ROWS, endpoint=True)
    half = DRAWN_ROWS // 2
    near = generator.choice(seen, half) * generator.lognormal(0, 0.5, half)
    wide[:half] = near.round().clip(low, high).astype(np.int64)
    wide[[0, -1]] = low, high
    return generator.permutation(wide)


def _draw_numbers(
    question: Numeric, seen: npt.NDArray[np.float64], generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw half of the numbers near those of the data, and half over all magnitudes; include both limits."""
    low = question.minimum + SMALLEST_AMOUNT * question.above_minimum
    high = question.maximum - SMALLEST_AMOUNT * question.below_maximum
    half = DRAWN_ROWS // 2
    near = generator.choice(seen, half) * generator.lognormal(0, 0.5, half)
    largest = max(abs(low), abs(high), SMALLEST_AMOUNT)
    sizes = np.exp(generator.uniform(np.log(SMALLEST_AMOUNT), np.log(largest), DRAWN_ROWS - half))
    signs = np.where(generator.random(len(sizes)) < (0.5 if low < 0 else 0.0), -1, 1)
    drawn = np.concatenate([near, sizes * signs]).round(2).clip(low, high)
    drawn[[0, -1]] = low, high
    return generator.permutation(drawn)
