"""The amount that was applied for, as lists show it."""

from collections.abc import Callable

from flask_babel import format_decimal

from creditapp.decisions.log import Decision
from creditapp.exceptions import ModelUnavailable
from creditapp.serving import cache as model_cache


def amount_writer() -> Callable[[Decision], str]:
    """What writes the amount of a decision with its currency, by the catalogue that is served.

    It writes nothing where the portfolio names no amount, and where the answers were erased.
    """
    try:
        catalogue = model_cache.current().catalogue
    except ModelUnavailable:
        return lambda _: ""

    def write(decision: Decision) -> str:
        given = decision.given if decision.portfolio == catalogue.name else None
        amount = given.answers.get(catalogue.amount) if given else None
        if not isinstance(amount, int | float):
            return ""
        return f"{format_decimal(amount)} {catalogue.currency}".strip()

    return write
