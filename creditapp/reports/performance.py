"""The chapters of a report on how well the model ranks, predicts and decides."""

from collections.abc import Mapping
from typing import Any

from creditapp.phrases import Figures, Phrase, Verbatim, marked
from creditapp.reports.chapter import NAMES, Chapter, Report, Table, figure, interval

OUTCOMES = {
    "approve": marked("Approve"),
    "refer": marked("Refer to a person"),
    "decline": marked("Decline"),
}


def measures(report: Report) -> Chapter:
    """All measures on the folds, with the documented split beside them."""
    folds, split = report["folds"], report["documented_split"]
    rows = [
        [
            NAMES[name],
            interval(one),
            Figures(f"{figure(split[name]['value'])} ± {figure(split[name]['spread'])}"),
            one["method"],
        ]
        for name, one in report["measures"].items()
    ]
    columns = (
        marked("measure"),
        marked("on the folds"),
        marked("documented split ± spread"),
        marked("interval on the folds"),
    )
    tables = [Table(Phrase(marked("Measures with 95 %% intervals"), {}), columns, rows)]
    if report["out_of_time"]:
        newest = [[NAMES[name], interval(one)] for name, one in report["out_of_time"].items()]
        tables.append(
            Table(
                marked("The newest rows, with bootstrap intervals"),
                (marked("measure"), marked("value")),
                newest,
            )
        )
    return Chapter(
        marked("Performance"),
        [
            Phrase(
                marked(
                    "The rows are cut %(repeats)s times into %(folds)s stratified folds (seed %(seed)s). "
                    "Each row is scored by models that were not fitted on it. The spread is the standard "
                    "deviation over other random splits of 70 to 30."
                ),
                {name: folds[name] for name in ("repeats", "folds", "seed")},
            )
        ],
        tables,
        shown=True,
    )


def calibration(report: Report) -> Chapter:
    """Whether probabilities mean what they say."""
    rows = [
        [figure(one["predicted"]), interval({"value": one["observed"], **one}), str(one["count"])]
        for one in report["calibration"]
    ]
    return Chapter(
        marked("Calibration"),
        [
            marked(
                "Ten groups of applicants with similar scores, from the lowest scores to the highest."
            )
        ],
        [
            Table(
                marked("Predicted and observed share of good credit (Wilson intervals)"),
                (marked("predicted"), marked("observed"), marked("applicants")),
                rows,
            )
        ],
        "calibration",
        "Predicted and observed share of good credit; the diagonal is right.",
        shown=True,
    )


def decisions(report: Report) -> Chapter:
    """What the policy's cut-offs decide."""
    made, costs = report["decisions"], report["decisions"]["costs"]
    rows = [
        [OUTCOMES.get(outcome, outcome), str(counts["good"]), str(counts["bad"])]
        for outcome, counts in made["table"].items()
    ]
    return Chapter(
        marked("Decisions"),
        [
            Phrase(
                marked(
                    "Policy %(policy)s: approve from %(approve)s, refer from %(refer)s. An approved bad "
                    "credit costs %(ratio)s declined good ones, a review %(review)s. A review is assumed "
                    "to approve %(bad)s of the bad credits and to decline %(good)s of the good ones; "
                    "people can review %(capacity)s of all applications."
                ),
                {
                    "policy": Verbatim(made["policy"]),
                    "approve": Figures(made["approve_from"]),
                    "refer": Figures(made["refer_from"]),
                    "ratio": Figures(f"{costs['cost_ratio']:g}"),
                    "review": Figures(f"{costs['referral_cost']:g}"),
                    "bad": Figures(f"{costs['bad_approved']:.0%}"),
                    "good": Figures(f"{costs['good_declined']:.0%}"),
                    "capacity": Figures(f"{costs['capacity']:.0%}"),
                },
            )
        ],
        [
            Table(
                marked("Applicants by decision and outcome"),
                (marked("decision"), marked("good"), marked("bad")),
                rows,
            )
        ],
        shown=True,
    )


def benchmarks(report: Report) -> Chapter:
    """The model beside simpler ones and the one in production."""
    rows = [
        [
            _named(one),
            NAMES[name],
            interval(one["measures"][name]),
            interval(one["differences"][name]),
        ]
        for one in report["benchmarks"]
        for name in one["measures"]
    ]
    columns = (
        marked("benchmark"),
        marked("measure"),
        marked("benchmark's"),
        marked("model minus benchmark"),
    )
    return Chapter(
        marked("Benchmarks"),
        [marked("All models are fitted on the same folds. Differences are paired by fold.")],
        [Table(marked("Benchmarks with Nadeau–Bengio intervals"), columns, rows)],
        "benchmarks",
        "ROC AUC of the model and of the benchmarks, with 95 % intervals.",
        shown=True,
    )


def _named(benchmark: Mapping[str, Any]) -> object:
    words = {"name": benchmark["name"], "version": benchmark["version"]}
    if not benchmark["version"]:
        return benchmark["name"]
    return Phrase(marked("%(name)s, version %(version)s"), words)


def learning_curve(report: Report) -> Chapter:
    """What more rows would bring."""
    rows = [[str(one["rows"]), interval(one["roc_auc"])] for one in report["learning_curve"]]
    return Chapter(
        marked("Learning curve"),
        [marked("If the curve still rises at its end, more rows would make the model better.")],
        [
            Table(
                marked("ROC AUC by the number of rows fitted on"),
                (marked("rows"), marked("ROC AUC")),
                rows,
            )
        ],
        "learning_curve",
        "ROC AUC by the number of rows fitted on.",
    )
