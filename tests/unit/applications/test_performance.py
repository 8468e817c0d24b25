"""What a portfolio counts as bad: read from its document, with all faults told."""

from copy import deepcopy
from typing import Any

import pytest

from creditapp.applications.catalogue_document import catalogue_of
from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import Performance
from creditapp.exceptions import BadCatalogue
from tests.mixed import DOCUMENT


def declaring(performance: object) -> dict[str, Any]:
    """The mixed portfolio with a definition."""
    document: dict[str, Any] = deepcopy(DOCUMENT)
    document["creditapp"]["performance"] = performance
    return document


def test_a_portfolio_that_says_nothing_has_the_usual_definition() -> None:
    """A default or a write-off within a year; half of a definition is completed."""
    usual = Performance((OutcomeKind.DEFAULTED, OutcomeKind.WRITTEN_OFF), 12)
    assert catalogue_of(deepcopy(DOCUMENT)).performance == usual
    assert catalogue_of(declaring({"window_months": 24})).performance == Performance(usual.bad, 24)


def test_a_portfolio_says_what_is_bad_and_for_how_long() -> None:
    """It does not change the inputs, so the fingerprint stays."""
    catalogue = catalogue_of(declaring({"bad": ["written_off"], "window_months": 6}))
    assert catalogue.performance == Performance((OutcomeKind.WRITTEN_OFF,), 6)
    assert catalogue.fingerprint == catalogue_of(deepcopy(DOCUMENT)).fingerprint


WRONG: dict[str, tuple[object, str]] = {
    "an unknown kind": ({"bad": ["late"]}, 'bad has "late"; accepted is defaulted or written_off'),
    "a good kind": ({"bad": ["repaid"]}, 'bad has "repaid"'),
    "no text": ({"bad": [[]]}, "bad has"),
    "no list": ({"bad": "defaulted"}, "accepted is a list"),
    "nothing": ({"bad": []}, "bad is empty"),
    "no month": ({"window_months": 0}, "window_months is 0; accepted is a whole number from 1 to"),
    "half a month": ({"window_months": 1.5}, "window_months is 1.5"),
    "true": ({"window_months": True}, "window_months is True"),
    "a text": ({"window_months": "12"}, 'window_months is "12"'),
    "null": ({"window_months": None}, "window_months is None"),
    "an unknown key": ({"months": 12}, 'the key "months" is not known'),
    "no mapping": ("bad", "accepted is a mapping"),
}


@pytest.mark.parametrize(("performance", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_definition_is_refused(performance: object, message: str) -> None:
    """With its place, and what is accepted."""
    with pytest.raises(BadCatalogue) as refused:
        catalogue_of(declaring(performance))
    assert "creditapp, performance" in str(refused.value)
    assert message in str(refused.value)
