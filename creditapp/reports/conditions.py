"""The conditions of a promotion: what the validation report of a version must say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from creditapp.phrases import Figures, Phrase, marked
from creditapp.reports.chapter import Report

LOWEST_SLOPE, HIGHEST_SLOPE = 0.8, 1.25
"""The accepted slopes of the calibration; 1 is right."""

LOWEST_RATIO = 0.8
"""The approval ratio that calls for an explanation (29 CFR 1607.4 D)."""


UNKNOWN = marked("unknown")


@dataclass(frozen=True)
class Condition:
    """One condition: what is required, what the report says, and whether that is enough."""

    requirement: Phrase
    finding: Phrase
    holds: bool

    @property
    def phrase(self) -> Phrase:
        """What is required, and what the report says."""
        return Phrase(
            marked("%(required)s: %(found)s"),
            {"required": self.requirement, "found": self.finding},
        )

    def __str__(self) -> str:
        return str(self.phrase)


@dataclass(frozen=True)
class Candidate:
    """A version that may be promoted: its report, and the digest of its bundle."""

    version: str
    digest: str
    report: Report | None


def check_conditions(
    candidate: Candidate, production: str | None, production_report: Report | None
) -> list[Condition]:
    """All conditions, met or not; without a report there is only one.

    `production` is the version in production, if there is one.
    """
    report = candidate.report
    if report is None or report["model"]["bundle_digest"] != candidate.digest:
        return [_report_is_missing(candidate)]
    return [
        Condition(_phrase(marked("A validation report")), _made_at(report), holds=True),
        _not_worse(report, candidate.version, production),
        _calibration(report),
        _signs(report),
        _parity(report),
        *_approvals(report, production_report),
    ]


def unmet(conditions: Sequence[Condition]) -> list[Condition]:
    """The conditions that do not hold."""
    return [condition for condition in conditions if not condition.holds]


def _phrase(template: str, **values: object) -> Phrase:
    return Phrase(template, values)


def _report_is_missing(candidate: Candidate) -> Condition:
    template = marked("it has none; run: flask validate %(version)s")
    if candidate.report is not None:
        template = marked("its report is of another bundle; run: flask validate %(version)s")
    finding = _phrase(template, version=candidate.version)
    return Condition(_phrase(marked("A validation report")), finding, holds=False)


def _made_at(report: Report) -> Phrase:
    return _phrase(marked("made at %(time)s"), time=report["made_at"][:16].replace("T", " "))


def _not_worse(report: Report, version: str, production: str | None) -> Condition:
    """The ROC AUC on the same folds as the model in production."""
    requirement = _phrase(marked("Not significantly worse than the model in production"))
    if production is None:
        finding = _phrase(marked("no model is in production"))
        return Condition(requirement, finding, holds=True)
    if production == version:
        finding = _phrase(marked("it is the model in production"))
        return Condition(requirement, finding, holds=True)
    compared = [
        one
        for one in report["benchmarks"]
        if one["name"] == "production" and one["version"] == production
    ]
    if not compared:
        template = marked("not compared with version %(other)s; run: flask validate %(version)s")
        finding = _phrase(template, other=production, version=version)
        return Condition(requirement, finding, holds=False)
    difference = compared[0]["differences"]["roc_auc"]
    template = marked("ROC AUC %(mean)s [%(low)s, %(high)s] on the folds of version %(other)s")
    shown = {name: Figures(f"{difference[name]:+.4f}") for name in ("mean", "low", "high")}
    finding = _phrase(template, **shown, other=production)
    return Condition(requirement, finding, holds=difference["high"] >= 0)


def _calibration(report: Report) -> Condition:
    slope = report["measures"]["calibration_slope"]["mean"]
    template = marked("A slope of the calibration from %(low)s to %(high)s")
    requirement = _phrase(template, low=LOWEST_SLOPE, high=HIGHEST_SLOPE)
    if slope is None:
        return Condition(requirement, _phrase(UNKNOWN), holds=False)
    holds = LOWEST_SLOPE <= slope <= HIGHEST_SLOPE
    return Condition(
        requirement, _phrase(marked("%(slope)s"), slope=Figures(f"{slope:.2f}")), holds
    )


def _signs(report: Report) -> Condition:
    requirement = _phrase(marked("Effects in the directions that the portfolio expects"))
    wrong = [one["feature"] for one in report["directions"] if one["agrees"] is False]
    declared = [one for one in report["directions"] if one["declared"]]
    template = marked("wrong for %(names)s") if wrong else marked("right for all %(count)s fields")
    finding = _phrase(template, names=", ".join(wrong), count=len(declared))
    return Condition(requirement, finding, holds=not wrong)


def _parity(report: Report) -> Condition:
    parity = report["parity"]
    template = marked("The export scores as the fitted model does, within %(limit)s")
    requirement = _phrase(template, limit=Figures(f"{parity['limit']:g}"))
    largest = parity["largest_difference"]
    if largest is None:
        return Condition(requirement, _phrase(UNKNOWN), holds=False)
    finding = _phrase(
        marked("largest difference %(largest)s over %(rows)s rows"),
        largest=Figures(f"{largest:.1e}"),
        rows=parity["rows"],
    )
    return Condition(requirement, finding, holds=largest <= parity["limit"])


def _approvals(report: Report, production_report: Report | None) -> Iterator[Condition]:
    """The approval ratios: a low one is accepted if the one in production is not higher."""
    before = {key: ratio["value"] for key, ratio in _ratios(production_report or {})}
    template = marked("An approval ratio of at least %(least)s, or not below that in production")
    requirement = _phrase(template, least=LOWEST_RATIO)
    low = [
        (key, ratio)
        for key, ratio in _ratios(report)
        if ratio["high"] is not None
        and ratio["high"] < LOWEST_RATIO
        and not ratio["value"] >= before.get(key, 2.0)
    ]
    if not low:
        finding = _phrase(marked("no protected group is significantly below"))
        yield Condition(requirement, finding, holds=True)
    for (feature, label), ratio in low:
        shown = {name: Figures(f"{ratio[name]:.2f}") for name in ("value", "low", "high")}
        finding = _phrase(
            marked("%(feature)s, %(group)s: %(value)s [%(low)s, %(high)s]"),
            feature=feature,
            group=label,
            **shown,
        )
        yield Condition(requirement, finding, holds=False)


def _ratios(report: Report) -> Iterator[tuple[tuple[str, str], Mapping[str, float]]]:
    """The approval ratios of the groups that are large enough, by feature and label."""
    for table in report.get("fairness", ()):
        if table["protected_used"] != report["model"]["uses_protected"]:
            continue
        for group in table["groups"]:
            if group["approval_ratio"] is not None:
                yield (table["feature"], group["label"]), group["approval_ratio"]
