"""Reads the rows that a model was not fitted on, and what became of them, from its bundle."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditapp.applications.questions import Answer, Numeric
from creditapp.applications.table import application_of, read_csv
from creditapp.scoring.bundle import Bundle


class HeldOut(NamedTuple):
    """The answers of each row, complete, and whether the credit went well."""

    answers: Sequence[Mapping[str, Answer]]
    good: Sequence[bool]


def read_holdout(bundle: Bundle) -> HeldOut:
    """Read the hold-out of a bundle.

    Raises:
        BadTable: it is not a table of the catalogue's applications.
    """
    lines = io.StringIO(bundle.holdout, newline="")
    column = bundle.catalogue.outcome.name
    outcome = Numeric(name=column, slug="outcome", label=column, minimum=0, maximum=1)
    rows = [row for _, row in read_csv(bundle.catalogue, lines, [outcome])]
    good = [bool(row.pop(column)) for row in rows]
    answers = [application_of(bundle.catalogue, row).answers for row in rows]
    return HeldOut([dict(row) for row in answers], good)


class ScoredOutcomes(NamedTuple):
    """The probabilities of good credit of held-out rows, and whether each turned out good."""

    good: npt.NDArray[np.float64]
    is_good: npt.NDArray[np.bool_]


def outcomes_by_score(score_population: Mapping[str, Any]) -> ScoredOutcomes | None:
    """The outcomes of the whole hold-out, lowest score first; rows of a part have its mean score.

    None for older bundles, which do not hold them.
    """
    if "scores" not in score_population:
        return None
    scores, cases, good = (np.array(score_population[key]) for key in ("scores", "cases", "good"))
    kinds = np.column_stack([good, cases - good]).ravel()
    return ScoredOutcomes(
        np.repeat(scores, cases), np.repeat(np.tile([True, False], scores.size), kinds)
    )
