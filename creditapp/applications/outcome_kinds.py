"""What can become of a decision."""

from enum import StrEnum

from creditapp.phrases import marked


class OutcomeKind(StrEnum):
    """What happened to a credit; each has a date."""

    REPAID = "repaid"
    DEFAULTED = "defaulted"
    CURED = "cured"
    WRITTEN_OFF = "written_off"
    NOT_TAKEN_UP = "not_taken_up"

    @property
    def text(self) -> str:
        """It in words, to be translated."""
        return TEXTS[self]


TEXTS = {
    OutcomeKind.REPAID: marked("repaid"),
    OutcomeKind.DEFAULTED: marked("defaulted"),
    OutcomeKind.CURED: marked("cured after a default"),
    OutcomeKind.WRITTEN_OFF: marked("written off"),
    OutcomeKind.NOT_TAKEN_UP: marked("not taken up"),
}

WITH_AMOUNT = frozenset({OutcomeKind.DEFAULTED, OutcomeKind.WRITTEN_OFF})
"""The kinds that may have the amount that was owed."""
