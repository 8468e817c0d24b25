"""The chapters of a report on how the model behaves: stability, sensitivity, directions, fairness."""

from typing import Any

from creditapp.reports.chapter import (
    Chapter,
    Report,
    Table,
    figure,
    interval,
    share,
    table_of_facts,
    text,
)


def stability(report: Report) -> Chapter:
    """How much chance and small changes decide."""
    measured = report["stability"]
    crossing = [
        ["another seed", str(measured["seeds"]), share(measured["crossing_by_seed"])],
        ["drawn rows", str(measured["bootstraps"]), share(measured["crossing_by_bootstrap"])],
    ]
    changes = [
        [one["change"], figure(one["roc_auc"]), share(one["crossing"])]
        for one in report["robustness"]
    ]
    return Chapter(
        "Stability and robustness",
        ["The share of the hold-out that would get another decision."],
        [
            Table("Models fitted again", ("fitted with", "models", "another decision"), crossing),
            Table("Changed answers", ("change", "ROC AUC", "another decision"), changes),
        ],
    )


def segments(report: Report) -> Chapter:
    """Where the model is weak."""
    columns = ("answer", "segment", "applicants", "ROC AUC", "predicted", "observed")
    rows = [
        [
            one["feature"],
            one["label"],
            str(one["count"]),
            figure(one["roc_auc"]),
            figure(one["predicted"]),
            figure(one["observed"]),
        ]
        for one in report["segments"]
    ]
    return Chapter(
        "Weak segments",
        ["Of many segments some look weak by chance. Look at the size before the figure."],
        [Table("Segments with the lowest ROC AUC", columns, rows)],
    )


def importance(report: Report) -> Chapter:
    """Which answers the model depends on."""
    rows = [
        [one["feature"], interval({**one, "value": one["drop"]})] for one in report["importance"]
    ]
    return Chapter(
        "Importance of answers",
        ["The loss of ROC AUC if the answer is shuffled among the applicants of a fold."],
        [Table("Permutation importance", ("answer", "loss of ROC AUC"), rows)],
        "importance",
        "Loss of ROC AUC if the answer is shuffled, with 95 % intervals.",
    )


def directions(report: Report) -> Chapter:
    """Whether answers move the score as expected."""
    rows = [
        [
            one["feature"],
            _direction(one["declared"]),
            _direction(one["observed"]),
            f"{one['change']:+.3f}",
            "" if one["agrees"] is None else text(one["agrees"]),
        ]
        for one in report["directions"]
    ]
    columns = ("answer", "expected", "observed", "change of the mean score", "agrees")
    return Chapter(
        "Direction of effects",
        ["The change of the mean score from the lowest to the highest answer of the hold-out."],
        [Table("Expected and observed directions", columns, rows)],
    )


def reasons(report: Report) -> Chapter:
    """Whether refusals can be explained by answers that are worse than usual."""
    counted = report["reasons"]
    facts = {
        "refusals of the hold-out": counted["refusals"],
        "a good answer is among the four largest effects": counted["with_good_answer"],
        "and the model scores it below the typical one": counted["needing_good_answer"],
        "the same, against the expected direction of the field": counted["against_direction"],
        "fewer than four reasons": counted["fewer_than_four"],
        "no reason at all": counted["without_reasons"],
    }
    return Chapter(
        "Reasons",
        [
            "No reason names an answer that is as good as the typical one. Such effects are counted here."
        ],
        [table_of_facts("Refusals by their reasons", facts)],
    )


def fairness(report: Report) -> Chapter:
    """How the groups of protected answers fare."""
    return Chapter(
        "Fairness",
        [
            "Each group is compared with the group that is approved most often (*). TPR compares the "
            "approvals of good credits, FPR those of bad ones."
        ],
        [_fairness_table(table) for table in report["fairness"]],
        "fairness",
        "Approval ratio of each group, with 95 % intervals; the line is at four fifths.",
        shown=True,
    )


def _fairness_table(table: dict[str, Any]) -> Table:
    used = "used" if table["protected_used"] else "not used"
    columns = (
        "group",
        "size",
        "approved",
        "ratio",
        "TPR difference",
        "FPR difference",
        "predicted",
        "observed",
    )
    rows = [
        [
            group["label"] + (" *" if group["reference"] else ""),
            str(group["count"]),
            share(group["approval_rate"]),
            *(
                interval(group[name])
                for name in ("approval_ratio", "tpr_difference", "fpr_difference")
            ),
            *(figure((group["calibration"] or {}).get(name)) for name in ("predicted", "observed")),
        ]
        for group in table["groups"]
    ]
    return Table(f"{table['feature']}; protected answers {used}", columns, rows)


def _direction(name: str | None) -> str:
    return (name or "").replace("_", " ")
