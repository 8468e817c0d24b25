"""The chapter of a report on a model that was trained on the lender's own decisions."""

from collections.abc import Mapping
from typing import Any

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.phrases import Figures, Listing, Phrase, Verbatim, marked
from creditapp.reports.chapter import Chapter, Report, Table, interval, share, text

NOT_REACHED = marked("not reached")
HOLD_OUT = marked(
    "All methods are measured on the same hold-out: accepted credits whose outcome is known, newer than "
    "those that the models were fitted on. It has no inferred labels. It shows what an assumption about the "
    "declined changes among the accepted; it cannot show whether the assumption is right. The last column "
    "is what each model expects of the declined, whose outcomes nobody knows."
)


def own_book(report: Report) -> Chapter:
    """Which decisions were used, and what is assumed of those who were declined."""
    selection = report["selection"]
    return Chapter(
        marked("Training on own decisions"),
        [_period(selection), _method(selection), HOLD_OUT],
        [
            Table(
                marked("The decisions"), (marked("part"), marked("decisions")), _parts(selection)
            ),
            Table(
                marked("What each method assumes"),
                (marked("method"), marked("assumption")),
                _assumptions(selection),
            ),
            _effects(selection),
            _bands(selection),
        ],
        shown=True,
    )


def _period(selection: Mapping[str, Any]) -> Phrase:
    return Phrase(
        marked(
            "The mature decisions are from %(first_day)s to %(last_day)s, as known at %(as_of)s. Bad is: "
            "%(bad)s within %(months)s months. The model was fitted on %(fitted_on)s of them; the "
            "%(held_out)s from %(held_out_from)s on are the hold-out."
        ),
        {
            **{name: Verbatim(selection[name]) for name in ("first_day", "last_day", "as_of")},
            "bad": Listing(tuple(OutcomeKind(kind).text for kind in selection["bad"]), ", "),
            "months": selection["window_months"],
            "fitted_on": Figures(f"{selection['fitted_on']:,}"),
            "held_out": Figures(f"{selection['held_out']:,}"),
            "held_out_from": Verbatim(selection["held_out_from"]),
        },
    )


def _method(selection: Mapping[str, Any]) -> Phrase:
    is_parcelling = selection["method"] == "parcelling"
    method = {"method": selection["method"], "factor": Figures(f"{selection['factor']:g}")}
    return Phrase(
        marked(
            "Reject inference: %(method)s. %(not_reached)s of %(declined)s declined applicants are in "
            "score bands with fewer than %(fewest)s accepted credits; neither reweighting nor parcelling "
            "reaches them."
        ),
        {
            "method": Phrase(marked("%(method)s with the factor %(factor)s"), method)
            if is_parcelling
            else selection["method"],
            "not_reached": Figures(f"{selection['not_reached']:,}"),
            "declined": Figures(f"{selection['counts']['declined']:,}"),
            "fewest": selection["fewest"],
        },
    )


METHODS = (marked("none"), marked("reweighting"), marked("parcelling"))
"""The names of the methods in the document."""

PARTS = (
    marked("good"),
    marked("bad"),
    marked("referred and not decided"),
    marked("not mature"),
    marked("with erased answers"),
    marked("with other inputs"),
)
"""The names of the parts in the document, besides those that other pages use too."""


def _parts(selection: Mapping[str, Any]) -> list[list[object]]:
    counts = selection["counts"]
    rows: list[list[object]] = [[name, Figures(f"{count:,}")] for name, count in counts.items()]
    if selection["other_versions"]:
        rows.append([marked("models with other inputs"), text(selection["other_versions"])])
    return [[marked("all"), Figures(f"{sum(counts.values()):,}")], *rows]


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
        marked("method"),
        "ROC AUC",
        marked("Brier score"),
        marked("predicted bad"),
        marked("realised bad"),
        marked("predicted bad of the declined"),
    )
    return Table(
        marked("The effect on the hold-out by time, with bootstrap intervals"), columns, rows
    )


def _bands(selection: Mapping[str, Any]) -> Table:
    rows = [
        [
            Phrase(
                marked("%(low)s to %(high)s"),
                {name: Figures(f"{one[name]:.3f}") for name in ("low", "high")},
            ),
            Figures(f"{one['accepted']:,}"),
            Figures(f"{one['declined']:,}"),
            share(one["bad_rate"]),
            NOT_REACHED if one["weight"] is None else Figures(f"{one['weight']:.2f}"),
            NOT_REACHED if one["inferred_bad"] is None else Figures(f"{one['inferred_bad']:,}"),
        ]
        for one in selection["bands"]
    ]
    columns = (
        marked("probability of good credit"),
        marked("accepted"),
        marked("declined"),
        marked("bad rate of the accepted"),
        marked("weight (reweighting)"),
        marked("declined labelled bad (parcelling)"),
    )
    return Table(
        marked("Score bands at the time of the decision, over the whole book"), columns, rows
    )


def _named(effect: Mapping[str, Any]) -> object:
    method = {"method": effect["method"]}
    return Phrase(marked("%(method)s (used)"), method) if effect["used"] else effect["method"]
