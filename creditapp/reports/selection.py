"""The chapter of a report on a model that was trained on the lender's own decisions."""

from collections.abc import Mapping
from typing import Any

from creditapp.reports.chapter import Chapter, Report, Table, interval, share, text

HOLD_OUT = (
    "All methods are measured on the same hold-out: accepted credits whose outcome is known, newer than "
    "those that the models were fitted on. It has no inferred labels. It shows what an assumption about the "
    "declined changes among the accepted; it cannot show whether the assumption is right. The last column "
    "is what each model expects of the declined, whose outcomes nobody knows."
)


def own_book(report: Report) -> Chapter:
    """Which decisions were used, and what is assumed of those who were declined."""
    selection = report["selection"]
    return Chapter(
        "Training on own decisions",
        [_period(selection), _method(selection), HOLD_OUT],
        [
            Table("The decisions", ("part", "decisions"), _parts(selection)),
            Table("What each method assumes", ("method", "assumption"), _assumptions(selection)),
            _effects(selection),
            _bands(selection),
        ],
        shown=True,
    )


def _period(selection: Mapping[str, Any]) -> str:
    bad = ", ".join(selection["bad"])
    return (
        f"The mature decisions are from {selection['first_day']} to {selection['last_day']}, as known at "
        f"{selection['as_of']}. Bad is: {bad} within {selection['window_months']} months. The model was "
        f"fitted on {selection['fitted_on']:,} of them; the {selection['held_out']:,} from "
        f"{selection['held_out_from']} on are the hold-out."
    )


def _method(selection: Mapping[str, Any]) -> str:
    factor = (
        f" with the factor {selection['factor']:g}" if selection["method"] == "parcelling" else ""
    )
    declined = selection["counts"]["declined"]
    return (
        f"Reject inference: {selection['method']}{factor}. {selection['not_reached']:,} of {declined:,} "
        f"declined applicants are in score bands with fewer than {selection['fewest']} accepted credits; "
        "neither reweighting nor parcelling reaches them."
    )


def _parts(selection: Mapping[str, Any]) -> list[list[object]]:
    counts = selection["counts"]
    rows: list[list[object]] = [[name, f"{count:,}"] for name, count in counts.items()]
    if selection["other_versions"]:
        rows.append(["models with other inputs", text(selection["other_versions"])])
    return [["all", f"{sum(counts.values()):,}"], *rows]


def _assumptions(selection: Mapping[str, Any]) -> list[list[object]]:
    return [[_named(one), one["assumption"]] for one in selection["effects"]]


def _effects(selection: Mapping[str, Any]) -> Table:
    rows = [
        [
            _named(one),
            interval(one["roc_auc"]),
            interval(one["brier"]),
            share(one["predicted_bad"]),
            share(one["realised_bad"]),
            share(one["predicted_bad_of_declined"]),
        ]
        for one in selection["effects"]
    ]
    columns = (
        "method",
        "ROC AUC",
        "Brier score",
        "predicted bad",
        "realised bad",
        "predicted bad of the declined",
    )
    return Table("The effect on the hold-out by time, with bootstrap intervals", columns, rows)


def _bands(selection: Mapping[str, Any]) -> Table:
    rows = [
        [
            f"{one['low']:.3f} to {one['high']:.3f}",
            f"{one['accepted']:,}",
            f"{one['declined']:,}",
            share(one["bad_rate"]),
            "not reached" if one["weight"] is None else f"{one['weight']:.2f}",
            "not reached" if one["inferred_bad"] is None else f"{one['inferred_bad']:,}",
        ]
        for one in selection["bands"]
    ]
    columns = (
        "probability of good credit",
        "accepted",
        "declined",
        "bad rate of the accepted",
        "weight (reweighting)",
        "declined labelled bad (parcelling)",
    )
    return Table("Score bands at the time of the decision, over the whole book", columns, rows)


def _named(effect: Mapping[str, Any]) -> str:
    return f"{effect['method']} (used)" if effect["used"] else str(effect["method"])
