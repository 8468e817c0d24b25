"""The chapters of a report on how well the model ranks, predicts and decides."""

from creditapp.reports.chapter import NAMES, Chapter, Report, Table, figure, interval


def measures(report: Report) -> Chapter:
    """All measures on the folds, with the documented split beside them."""
    folds, split = report["folds"], report["documented_split"]
    rows = [
        [
            NAMES[name],
            interval(one),
            f"{figure(split[name]['value'])} ± {figure(split[name]['spread'])}",
            one["method"],
        ]
        for name, one in report["measures"].items()
    ]
    columns = ("measure", "on the folds", "documented split ± spread", "interval on the folds")
    tables = [Table("Measures with 95 % intervals", columns, rows)]
    if report["out_of_time"]:
        newest = [[NAMES[name], interval(one)] for name, one in report["out_of_time"].items()]
        tables.append(
            Table("The newest rows, with bootstrap intervals", ("measure", "value"), newest)
        )
    return Chapter(
        "Performance",
        [
            f"The rows are cut {folds['repeats']} times into {folds['folds']} stratified folds "
            f"(seed {folds['seed']}). Each row is scored by models that were not fitted on it. The spread "
            "is the standard deviation over other random splits of 70 to 30."
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
        "Calibration",
        ["Ten groups of applicants with similar scores, from the lowest scores to the highest."],
        [
            Table(
                "Predicted and observed share of good credit (Wilson intervals)",
                ("predicted", "observed", "applicants"),
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
        [outcome, str(counts["good"]), str(counts["bad"])]
        for outcome, counts in made["table"].items()
    ]
    return Chapter(
        "Decisions",
        [
            f"Policy {made['policy']}: approve from {made['approve_from']}, refer from "
            f"{made['refer_from']}. An approved bad credit costs {costs['cost_ratio']:g} declined good "
            f"ones, a review {costs['referral_cost']:g}. A review is assumed to approve "
            f"{costs['bad_approved']:.0%} of the bad credits and to decline {costs['good_declined']:.0%} of "
            f"the good ones; people can review {costs['capacity']:.0%} of all applications."
        ],
        [Table("Applicants by decision and outcome", ("decision", "good", "bad"), rows)],
        shown=True,
    )


def benchmarks(report: Report) -> Chapter:
    """The model beside simpler ones and the one in production."""
    rows = [
        [
            one["name"] + (f", version {one['version']}" if one["version"] else ""),
            NAMES[name],
            interval(one["measures"][name]),
            interval(one["differences"][name]),
        ]
        for one in report["benchmarks"]
        for name in one["measures"]
    ]
    columns = ("benchmark", "measure", "benchmark's", "model minus benchmark")
    return Chapter(
        "Benchmarks",
        ["All models are fitted on the same folds. Differences are paired by fold."],
        [Table("Benchmarks with Nadeau–Bengio intervals", columns, rows)],
        "benchmarks",
        "ROC AUC of the model and of the benchmarks, with 95 % intervals.",
        shown=True,
    )


def learning_curve(report: Report) -> Chapter:
    """What more rows would bring."""
    rows = [[str(one["rows"]), interval(one["roc_auc"])] for one in report["learning_curve"]]
    return Chapter(
        "Learning curve",
        ["If the curve still rises at its end, more rows would make the model better."],
        [Table("ROC AUC by the number of rows fitted on", ("rows", "ROC AUC"), rows)],
        "learning_curve",
        "ROC AUC by the number of rows fitted on.",
    )
