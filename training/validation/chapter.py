"""A chapter of a written report, and how its figures are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOO_FEW = "too few to say"

NAMES = {
    "roc_auc": "ROC AUC",
    "gini": "Gini",
    "ks": "KS",
    "h_measure": "H-measure",
    "brier": "Brier score",
    "log_loss": "log loss",
    "calibration_slope": "calibration slope",
    "calibration_intercept": "calibration intercept",
    "ece": "expected calibration error",
    "cost": "cost per applicant",
}
"""The names of the measures as people read them."""


@dataclass(frozen=True)
class Table:
    """A table of texts; the first column names its rows."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chapter:
    """A part of the report under its own title; `plot` is the name of a plot, or empty."""

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    plot: str = ""
    plot_caption: str = ""


def figure(value: float | None, decimals: int = 3) -> str:
    """A number, or that there are too few applicants."""
    return TOO_FEW if value is None else f"{value:.{decimals}f}"


def share(value: float | None) -> str:
    """A share in percent, with one decimal."""
    return TOO_FEW if value is None else f"{value:.1%}"


def interval(figures: Mapping[str, Any] | None) -> str:
    """A figure with its interval; there may be no upper limit."""
    if figures is None:
        return TOO_FEW
    value = figures["value"] if "value" in figures else figures["mean"]
    if figures["low"] is None:
        return figure(value)
    high = "…" if figures["high"] is None else f"{figures['high']:.3f}"
    return f"{value:.3f} [{figures['low']:.3f}, {high}]"


def text(value: Any) -> str:
    """Any value of the document in words."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(text, value))
        case dict():
            return "; ".join(f"{key}: {text(one)}" for key, one in value.items())
    return str(value)


def table_of_facts(caption: str, facts: Mapping[str, Any]) -> Table:
    """A table with a line for each fact."""
    rows = [[name.replace("_", " "), text(value)] for name, value in facts.items()]
    return Table(caption, ("fact", "value"), rows)
