"""Rounds the limits of a column outward, with headroom.

There is much headroom above: a new application may ask for more than any before. An unusual answer is
scored and referred to a person; one outside the limits is refused.
"""

import math

HEADROOM, HEADROOM_ABOVE = 0.1, 1.0
SMALLEST_SPAN = 1e-12
_STEPS = (1, 2, 5, 10)


def limits_of(lowest: float, highest: float, *, whole: bool = False) -> tuple[float, float]:
    """Limits with a tenth of the range as headroom below and the whole range above, rounded outward.

    Not below 0 where nothing is.
    `whole` limits are integers.
    """
    # why: the logarithm of a tenth of the smallest numbers does not exist.
    span = max(highest - lowest or abs(highest) or 1.0, SMALLEST_SPAN)
    step = _round_step(max(span * HEADROOM, 1.0) if whole else span * HEADROOM)
    low = _whole(math.floor((lowest - span * HEADROOM) / step), step)
    high = _whole(math.ceil((highest + span * HEADROOM_ABOVE) / step), step)
    if lowest >= 0 and (low < 0 or lowest < span):
        # why: a quantity that is small against its range may as well be nothing.
        low = max(low, 0.0) if lowest > span * 2 * HEADROOM else 0.0
    return low, 0.0 if highest <= 0 < high else high


def _round_step(size: float) -> float:
    power = 10.0 ** math.floor(math.log10(size))
    return power * max(step for step in _STEPS if step * power <= size * (1 + 1e-9))


def _whole(times: int, step: float) -> float:
    digits = max(0, -math.floor(math.log10(step)))
    return round(times * step, digits)
