"""The plots of a validation report, as SVG without fonts or files from elsewhere."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from creditapp.reports.chapter import NAMES
from creditapp.reports.conditions import LOWEST_RATIO
from training.validation.report import Report

WIDTH, HEIGHT = 6.5, 3.4
ROOM_OF_AXIS, ROOM_OF_LINE = 0.9, 0.24
"""The height of a plot with a line for each name, in inches."""

INK, LIGHT = "#30507a", "#9a9aa5"


def plots(report: Report) -> dict[str, str]:
    """All plots by name; equal reports give equal plots."""
    return {
        name: _with_own_ids(name, draw(partial(plot, report=report)))
        for name, plot in PLOTS.items()
    }


def _with_own_ids(name: str, drawing: str) -> str:
    """The drawing with its name before each id, so that several can be in one page."""
    return re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", drawing)


def draw(plot: Callable[[Axes], None]) -> str:
    """A plot as SVG text."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    plot(axes)
    written = io.StringIO()
    # why: glyphs as paths need no font of the reader, and a fixed salt makes equal plots equal texts.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "creditapp"}):
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    return text[text.index("<svg") :]


def _calibration(axes: Axes, report: Report) -> None:
    bins = report["calibration"]
    axes.plot([0, 1], [0, 1], color=LIGHT, linewidth=1)
    predicted, observed = ([one[key] for one in bins] for key in ("predicted", "observed"))
    axes.errorbar(
        predicted, observed, yerr=_reach(bins, "observed"), fmt="o-", color=INK, capsize=3
    )
    axes.set(xlabel="predicted share of good credit", ylabel="observed", xlim=(0, 1), ylim=(0, 1))


def _benchmarks(axes: Axes, report: Report) -> None:
    figures = {"model": report["measures"]["roc_auc"]}
    figures |= {one["name"]: one["measures"]["roc_auc"] for one in report["benchmarks"]}
    draw_bars(axes, figures, "mean")
    axes.set(xlabel=NAMES["roc_auc"])


def _learning_curve(axes: Axes, report: Report) -> None:
    rows = [one["rows"] for one in report["learning_curve"]]
    values = [one["roc_auc"] for one in report["learning_curve"]]
    means = [one["mean"] for one in values]
    axes.errorbar(rows, means, yerr=_reach(values, "mean"), fmt="o-", color=INK, capsize=3)
    axes.set(xlabel="rows fitted on", ylabel=NAMES["roc_auc"])


def _importance(axes: Axes, report: Report) -> None:
    first = report["importance"][:10]
    draw_bars(axes, {one["feature"][:40]: one for one in first}, "drop")
    axes.axvline(0, color=LIGHT, linewidth=1)
    axes.set(xlabel=f"loss of {NAMES['roc_auc']}")


def _fairness(axes: Axes, report: Report) -> None:
    used = report["model"]["uses_protected"]
    ratios = {
        f"{table['feature'][:20]}: {group['label'][:24]}": group["approval_ratio"]
        for table in report["fairness"]
        if table["protected_used"] is used
        for group in table["groups"]
        if group["approval_ratio"] and group["approval_ratio"]["high"] is not None
    }
    draw_bars(axes, ratios, "value")
    axes.axvline(LOWEST_RATIO, color=LIGHT, linewidth=1)
    axes.set(xlabel="approval ratio")


def draw_bars(axes: Axes, figures: Mapping[str, Mapping[str, Any]], key: str) -> None:
    """A line for each name, from the top, with its interval."""
    names, values = [*figures], [*figures.values()]
    places = range(len(names))
    means = [one[key] for one in values]
    axes.errorbar(means, places, xerr=_reach(values, key), fmt="o", color=INK, capsize=3)
    axes.set_yticks(places, names, fontsize=8)
    axes.invert_yaxis()
    if figure := axes.get_figure(root=True):
        figure.set_figheight(ROOM_OF_AXIS + ROOM_OF_LINE * len(names))


def _reach(values: Sequence[Mapping[str, Any]], key: str) -> list[list[float]]:
    """How far each interval reaches down and up; 0 where there is none."""
    return [
        [max(0.0, one[key] - (one[key] if one["low"] is None else one["low"])) for one in values],
        [max(0.0, (one[key] if one["high"] is None else one["high"]) - one[key]) for one in values],
    ]


PLOTS: Mapping[str, Callable[..., None]] = {
    "calibration": _calibration,
    "benchmarks": _benchmarks,
    "learning_curve": _learning_curve,
    "importance": _importance,
    "fairness": _fairness,
}
