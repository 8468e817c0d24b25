"""Rows of accepted credits, which are fitted together with what is assumed of the declined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.dataset import Dataset
from training.reject_inference import Inference, Method, Places, parcel


@dataclass(frozen=True)
class Declined:
    """The declined decisions; `bands` and `days` have one entry for each row."""

    rows: Dataset
    bands: Places
    days: npt.NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class AcceptedRows(Dataset):
    """Mature credits of the book, and what is assumed of the declined when a model is fitted on them.

    `decided_on` and `bands` have one entry for each row; `accepted` is the number of all accepted credits of
    each day.
    """

    decided_on: Sequence[str]
    bands: Places
    declined: Declined
    accepted: Mapping[str, int]
    inference: Inference

    @property
    def days(self) -> Sequence[str]:
        """The day of each decision, in UTC."""
        return self.decided_on

    @property
    def applicants(self) -> Dataset:
        """The accepted, and the declined of the same days, each with the same weight."""
        days = self.declined.days
        same = (days >= min(self.decided_on)) & (days <= max(self.decided_on))
        declined = self.declined.rows.take(np.flatnonzero(same))
        return _together(self, declined, declined.target.to_numpy(), 1.0)

    def take(self, places: Sequence[int] | npt.NDArray[np.int64]) -> Self:
        """The rows at these places; the declined stay as they are."""
        chosen = list(places)
        days = [self.decided_on[place] for place in chosen]
        return replace(super().take(places), decided_on=days, bands=self.bands[chosen])

    def to_fit(self, seed: int) -> Dataset:
        """The rows to fit on; by parcelling, with the declined who were decided up to the newest row.

        Where these rows are a part of the accepted of that time, the declined count by the same share.
        """
        newest = max(self.decided_on)
        places = np.flatnonzero(self.declined.days <= newest)
        if self.inference.method is not Method.PARCELLING or not len(places):
            return self
        share = len(self) / sum(count for day, count in self.accepted.items() if day <= newest)
        target, bands = self.target.to_numpy(), self.declined.bands[places]
        reached, labels = parcel(self.bands, target, bands, self.inference.factor, seed)
        return _together(self, self.declined.rows.take(places[reached]), labels, share)


def _together(rows: Dataset, declined: Dataset, labels: Places, share: float) -> Dataset:
    """Accepted rows, and the declined with their labels and a weight of `share` each."""
    answers = {name: [*column, *declined.answers[name]] for name, column in rows.answers.items()}
    target = pd.Series(np.concatenate([rows.target.to_numpy(), labels]), name=rows.target.name)
    weights = np.concatenate([np.ones(len(rows)), np.full(len(labels), share)])
    return Dataset(rows.catalogue, answers, target, weights)
