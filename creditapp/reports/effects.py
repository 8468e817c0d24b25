"""The tables about the answers: directions, importance, stability, and the inputs themselves."""

from collections.abc import Iterator

from creditapp.phrases import marked
from creditapp.reports.table import (
    NONE,
    Report,
    Table,
    figure,
    interval,
    phrase,
    share,
    title_of,
    yes_or_no,
)

DIRECTIONS = {
    "higher_is_better": marked("higher is better"),
    "higher_is_worse": marked("higher is worse"),
    None: NONE,
}


def effect_tables(report: Report) -> Iterator[Table]:
    """The tables, in the order of reading."""
    yield _directions(report)
    yield _importance(report)
    yield _stability(report)
    yield _inputs(report)


def _directions(report: Report) -> Table:
    return Table(
        "directions",
        marked("Directions of effects"),
        [marked("Field"), marked("Expected"), marked("Observed"), marked("Agrees")],
        [
            [
                title_of(report, one["feature"]),
                DIRECTIONS.get(one["declared"], one["declared"]),
                DIRECTIONS.get(one["observed"], one["observed"]),
                yes_or_no(one["agrees"]),
            ]
            for one in report["directions"]
        ],
        texts=4,
    )


def _importance(report: Report) -> Table:
    return Table(
        "importance",
        marked("Importance of fields"),
        [marked("Field"), marked("Fall of the ROC AUC")],
        [
            [title_of(report, one["feature"]), interval({**one, "value": one["drop"]}, 4)]
            for one in report["importance"]
        ],
        marked("The fall if the answers to a question are mixed up among the applicants."),
        shown=False,
    )


def _stability(report: Report) -> Table:
    stability = report["stability"]
    seeds = phrase(marked("the seed, %(count)s times"), count=stability["seeds"])
    rows = phrase(marked("the rows, drawn anew %(count)s times"), count=stability["bootstraps"])
    return Table(
        "stability",
        marked("Stability and robustness"),
        [marked("What changes"), marked("Applicants with another risk level"), marked("ROC AUC")],
        [
            [seeds, share(stability["crossing_by_seed"]), NONE],
            [rows, share(stability["crossing_by_bootstrap"]), NONE],
            *(
                [one["change"], share(one["crossing"]), figure(one["roc_auc"])]
                for one in report["robustness"]
            ),
        ],
        shown=False,
    )


def _inputs(report: Report) -> Table:
    return Table(
        "inputs",
        marked("Inputs"),
        [marked("Field"), marked("Kind"), marked("Protected"), marked("Missing")],
        [
            [one["title"], one["kind"], yes_or_no(one["protected"]), share(one["missing_share"])]
            for one in report["data"]["inputs"]
        ],
        texts=3,
        shown=False,
    )
