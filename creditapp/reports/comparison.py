"""Two validation reports side by side."""

from collections.abc import Callable, Iterator

from creditapp.phrases import Figures, Phrase, Verbatim, marked
from creditapp.reports.chapter import NAMES, Chapter, Report, Table, interval

Named = tuple[str, Report]
"""A version and its report."""

FACTS: dict[str, Callable[[Report], str]] = {
    marked("family"): lambda report: report["model"]["title"],
    marked("protected answers"): lambda report: (
        marked("used") if report["model"]["uses_protected"] else marked("not used")
    ),
    marked("data"): lambda report: Verbatim(report["data"]["file"]),
    marked("digest of the data"): lambda report: report["data"]["digest"][:12],
    marked("rows"): lambda report: str(report["data"]["rows"]),
    marked("report made at"): lambda report: report["made_at"][:16].replace("T", " "),
}
RATIO = marked("A group's approval rate, divided by that of the group that is approved most often.")


def compared(first: Named, second: Named) -> list[Chapter]:
    """What both reports say, one column each."""
    approvals = list(_approvals(first, second))
    chapters = [_models(first, second), _measures(first, second)]
    if approvals:
        chapters.append(Chapter(marked("Approval ratios"), [RATIO], approvals, shown=True))
    return chapters


def _columns(name: object, first: Named, second: Named) -> list[object]:
    versions = (
        Phrase(marked("version %(version)s"), {"version": one[0]}) for one in (first, second)
    )
    return [name, *versions]


def _models(first: Named, second: Named) -> Chapter:
    rows = [[name, fact(first[1]), fact(second[1])] for name, fact in FACTS.items()]
    table = Table(marked("Both versions"), _columns(marked("fact"), first, second), rows)
    return Chapter(marked("The models"), tables=[table], shown=True)


def _measures(first: Named, second: Named) -> Chapter:
    one, other = first[1]["measures"], second[1]["measures"]
    rows = [
        [
            title,
            interval(one[name]),
            interval(other[name]),
            Figures(f"{other[name]['mean'] - one[name]['mean']:+.4f}"),
        ]
        for name, title in NAMES.items()
        if name in one and name in other
    ]
    columns = [*_columns(marked("measure"), first, second), marked("difference")]
    table = Table(Phrase(marked("Measures with 95 %% intervals"), {}), columns, rows)
    return Chapter(marked("Performance"), [_note(first[1], second[1])], [table], shown=True)


def _note(first: Report, second: Report) -> str:
    if first["folds"] == second["folds"] and first["data"]["digest"] == second["data"]["digest"]:
        return marked("Both were measured on the same folds of the same data.")
    return marked(
        "They were not measured on the same folds of the same data: rows may cause a difference."
    )


def _approvals(first: Named, second: Named) -> Iterator[Table]:
    """The approval ratios of the groups of the first report, beside those of the second."""
    others = _ratios(second[1])
    for feature, groups in _ratios(first[1]).items():
        rows = [
            [
                Verbatim(label),
                ratio,
                others.get(feature, {}).get(label, marked("no such group")),
            ]
            for label, ratio in groups.items()
        ]
        yield Table(Verbatim(feature), _columns(marked("group"), first, second), rows)


def _ratios(report: Report) -> dict[str, dict[str, str]]:
    """The approval ratios as the model itself decides, by field and group."""
    used = report["model"]["uses_protected"]
    return {
        table["feature"]: {
            group["label"]: interval(group["approval_ratio"]) for group in table["groups"]
        }
        for table in report["fairness"]
        if table["protected_used"] is used
    }
