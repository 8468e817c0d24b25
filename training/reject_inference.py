"""What a training assumes of applicants who were declined, and how they enter it.

J. Crook, J. Banasik, Does reject inference really improve the performance of application scoring models?
(Journal of Banking and Finance 28, 2004), describe reweighting; N. Siddiqi, Credit Risk Scorecards (Wiley,
2006), parcelling. Both work in bands of the probability of good credit at the time of the decision.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from creditapp.phrases import marked

BANDS = 10
FEWEST = 10
"""With fewer accepted credits than this, a band says nothing about those who were declined in it."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class Method(StrEnum):
    """How the declined enter a training."""

    NONE = "none"
    REWEIGHTING = "reweighting"
    PARCELLING = "parcelling"


ASSUMPTIONS = {
    Method.NONE: marked(
        "Only accepted credits are used. This assumes that accepted and declined applicants with the same "
        "answers repay alike. Where nobody was accepted, the model extrapolates."
    ),
    Method.REWEIGHTING: marked(
        "Each accepted credit counts for the declined applicants of its score band too: its weight is the "
        "number of both, divided by the number accepted. This assumes that, within a band, whether somebody "
        "was accepted says nothing more about repayment. Bands in which nearly nobody was accepted are not "
        "reached."
    ),
    Method.PARCELLING: marked(
        "The declined applicants of each score band are labelled good or bad at random, with the bad rate of "
        "the accepted credits of the band, times a factor. The factor is an assumption of yours, and was not "
        "measured: 1 says that the declined repay as the accepted of their band do, 2 that twice as "
        "many turn bad. Bands in which nearly nobody was accepted are not reached."
    ),
}
"""What each method takes for granted, in words."""


@dataclass(frozen=True)
class Inference:
    """A method; `factor` is how many times worse the declined of a band are, for parcelling."""

    method: Method = Method.NONE
    factor: float = 1.0


def bands_of(accepted: Floats, declined: Floats) -> tuple[Places, Places, Floats]:
    """The band of each accepted and declined decision, and the edges of the bands.

    The bands are tenths of all of them by their probability of good credit, lowest first. A band holds what
    is above its first edge, up to its second one; the lowest probability is the first edge.
    """
    both = np.concatenate([accepted, declined])
    shares = np.arange(1, BANDS + 1) / BANDS
    limits = np.unique(np.quantile(both, shares, method="inverted_cdf"))
    places = [np.searchsorted(limits, one) for one in (accepted, declined)]
    return places[0], places[1], np.array([both.min(), *limits])


def weights_of(accepted: Places, declined: Places) -> Floats:
    """The weight of each accepted credit, by the bands of the accepted and of the declined.

    It is 1 / P(accepted | band); 1 in bands that are not reached. All are scaled so that their mean is 1:
    the model should not believe that it has seen more credits than it has.
    """
    weights = np.ones(len(accepted))
    for band in np.unique(accepted):
        inside = accepted == band
        if inside.sum() >= FEWEST:
            weights[inside] = 1 + (declined == band).sum() / inside.sum()
    scaled: Floats = weights / weights.mean()
    return scaled


def parcel(
    accepted: Places, target: Any, declined: Places, factor: float, seed: int
) -> tuple[Places, Places]:
    """Label the declined by band: the places of those in bands that are reached, and their labels.

    In each band the number of bad ones is the rounded product of the declined, the bad rate of the accepted
    and the factor; at most all are bad. Which ones is drawn with the seed.

    Args:
        accepted: the bands of the accepted credits.
        target: their outcomes: 1 good, 0 bad.
        declined: the bands of the declined.
    """
    random = np.random.default_rng(seed)
    labels = np.full(len(declined), -1)
    for band in np.unique(declined):
        inside, known = np.flatnonzero(declined == band), accepted == band
        if known.sum() >= FEWEST:
            rate = min(1.0, factor * (1 - float(target[known].mean())))
            labels[inside] = 1
            labels[random.choice(inside, round(rate * len(inside)), replace=False)] = 0
    reached = np.flatnonzero(labels >= 0)
    return reached, labels[reached]
