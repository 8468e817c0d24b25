"""What a portfolio counts as bad, and how long after the decision it looks."""

from dataclasses import dataclass

from creditapp.applications.faults import Keys, echo, in_words
from creditapp.applications.outcome_kinds import WITH_AMOUNT, OutcomeKind

MAY_BE_BAD = {kind.value: kind for kind in OutcomeKind if kind in WITH_AMOUNT}
LONGEST_WINDOW = 120


@dataclass(frozen=True)
class Performance:
    """A decision is bad if one of the kinds in `bad` happens in the window, in months from its day."""

    bad: tuple[OutcomeKind, ...] = (OutcomeKind.DEFAULTED, OutcomeKind.WRITTEN_OFF)
    window_months: int = 12


USUAL = Performance()


def read_performance(keys: Keys) -> Performance:
    """Read the definition of a document; what is left out is as usual, and faults are noted."""
    keys.refuse_unknown({"bad", "window_months"})
    bad = keys.list("bad") if "bad" in keys else list(USUAL.bad)
    if not bad:
        keys.fault("bad", f"is empty; accepted is a list of {in_words(MAY_BE_BAD)}")
    for value in bad:
        if not isinstance(value, str) or value not in MAY_BE_BAD:
            keys.fault("bad", f"has {echo(value)}; accepted is {in_words(MAY_BE_BAD)}")
    months = keys.get("window_months", USUAL.window_months)
    is_number = isinstance(months, int) and not isinstance(months, bool)
    if not (is_number and 1 <= months <= LONGEST_WINDOW):
        accepted = f"a whole number from 1 to {LONGEST_WINDOW}"
        keys.fault("window_months", f"is {echo(months)}; accepted is {accepted}")
    known = [MAY_BE_BAD[one] for one in bad if isinstance(one, str) and one in MAY_BE_BAD]
    return Performance(tuple(dict.fromkeys(known)), months)
