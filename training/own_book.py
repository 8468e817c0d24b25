"""Makes a data set of the own book: accepted and mature credits, and the declined beside them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from creditapp.applications.catalogue import Catalogue
from creditapp.exceptions import BadTable
from creditapp.outcomes.book import Book, Part, PastDecision
from training import dataset
from training.accepted_rows import AcceptedRows, Declined
from training.dataset import Dataset
from training.reject_inference import Floats, Inference, Method, Places, bands_of, weights_of

FEWEST_TO_FIT, FEWEST_HELD_OUT = 50, 20
"""So many good and so many bad credits are needed in each part."""


@dataclass(frozen=True)
class OwnBook:
    """The own book as a source of training rows."""

    name: ClassVar[str] = "own decisions"
    place: ClassVar[str] = "the log of decisions"
    remedy: ClassVar[str] = (
        "outcomes were recorded or answers erased since then; train a new version: "
        "flask train --from-log"
    )

    book: Book
    inference: Inference

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the newest mature decision."""
        return self.book.catalogue

    @property
    def digest(self) -> str:
        """The digest of the decisions and how they turned out."""
        return self.book.digest

    @property
    def params(self) -> Mapping[str, str]:
        """The extract and the method."""
        extract = self.book.extract
        return {
            "book_since": extract.since.isoformat() if extract.since else "",
            "book_as_of": extract.as_of.isoformat(),
            "book_bad": ",".join(extract.performance.bad),
            "book_window_months": str(extract.performance.window_months),
            "reject_inference": self.inference.method.value,
            "parcelling_factor": str(self.inference.factor),
        }

    @cached_property
    def accepted(self) -> Sequence[PastDecision]:
        """The good and bad decisions."""
        return [one for one in self.book.decisions if one.part is not Part.DECLINED]

    @cached_property
    def declined(self) -> Sequence[PastDecision]:
        """The declined decisions."""
        return [one for one in self.book.decisions if one.part is Part.DECLINED]

    @cached_property
    def bands(self) -> tuple[Places, Places, Floats]:
        """The band of each accepted and declined decision, and the edges: see `bands_of`."""
        return bands_of(_probabilities(self.accepted), _probabilities(self.declined))

    def load(self) -> AcceptedRows:
        """Make the data set of the accepted, with its weights.

        Raises:
            BadTable: there are too few good or bad credits before or in the hold-out by time.
        """
        rows, (bands, declined_bands, _) = _rows(self.catalogue, self.accepted), self.bands
        reweighted = self.inference.method is Method.REWEIGHTING
        whole = AcceptedRows(
            catalogue=rows.catalogue,
            answers=rows.answers,
            target=rows.target,
            weights=weights_of(bands, declined_bands) if reweighted else None,
            decided_on=[one.day for one in self.accepted],
            bands=bands,
            declined=Declined(
                _rows(self.catalogue, self.declined),
                declined_bands,
                np.array([one.day for one in self.declined], dtype=str),
            ),
            accepted=Counter(one.day for one in self.accepted),
            inference=self.inference,
        )
        _check_size(whole)
        return whole


def _rows(catalogue: Catalogue, decisions: Sequence[PastDecision]) -> Dataset:
    """The decisions as rows; a declined one has the target 0, which nobody reads."""
    day = catalogue.application_date
    names = [*catalogue.feature_names, *([day.name] if day else [])]
    answers = {name: [one.answers[name] for one in decisions] for name in names}
    target = [int(one.part is Part.GOOD) for one in decisions]
    return Dataset(catalogue, answers, pd.Series(target, name=catalogue.outcome.name, dtype=int))


def _probabilities(decisions: Sequence[PastDecision]) -> Floats:
    return np.array([one.probability for one in decisions], dtype=float)


def _check_size(whole: Dataset) -> None:
    """Refuse a book with too few good or bad credits to fit a model and to measure it later in time."""
    parts = dataset.split_by_time(whole)
    if parts is None:
        raise BadTable(
            f"the {len(whole):,} mature decisions are of fewer than two days; a hold-out by time needs more"
        )
    needed = ((parts.training, "before", FEWEST_TO_FIT), (parts.held_out, "from", FEWEST_HELD_OUT))
    for part, when, fewest in needed:
        good = int(part.target.sum())
        if min(good, len(part) - good) < fewest:
            raise BadTable(
                f"the mature decisions {when} {parts.from_day} on are {good:,} good and "
                f"{len(part) - good:,} bad; a training needs {fewest} of each there. Wait for more "
                "outcomes, or begin earlier with --since"
            )
