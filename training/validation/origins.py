"""The chapters of a report on the model, its data and its limits."""

from training.validation.chapter import Chapter, Table, share, table_of_facts, text
from training.validation.report import Report


def model(report: Report) -> Chapter:
    """What the model is, and what it is for."""
    return Chapter(
        "The model and its purpose",
        tables=[
            table_of_facts(
                "The purpose, as the portfolio's document declares it", report["purpose"]
            ),
            table_of_facts("The model", report["model"]),
        ],
    )


def data(report: Report) -> Chapter:
    """What the model was fitted on."""
    facts = {name: value for name, value in report["data"].items() if name != "inputs"}
    inputs = [
        [one["name"], one["kind"], text(one["protected"]), share(one["missing_share"])]
        for one in report["data"]["inputs"]
    ]
    return Chapter(
        "The data",
        tables=[
            table_of_facts("The data", facts | {"bad_rate": share(facts["bad_rate"])}),
            Table("The inputs", ("name", "kind", "protected", "missing"), inputs),
        ],
    )


def parity(report: Report) -> Chapter:
    """How closely the served model scores as the fitted one."""
    return Chapter(
        "The served model",
        ["The exported model is compared with the fitted one when it is trained."],
        [table_of_facts("The comparison", report["parity"])],
    )


def tried(report: Report) -> Chapter:
    """What else was tried."""
    return Chapter(
        "What was tried",
        ["What was tried and not registered is unknown."],
        [
            Table(
                "Registered versions of this portfolio",
                ("version",),
                [[one] for one in report["tried"]],
            )
        ],
    )


def limits(report: Report) -> Chapter:
    """What the figures do not say."""
    return Chapter("Limits", report["limits"])
