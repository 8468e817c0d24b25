"""The charts about drift: an index by week, and how cases were distributed then and are now."""

import math
from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext as _

from creditapp.drift.look import Look
from creditapp.drift.measures import Measure
from creditapp.drift.psi import Drift
from creditapp.drift.tally import Counts
from creditapp.intervals import Proportion
from creditapp.web.charts import BarChart, LineChart, Point, Series, write_index, write_share
from creditapp.web.phrasing import phrase

Weeks = Mapping[str, Look | None]


def chart_weeks(title: str, weeks: Weeks, name: str, which: Measure) -> LineChart:
    """An index by week with its limits; a gap where there are too few cases, or no look yet."""
    known = [look.of(name, which) if look and look.is_enough else None for look in weeks.values()]

    def points(value_of: Callable[[Drift], float]) -> list[Point]:
        return [Point(value_of(drift)) if drift else Point() for drift in known]

    series = [
        Series(str(which), points(lambda drift: drift.index)),
        Series(_("watch over"), points(lambda drift: drift.watch_over), is_limit=True),
        Series(_("shifted over"), points(lambda drift: drift.shifted_over), is_limit=True),
    ]
    return LineChart(title, _("Week"), list(weeks), series, write_index)


def chart_then_and_now(
    title: str, names: Sequence[object], then: tuple[str, Counts], now: Counts
) -> BarChart:
    """The shares of the bins then and among recent cases; bins that are empty in both are left out.

    `then` are the counts of the training population, after what they are called.
    """
    filled = [place for place in range(len(names)) if then[1][place] or now[place]]
    series = [
        Series(text, [_share(counts, place) for place in filled])
        for text, counts in (then, (_("now"), now))
    ]
    labels = [str(phrase(names[place])) for place in filled]
    return BarChart(title, _("Answer"), labels, series, write_share)


def _share(counts: Counts, place: int) -> Point:
    share = Proportion(counts[place], sum(counts))
    return Point() if math.isnan(share.value) else Point(share.value, *share.interval)
