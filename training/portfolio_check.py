"""Checks a portfolio: its document, every cell of its data, and what a data scientist should look at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from creditapp.applications.catalogue import Catalogue, days_between
from creditapp.applications.questions import Answer, Choice, Question, as_shown
from training import dataset
from training.dataset import Dataset

TOO_GOOD = 0.95
"""A feature that alone tells good from bad this well was probably not known before the outcome."""

FEWEST_BAD = 100
MOST_CHECKED = 100_000
MOST_CODES_SHOWN = 10
MOST_BEYOND = 0.05
"""The share of dates that may lie outside of the training data today without a warning."""


def check_data(catalogue: Catalogue, path: Path) -> Iterator[str]:
    """Check the data of a portfolio, and describe them in lines.

    Raises:
        BadTable: the data do not fit the catalogue; each wrong cell is named by line and column.
    """
    whole = dataset.load(catalogue, path)
    split = dataset.split(whole)
    bad = int((whole.target == 0).sum())
    yield f"{len(whole):,} rows: {len(whole) - bad:,} good, {bad:,} bad ({bad / len(whole):.1%})"
    share = len(split.held_out) / len(whole)
    how = (
        f"by time, the rows from {split.from_day} on" if split.from_day else "at random, stratified"
    )
    yield f"hold-out: {how} ({share:.0%})"
    yield from _features(catalogue)
    if bad < FEWEST_BAD or len(whole) - bad < FEWEST_BAD:
        yield f"warning: under {FEWEST_BAD} rows of one outcome; figures of quality will be uncertain"
    for question in catalogue.features:
        for warning in _warnings(question, whole):
            yield f'warning: "{question.name}" {warning}'
    if catalogue.implied_day:
        yield from _warnings_of_age(catalogue, whole)


def _features(catalogue: Catalogue) -> Iterator[str]:
    kinds = Counter(feature.kind for feature in catalogue.features)
    shown = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    yield f"{len(catalogue.features)} features: {shown}"
    if catalogue.protected:
        yield f"protected: {', '.join(catalogue.protected)}"
    gaps = [feature.name for feature in catalogue.features if feature.missing]
    if gaps:
        yield f"may be missing: {', '.join(gaps)}"


def _warnings(question: Question, whole: Dataset) -> Iterator[str]:
    answers = whole.columns[question.name]
    counts = Counter(answers)
    if len(counts) == 1:
        yield f"never varies: every row has {as_shown(next(iter(counts)))}"
        return
    codes = [*(code.code for code in question.codes), *question.missing_answers]
    unseen = [as_shown(code) for code in codes if not counts[code]]
    if unseen:
        more = "…" if len(unseen) > MOST_CODES_SHOWN else ""
        yield f"has answers that no row has: {', '.join(unseen[:MOST_CODES_SHOWN])}{more}"
    area = _auc_alone(question, answers, whole.target.to_numpy())
    if area > TOO_GOOD:
        yield (
            f"alone tells good from bad with an AUC of {area:.3f}; was it known when the "
            "application was decided?"
        )


def _warnings_of_age(catalogue: Catalogue, whole: Dataset) -> Iterator[str]:
    """Dates that are further back today than in any row, where rows count from `as_of`."""
    today = datetime.now(UTC).date().isoformat()
    lag = days_between(catalogue.as_of, today)
    for question in catalogue.dates:
        days = [day for day in whole.columns[question.name] if not question.is_missing(day)]
        beyond = sum(day + lag > max(days) for day in days)
        if beyond > MOST_BEYOND * len(whole):
            yield (
                f'warning: "{question.name}" counts from as_of, {catalogue.as_of}, in the data, and from '
                f"the day of the application later: {beyond / len(whole):.0%} of these dates would be "
                "outside of the training data today, and such an application is not approved "
                "automatically; a field with the day of each application (role date) avoids it"
            )


def _auc_alone(
    question: Question, answers: Sequence[Answer], target: npt.NDArray[np.int64]
) -> float:
    """How well one feature alone tells good from bad, on at most `MOST_CHECKED` rows."""
    step = -(-len(answers) // MOST_CHECKED)
    answers, target = answers[::step], target[::step]
    missing = np.array([question.is_missing(answer) for answer in answers])
    areas = [_auc(missing.astype(float), target)]
    if isinstance(question, Choice):
        groups = np.array([str(answer) for answer in answers])
        names, places = np.unique(groups, return_inverse=True)
        good = np.bincount(places, target) / np.bincount(places)
        if len(names) < len(answers) / 2:
            areas.append(_auc(good[places], target))
    elif not missing.all():
        numbers = np.array(
            [answer for answer, gone in zip(answers, missing, strict=True) if not gone], dtype=float
        )
        areas.append(_auc(numbers, target[~missing]))
    return max(areas)


def _auc(values: npt.NDArray[np.float64], target: npt.NDArray[np.int64]) -> float:
    """The area under the curve in either direction; 0.5 if there is one outcome only."""
    if len(np.unique(target)) < 2:
        return 0.5
    area = float(roc_auc_score(target, values))
    return max(area, 1 - area)
