"""Two validation reports side by side."""

from collections.abc import Callable, Iterator
from typing import Any

from creditapp.phrases import marked
from creditapp.reports.applicants import approval_ratios
from creditapp.reports.quality import MEASURES
from creditapp.reports.table import NONE, Report, Table, figure, interval, phrase, title_of

Named = tuple[str, Report]
"""A version and its report."""


def _protected(report: Report) -> str:
    return marked("used") if report["model"]["uses_protected"] else marked("not used")


FACTS: dict[str, Callable[[Report], object]] = {
    marked("Family"): lambda report: report["model"]["title"],
    marked("Protected answers"): _protected,
    marked("Data"): lambda report: report["data"]["file"],
    marked("Digest of the data"): lambda report: report["data"]["digest"][:12],
    marked("Rows"): lambda report: report["data"]["rows"],
    marked("Report made at"): lambda report: report["made_at"][:16].replace("T", " "),
}


def compared(first: Named, second: Named) -> list[Table]:
    """What both reports say, one column each."""
    return [_models(first, second), _measures(first, second), *_approvals(first, second)]


def _versions(first: Named, second: Named) -> list[Any]:
    return [phrase(marked("Version %(version)s"), version=name) for name, _ in (first, second)]


def _models(first: Named, second: Named) -> Table:
    return Table(
        "models",
        marked("Models"),
        ["", *_versions(first, second)],
        [[title, fact(first[1]), fact(second[1])] for title, fact in FACTS.items()],
        texts=3,
    )


def _measures(first: Named, second: Named) -> Table:
    one, other = first[1]["measures"], second[1]["measures"]
    note = marked("On the same folds of the same data.")
    if _rows_and_folds(first[1]) != _rows_and_folds(second[1]):
        note = marked("Not on the same folds of the same data: rows may cause a difference.")
    return Table(
        "measures",
        marked("Quality"),
        [marked("Measure"), *_versions(first, second), marked("Difference")],
        [
            [
                title,
                interval(one[name]),
                interval(other[name]),
                figure(other[name]["mean"] - one[name]["mean"], 4),
            ]
            for name, title in MEASURES.items()
            if name in one and name in other
        ],
        note,
    )


def _rows_and_folds(report: Report) -> tuple[object, object]:
    return report["data"]["digest"], report["folds"]


def _approvals(first: Named, second: Named) -> Iterator[Table]:
    """The approval ratios of the groups of the first report, beside those of the second."""
    others = approval_ratios(second[1])
    for feature, groups in approval_ratios(first[1]).items():
        title = phrase(marked("%(field)s: approval ratio"), field=title_of(first[1], feature))
        yield Table(
            f"fairness-{feature}",
            title,
            [marked("Group"), *_versions(first, second)],
            [
                [label, ratio, others.get(feature, {}).get(label, NONE)]
                for label, ratio in groups.items()
            ],
            marked("A group's approval rate, divided by that of the group approved most often."),
        )
