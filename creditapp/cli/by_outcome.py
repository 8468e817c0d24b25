"""The comparison of the challenger with the served model by outcome, as the command prints it."""

from collections.abc import Iterator

from creditapp.applications.performance import Performance
from creditapp.challenger.by_outcome import ByOutcome
from creditapp.challenger.verdict import Difference, Verdict
from creditapp.cli.figures import mean, proportion

FAR = 1_000_000


def lines(compared: ByOutcome | None, served: str, performance: Performance) -> Iterator[str]:
    """The lines about what became of the decisions that both scored."""
    window = f"{', '.join(performance.bad)} within {performance.window_months} months"
    if compared is None:
        yield f"by outcome: nothing is mature yet ({window})"
        return
    bad = compared.bad
    yield f"by outcome: {bad.total} mature decisions of version {served}, {bad.count} bad ({window})"
    for name, reached in (("served", compared.served), ("challenger", compared.challenger)):
        yield mean(f"{name}: ROC AUC", reached.auc)
        yield mean(f"{name}: Brier", reached.brier)
        yield mean(f"{name}: excess", reached.off)
    yield "  excess: the predicted minus the realised share of bad"
    yield from _difference("ROC AUC", compared.auc)
    yield from _difference("Brier score", compared.brier)
    for decided, would_be, turned_out in compared.changed:
        yield proportion(f"{decided} to {would_be}: bad", turned_out)
    yield f"  the challenger would approve, not granted: {compared.unseen}; their outcome is not known"


def _difference(name: str, difference: Difference) -> Iterator[str]:
    low, high = difference.interval
    yield f"  {name}, challenger minus served: {difference.value:+.4f} ({low:+.4f} to {high:+.4f})"
    yield f"    for one look: {difference.verdict.text}"
    yield f"    however often you look: {difference.verdict_at_any_time.text}"
    if difference.verdict is Verdict.NOT_SEEN:
        yield f"    mature decisions still needed to see it: {_number(difference.still_needed)}"
    worth = _number(difference.still_needed_for_worth)
    yield f"    still needed to see a difference of {difference.worth:+g}: {worth}"


def _number(needed: int | None) -> str:
    if needed is None:
        return "not known"
    return f"{needed:,}" if needed <= FAR else "more than a million"
