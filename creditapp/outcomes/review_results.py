"""What became of mature credits, which may have been reviewed: the realised beside the predicted bad rate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from creditapp.intervals import Proportion
from creditapp.outcomes.review_log import MatureCredit
from creditapp.outcomes.standing import MATURE, Standing


@dataclass(frozen=True)
class Result:
    """Some mature decisions: how many, and the bad ones among those that were taken up.

    `predicted` is the mean predicted probability of bad of the same that `bad` counts; NaN without any.
    """

    decisions: int
    bad: Proportion
    predicted: float


def result_of(cases: Sequence[MatureCredit]) -> Result:
    """What became of some decisions."""
    counted = [one for one in cases if one.standing in MATURE]
    bad = sum(one.standing is Standing.BAD for one in counted)
    predicted = fmean(1 - one.probability for one in counted) if counted else math.nan
    return Result(len(cases), Proportion(bad, len(counted)), predicted)
