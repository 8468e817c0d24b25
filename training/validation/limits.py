"""The limits of a model, as sentences made from the figures of its report."""

from collections.abc import Iterator, Mapping
from typing import Any

from creditapp.reports.conditions import HIGHEST_SLOPE, LOWEST_RATIO, LOWEST_SLOPE

FEW_ROWS = 5000
SAME = 0.0001
"""Two fits of the same model differ by less in their ROC AUC."""

ASSUMPTIONS = (
    "The data hold credits whose outcome is known. Applicants who were refused in the past are not among "
    "them, unless the portfolio's document says so.",
    "What a review costs, how often it errs and how many people can do are assumptions: no outcome of a "
    "reviewed credit is known.",
    "The policy's rules, and its referral of answers outside the training data, are not applied here.",
)


def limits(report: Mapping[str, Any]) -> list[str]:
    """The sentences for a report without this section."""
    parts = (_reproduction, _data, _selection, _quality, _directions, _stability, _fairness)
    return [*(sentence for part in parts for sentence in part(report)), *ASSUMPTIONS]


def _data(report: Mapping[str, Any]) -> Iterator[str]:
    rows, auc = report["data"]["rows"], report["measures"]["roc_auc"]
    if rows < FEW_ROWS:
        yield (
            f"The data have {rows:,} rows only: the ROC AUC may be anything from {auc['low']:.3f} to "
            f"{auc['high']:.3f}."
        )
    if report["out_of_time"] is None:
        yield "The data have no day of application, so nothing is known of how the model ages."
    if report["purpose"]["owner"] == "unknown":
        yield "The portfolio's document names no owner (contributors)."


def _selection(report: Mapping[str, Any]) -> Iterator[str]:
    """What is not known of those who were declined, for a model of own decisions."""
    selection = report.get("selection")
    if selection and selection["counts"]["declined"]:
        declined, beyond = selection["counts"]["declined"], selection["not_reached"]
        yield (
            f"No outcome of the {declined:,} declined applicants is known; {beyond:,} of them are in score "
            "bands where nearly nobody was accepted, and there the model extrapolates."
        )


def _reproduction(report: Mapping[str, Any]) -> Iterator[str]:
    """The report measures a refitted model, which must be the registered one."""
    logged = report["model"]["logged_roc_auc"]
    again = report["documented_split"]["roc_auc"]["value"]
    if logged is not None and abs(again - logged) > SAME:
        yield (
            f"Fitted again, the version has a ROC AUC of {again:.4f} on its hold-out; its training logged "
            f"{logged:.4f}. Its family was changed since then: this report is not about the registered model."
        )


def _quality(report: Mapping[str, Any]) -> Iterator[str]:
    slope = report["measures"]["calibration_slope"]["mean"]
    low, high = LOWEST_SLOPE, HIGHEST_SLOPE
    if slope is not None and not low <= slope <= high:
        fault = "not confident enough" if slope > high else "too confident"
        yield (
            f"Probabilities are {fault}: the calibration slope is {slope:.2f}, outside {low} to {high}."
        )
    for one in report["benchmarks"]:
        if one["differences"]["roc_auc"]["low"] <= 0:
            yield f"The ROC AUC is not significantly above that of the benchmark “{one['name']}”."


def _directions(report: Mapping[str, Any]) -> Iterator[str]:
    ordered = report["directions"]
    undeclared = [one["feature"] for one in ordered if one["declared"] is None]
    wrong = [one["feature"] for one in ordered if one["agrees"] is False]
    if undeclared:
        yield (
            f"{len(undeclared)} of {len(ordered)} answers with an order have no expected direction: "
            f"{', '.join(undeclared)}."
        )
    if wrong:
        yield f"These answers move the score against the expected direction: {', '.join(wrong)}."
    if not report["model"]["monotone"]:
        yield (
            "The score need not follow the expected direction of an answer for every applicant; directions "
            "are checked on average."
        )


def _stability(report: Mapping[str, Any]) -> Iterator[str]:
    crossing = report["stability"]["crossing_by_bootstrap"]
    yield (
        f"Fitted on rows drawn again, the model decides otherwise about {crossing:.0%} of the applicants."
    )


def _fairness(report: Mapping[str, Any]) -> Iterator[str]:
    used = report["model"]["uses_protected"]
    tables = [one for one in report["fairness"] if one["protected_used"] is used]
    groups = [(table["feature"], group) for table in tables for group in table["groups"]]
    small = sum(group["approval_ratio"] is None for _, group in groups)
    if small:
        yield f"{small} of {len(groups)} groups of protected answers have too few applicants to say."
    for feature, group in groups:
        ratio = group["approval_ratio"]
        if ratio and ratio["high"] is not None and ratio["high"] < LOWEST_RATIO:
            yield (
                f"{feature}, {group['label']}: the approval ratio is {ratio['value']:.2f} "
                f"[{ratio['low']:.2f}, {ratio['high']:.2f}], below {LOWEST_RATIO}."
            )
