"""The chapters of a report on how the model behaves: stability, sensitivity, directions, fairness."""

from typing import Any

from creditapp.phrases import Figures, Phrase, Verbatim, marked
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

USED = marked("%(name)s; protected answers used")
NOT_USED = marked("%(name)s; protected answers not used")


def stability(report: Report) -> Chapter:
    """How much chance and small changes decide."""
    measured = report["stability"]
    crossing = [
        [marked("another seed"), str(measured["seeds"]), share(measured["crossing_by_seed"])],
        [
            marked("drawn rows"),
            str(measured["bootstraps"]),
            share(measured["crossing_by_bootstrap"]),
        ],
    ]
    changes = [
        [one["change"], figure(one["roc_auc"]), share(one["crossing"])]
        for one in report["robustness"]
    ]
    return Chapter(
        marked("Stability and robustness"),
        [marked("The share of the hold-out that would get another decision.")],
        [
            Table(
                marked("Models fitted again"),
                (marked("fitted with"), marked("models"), marked("another decision")),
                crossing,
            ),
            Table(
                marked("Changed answers"),
                (marked("change"), "ROC AUC", marked("another decision")),
                changes,
            ),
        ],
    )


def segments(report: Report) -> Chapter:
    """Where the model is weak."""
    columns = (
        marked("answer"),
        marked("segment"),
        marked("applicants"),
        "ROC AUC",
        marked("predicted"),
        marked("observed"),
    )
    rows = [
        [
            Verbatim(one["feature"]),
            Verbatim(one["label"]),
            str(one["count"]),
            figure(one["roc_auc"]),
            figure(one["predicted"]),
            figure(one["observed"]),
        ]
        for one in report["segments"]
    ]
    return Chapter(
        marked("Weak segments"),
        [marked("Of many segments some look weak by chance. Look at the size before the figure.")],
        [Table(marked("Segments with the lowest ROC AUC"), columns, rows)],
    )


def importance(report: Report) -> Chapter:
    """Which answers the model depends on."""
    rows = [
        [Verbatim(one["feature"]), interval({**one, "value": one["drop"]})]
        for one in report["importance"]
    ]
    return Chapter(
        marked("Importance of answers"),
        [marked("The loss of ROC AUC if the answer is shuffled among the applicants of a fold.")],
        [
            Table(
                marked("Permutation importance"),
                (marked("answer"), marked("loss of ROC AUC")),
                rows,
            )
        ],
        "importance",
        "Loss of ROC AUC if the answer is shuffled, with 95 % intervals.",
    )


def directions(report: Report) -> Chapter:
    """Whether answers move the score as expected."""
    rows = [
        [
            Verbatim(one["feature"]),
            _direction(one["declared"]),
            _direction(one["observed"]),
            Figures(f"{one['change']:+.3f}"),
            "" if one["agrees"] is None else text(one["agrees"]),
        ]
        for one in report["directions"]
    ]
    columns = (
        marked("answer"),
        marked("expected"),
        marked("observed"),
        marked("change of the mean score"),
        marked("agrees"),
    )
    return Chapter(
        marked("Direction of effects"),
        [
            marked(
                "The change of the mean score from the lowest to the highest answer of the hold-out."
            )
        ],
        [Table(marked("Expected and observed directions"), columns, rows)],
    )


def reasons(report: Report) -> Chapter:
    """Whether refusals can be explained by answers that are worse than usual."""
    counted = report["reasons"]
    facts = {
        marked("refusals of the hold-out"): counted["refusals"],
        marked("a good answer is among the four largest effects"): counted["with_good_answer"],
        marked("and the model scores it below the typical one"): counted["needing_good_answer"],
        marked("the same, against the expected direction of the field"): counted[
            "against_direction"
        ],
        marked("fewer than four reasons"): counted["fewer_than_four"],
        marked("no reason at all"): counted["without_reasons"],
    }
    return Chapter(
        marked("Reasons"),
        [
            marked(
                "No reason names an answer that is as good as the typical one. Such effects are counted here."
            )
        ],
        [table_of_facts(marked("Refusals by their reasons"), facts)],
    )


def fairness(report: Report) -> Chapter:
    """How the groups of protected answers fare."""
    return Chapter(
        marked("Fairness"),
        [
            marked(
                "Each group is compared with the group that is approved most often (*). TPR compares the "
                "approvals of good credits, FPR those of bad ones."
            )
        ],
        [_fairness_table(table) for table in report["fairness"]],
        "fairness",
        "Approval ratio of each group, with 95 % intervals; the line is at four fifths.",
        shown=True,
    )


def _fairness_table(table: dict[str, Any]) -> Table:
    columns = (
        marked("group"),
        marked("size"),
        marked("approved"),
        marked("ratio"),
        marked("TPR difference"),
        marked("FPR difference"),
        marked("predicted"),
        marked("observed"),
    )
    rows = [
        [
            Verbatim(group["label"] + (" *" if group["reference"] else "")),
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
    return Table(
        Phrase(USED if table["protected_used"] else NOT_USED, {"name": Verbatim(table["feature"])}),
        columns,
        rows,
    )


def _direction(name: str | None) -> str:
    return DIRECTIONS.get(name or "", (name or "").replace("_", " "))


DIRECTIONS = {
    "higher_is_better": marked("higher is better"),
    "higher_is_worse": marked("higher is worse"),
}
