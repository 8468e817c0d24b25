"""The tables about groups of applicants: fairness by protected answer, and the weakest segments."""

from collections.abc import Iterator, Mapping
from typing import Any

from creditapp.phrases import marked
from creditapp.reports.table import Report, Table, figure, interval, phrase, share, title_of

TOO_FEW = marked("too few to say")
MOST_SEGMENTS = 12
HEADER = (
    marked("Group"),
    marked("Cases"),
    marked("Approved"),
    marked("Approval ratio"),
    marked("Difference of true approvals"),
    marked("Difference of false approvals"),
    marked("Predicted good"),
    marked("Observed good"),
)


def applicant_tables(report: Report) -> Iterator[Table]:
    """The tables of fairness, those of the model itself first, and the table of segments."""
    used = report["model"]["uses_protected"]
    for table in sorted(report["fairness"], key=lambda one: one["protected_used"] != used):
        yield _fairness(report, table, shown=table["protected_used"] == used)
    yield _segments(report)


def _fairness(report: Report, table: Mapping[str, Any], *, shown: bool) -> Table:
    template = marked("%(field)s, model without the protected answers")
    if table["protected_used"]:
        template = marked("%(field)s, model with the protected answers")
    return Table(
        f"fairness-{table['feature']}-{table['protected_used']}",
        phrase(template, field=title_of(report, table["feature"])),
        HEADER,
        [_group(group) for group in table["groups"]],
        marked(
            "Each group is compared with the group that is approved most often; 95 % intervals in brackets."
        ),
        shown=shown,
    )


def _group(group: Mapping[str, Any]) -> list[object]:
    calibration = group["calibration"] or {}
    ratio = group["approval_ratio"]
    return [
        group["label"],
        group["count"],
        share(group["approval_rate"]),
        TOO_FEW if ratio is None else interval(ratio, 2),
        interval(group["tpr_difference"], 2),
        interval(group["fpr_difference"], 2),
        share(calibration.get("predicted")),
        share(calibration.get("observed")),
    ]


def _segments(report: Report) -> Table:
    return Table(
        "segments",
        marked("Weakest segments"),
        [
            marked("Field"),
            marked("Group"),
            marked("Cases"),
            marked("ROC AUC"),
            marked("Predicted good"),
            marked("Observed good"),
        ],
        [
            [
                title_of(report, one["feature"]),
                one["label"],
                one["count"],
                figure(one["roc_auc"]),
                share(one["predicted"]),
                share(one["observed"]),
            ]
            for one in report["segments"][:MOST_SEGMENTS]
        ],
        texts=2,
        shown=False,
    )


def approval_ratios(report: Report) -> dict[str, dict[str, str]]:
    """The approval ratios as the model itself decides, by field and group."""
    used = report["model"]["uses_protected"]
    return {
        table["feature"]: {
            group["label"]: interval(group["approval_ratio"], 2) for group in table["groups"]
        }
        for table in report["fairness"]
        if table["protected_used"] == used
    }
