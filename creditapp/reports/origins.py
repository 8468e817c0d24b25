"""The chapters of a report on the model, its data and its limits."""

from creditapp.phrases import Verbatim, marked
from creditapp.reports.chapter import Chapter, Report, Table, share, table_of_facts, text


def model(report: Report) -> Chapter:
    """What the model is, and what it is for."""
    return Chapter(
        marked("The model and its purpose"),
        tables=[
            table_of_facts(
                marked("The purpose, as the portfolio's document declares it"), report["purpose"]
            ),
            table_of_facts(marked("The model"), report["model"]),
        ],
    )


def data(report: Report) -> Chapter:
    """What the model was fitted on."""
    facts = {name: value for name, value in report["data"].items() if name != "inputs"}
    inputs = [
        [Verbatim(one["name"]), one["kind"], text(one["protected"]), share(one["missing_share"])]
        for one in report["data"]["inputs"]
    ]
    return Chapter(
        marked("The data"),
        tables=[
            table_of_facts(marked("The data"), facts | {"bad_rate": share(facts["bad_rate"])}),
            Table(
                marked("The inputs"),
                (marked("name"), marked("kind"), marked("protected"), marked("missing")),
                inputs,
            ),
        ],
    )


def parity(report: Report) -> Chapter:
    """How closely the served model scores as the fitted one."""
    return Chapter(
        marked("The served model"),
        [marked("The exported model is compared with the fitted one when it is trained.")],
        [table_of_facts(marked("The comparison"), report["parity"])],
    )


def tried(report: Report) -> Chapter:
    """What else was tried."""
    return Chapter(
        marked("What was tried"),
        [marked("What was tried and not registered is unknown.")],
        [
            Table(
                marked("Registered versions of this portfolio"),
                (marked("version"),),
                [[Verbatim(one)] for one in report["tried"]],
            )
        ],
    )


def limits(report: Report) -> Chapter:
    """What the figures do not say."""
    return Chapter(marked("Limits"), report["limits"], shown=True, language="en")
