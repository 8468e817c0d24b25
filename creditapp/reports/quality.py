"""The tables about the quality of a model: measures, benchmarks, calibration, decisions, learning curve."""

from collections.abc import Iterator, Mapping
from typing import Any

from creditapp.phrases import marked
from creditapp.reports.table import NONE, Report, Table, figure, interval, phrase, share

MEASURES = {
    "roc_auc": marked("ROC AUC"),
    "gini": marked("Gini"),
    "ks": marked("KS"),
    "h_measure": marked("H-measure"),
    "brier": marked("Brier score"),
    "log_loss": marked("Log loss"),
    "calibration_slope": marked("Calibration slope"),
    "calibration_intercept": marked("Calibration intercept"),
    "ece": marked("Expected calibration error"),
    "cost": marked("Cost per applicant"),
}
"""The measures in the order in which they are shown."""

OF_BENCHMARKS = ("roc_auc", "brier", "cost")


def quality_tables(report: Report) -> Iterator[Table]:
    """The tables, in the order of reading."""
    yield _measures(report)
    yield _benchmarks(report)
    yield _decisions(report)
    yield _calibration(report)
    yield _learning_curve(report)


def _measures(report: Report) -> Table:
    folds = report["folds"]
    note = marked(
        "On the folds: %(repeats)s times %(folds)s stratified folds, with 95 %% intervals. "
        "On one split: the documented hold-out, ± the spread over other splits of that size."
    )
    return Table(
        "measures",
        marked("Quality"),
        [marked("Measure"), marked("On the folds"), marked("On one split"), marked("Newest rows")],
        [
            [
                title,
                interval(report["measures"][name]),
                _with_spread(report["documented_split"].get(name)),
                interval((report["out_of_time"] or {}).get(name)),
            ]
            for name, title in MEASURES.items()
            if name in report["measures"]
        ],
        phrase(note, repeats=folds["repeats"], folds=folds["folds"]),
    )


def _with_spread(measured: Mapping[str, float] | None) -> str:
    return f"{figure(measured['value'])} ± {figure(measured['spread'])}" if measured else NONE


def _benchmarks(report: Report) -> Table:
    difference = marked("Difference in ROC AUC")
    return Table(
        "benchmarks",
        marked("Compared on the same folds"),
        [marked("Model"), *(MEASURES[name] for name in OF_BENCHMARKS), difference],
        [
            [
                _model(one),
                *(interval(one["measures"].get(name)) for name in OF_BENCHMARKS),
                interval(one["differences"].get("roc_auc"), 4),
            ]
            for one in report["benchmarks"]
        ],
        marked(
            "The difference is this version minus the other model; above 0, this version is better."
        ),
    )


def _model(benchmark: Mapping[str, Any]) -> object:
    if not benchmark["version"]:
        return benchmark["name"]
    return phrase(marked("version %(version)s, in production"), version=benchmark["version"])


def _decisions(report: Report) -> Table:
    decisions = report["decisions"]
    cut_offs = marked("Approved from %(approve)s, referred from %(refer)s, declined below.")
    return Table(
        "decisions",
        marked("Decisions at the cut-offs of the policy"),
        [marked("Decision"), marked("Good"), marked("Bad"), marked("Bad among them")],
        [
            [outcome, counts["good"], counts["bad"], share(_bad_among(counts))]
            for outcome, counts in decisions["table"].items()
        ],
        phrase(cut_offs, approve=decisions["approve_from"], refer=decisions["refer_from"]),
    )


def _bad_among(counts: Mapping[str, int]) -> float | None:
    total = counts["good"] + counts["bad"]
    return counts["bad"] / total if total else None


def _calibration(report: Report) -> Table:
    return Table(
        "calibration",
        marked("Calibration by tenths"),
        [marked("Predicted good"), marked("Observed good"), marked("Cases")],
        [
            [
                share(one["predicted"]),
                f"{share(one['observed'])} ({100 * one['low']:.1f}–{100 * one['high']:.1f})",
                one["count"],
            ]
            for one in report["calibration"]
        ],
        texts=0,
        shown=False,
    )


def _learning_curve(report: Report) -> Table:
    return Table(
        "learning-curve",
        marked("Learning curve"),
        [marked("Rows fitted"), marked("ROC AUC")],
        [[one["rows"], interval(one["roc_auc"])] for one in report["learning_curve"]],
        texts=0,
        shown=False,
    )
