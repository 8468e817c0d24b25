"""A chapter of a written report, and how its figures are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditapp.phrases import Figures, Listing, Phrase, Verbatim, marked

Report = Mapping[str, Any]
"""A validation report: the document that `training/validation/report.py` makes."""

UNKNOWN = marked("unknown")
IN_WORDS: dict[object, str] = {
    True: marked("yes"),
    False: marked("no"),
    None: UNKNOWN,
    "unknown": UNKNOWN,
}
TOO_FEW = marked("too few to say")

NAMES = {
    "roc_auc": "ROC AUC",
    "gini": "Gini",
    "ks": "KS",
    "h_measure": "H-measure",
    "brier": marked("Brier score"),
    "log_loss": marked("log loss"),
    "calibration_slope": marked("calibration slope"),
    "calibration_intercept": marked("calibration intercept"),
    "ece": marked("expected calibration error"),
    "cost": marked("cost per applicant"),
}
"""The names of the measures as people read them."""


@dataclass(frozen=True)
class Table:
    """A table; the first column names its rows."""

    caption: object
    columns: Sequence[object]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Chapter:
    """A part of the report under its own title; `plot` is the name of a plot of the report's file, or empty.

    Only chapters that are `shown` are open when a page is opened. `language` is that of paragraphs which
    were written when the report was made; empty where they are translated.
    """

    title: str
    paragraphs: Sequence[object] = ()
    tables: Sequence[Table] = ()
    plot: str = ""
    plot_caption: str = ""
    shown: bool = False
    language: str = ""


def figure(value: float | None, decimals: int = 3) -> str:
    """A number, or that there are too few applicants."""
    return TOO_FEW if value is None else Figures(f"{value:.{decimals}f}")


def share(value: float | None) -> str:
    """A share in percent, with one decimal."""
    return TOO_FEW if value is None else Figures(f"{value:.1%}")


def interval(figures: Mapping[str, Any] | None) -> str:
    """A figure with its interval; there may be no upper limit."""
    if figures is None:
        return TOO_FEW
    value = figures["value"] if "value" in figures else figures["mean"]
    if figures["low"] is None:
        return figure(value)
    high = "…" if figures["high"] is None else f"{figures['high']:.3f}"
    return Figures(f"{value:.3f} [{figures['low']:.3f}, {high}]")


def text(value: Any) -> object:
    """Any value of the document in words."""
    match value:
        case list():
            return Listing(tuple(map(text, value)), ", ")
        case dict():
            return Listing(
                tuple(
                    Phrase("%(key)s: %(value)s", {"key": Verbatim(key), "value": text(one)})
                    for key, one in value.items()
                )
            )
        case None | bool() | "unknown":
            return IN_WORDS[value]
        case str():
            return value
    return Figures(value)


def table_of_facts(caption: str, facts: Mapping[str, Any]) -> Table:
    """A table with a line for each fact; FACTS has the names that are translated."""
    rows = [[FACTS.get(name, name.replace("_", " ")), text(value)] for name, value in facts.items()]
    return Table(caption, (marked("fact"), marked("value")), rows)


FACTS = {
    "name": marked("name"),
    "version": marked("version"),
    "family": marked("family"),
    "title": marked("title"),
    "monotone": marked("monotone"),
    "bundle_digest": marked("bundle digest"),
    "uses_protected": marked("uses protected"),
    "trained_at": marked("trained at"),
    "run_id": marked("run id"),
    "logged_roc_auc": marked("logged roc auc"),
    "parameters": marked("parameters"),
    "description": marked("description"),
    "outcome": marked("outcome"),
    "owner": marked("owner"),
    "licence": marked("licence"),
    "sources": marked("sources"),
    "portfolio": marked("portfolio"),
    "file": marked("file"),
    "digest": marked("digest"),
    "digest_at_training": marked("digest at training"),
    "rows": marked("rows"),
    "bad_rate": marked("bad rate"),
    "catalogue_fingerprint": marked("catalogue fingerprint"),
    "largest_difference": marked("largest difference"),
    "limit": marked("limit"),
}
"""The names of the document's facts in words."""
