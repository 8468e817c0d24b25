"""Finds the past applications that are most similar to one, with what became of their credits.

They are rows of the hold-out, on which the model was not fitted. The distance is the one of J. C. Gower, "A
General Coefficient of Similarity and Some of Its Properties", Biometrics 27 (1971) 857-871.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditapp.applications.catalogue import Application
from creditapp.applications.questions import Answer, Choice, Ordinal, Question
from creditapp.applications.table import columns_of
from creditapp.exceptions import BadTable, BrokenBundle
from creditapp.explanations.typical import place_of
from creditapp.phrases import marked
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.holdout import read_holdout
from creditapp.scoring.scorer import Scorer

MOST_SIMILAR = 3

Numbers = npt.NDArray[np.float64]


class PastCase(NamedTuple):
    """A past application: its score, whether the credit went well, and the answers that differ.

    The distance is 0 for equal answers and 1 for answers that could not differ more.
    """

    distance: float
    probability_good_credit: float
    good: bool
    differences: Sequence[tuple[Question, Answer]]


class PastCases:
    """The hold-out of a bundle, ready to be compared with; safe to share between threads."""

    def __init__(self, bundle: Bundle, scorer: Scorer) -> None:
        """Read and score the hold-out.

        Raises:
            BrokenBundle: the hold-out cannot be read.
        """
        try:
            held_out = read_holdout(bundle)
        except BadTable as error:
            raise BrokenBundle(marked("the hold-out of the bundle cannot be read")) from error
        self._catalogue = bundle.catalogue
        # why: a protected answer must not decide which cases a person is shown, nor be shown.
        self._questions = [one for one in bundle.catalogue.features if not one.protected]
        self._answers, self._good = held_out.answers, held_out.good
        self._columns = columns_of(bundle.catalogue, held_out.answers)
        self._scores = scorer.probabilities(self._columns)

    def nearest(self, application: Application) -> list[PastCase]:
        """The most similar past applications, the nearest first."""
        own = columns_of(self._catalogue, [application.answers])
        distances = np.mean(
            [_distances(one, own[one.name][0], self._columns[one.name]) for one in self._questions],
            axis=0,
        )
        order = np.argsort(distances, kind="stable")[:MOST_SIMILAR].tolist()
        return [
            PastCase(
                float(distances[row]),
                float(self._scores[row]),
                self._good[row],
                self._differences(application.answers, self._answers[row]),
            )
            for row in order
        ]

    def _differences(
        self, own: Mapping[str, Answer], other: Mapping[str, Answer]
    ) -> list[tuple[Question, Answer]]:
        """The other application's answers where they differ."""
        return [
            (one, other[one.name]) for one in self._questions if own[one.name] != other[one.name]
        ]


def _distances(question: Question, answer: Answer, answers: Sequence[Answer]) -> Numbers:
    """The distance of an answer to each of many, from 0 to 1; shape (answers,).

    Numbers and dates differ by their share of the range of the past answers, ordered codes by their share of
    the ranks, other codes wholly. A missing answer differs wholly from any other one.
    """
    if isinstance(question, Choice) and not isinstance(question, Ordinal):
        return np.array([float(one != answer) for one in answers])
    if question.is_missing(answer):
        return np.array([float(not question.is_missing(one) or one != answer) for one in answers])
    place = partial(_place, question)
    places = np.array([place(one) for one in answers])
    apart = np.abs(places - place(answer)) / _range(question, places)
    return np.where(np.isnan(apart), 1.0, np.minimum(apart, 1.0))


def _place(question: Question, answer: Any) -> float:
    """The rank of a code, or the number; NaN if it is missing."""
    return np.nan if question.is_missing(answer) else place_of(question, answer)


def _range(question: Question, places: Numbers) -> float:
    """The largest difference that counts as such; 1 if all past answers are equal."""
    if isinstance(question, Ordinal):
        return max(len(question.values) - 1, 1)
    given = places[~np.isnan(places)]
    return float(np.ptp(given)) or 1.0 if len(given) else 1.0
