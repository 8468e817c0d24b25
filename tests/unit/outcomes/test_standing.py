"""A decision counts as good or bad once its window has ended, and not before."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import Performance
from creditapp.outcomes.standing import Standing, first_day_not_mature, standing, window_end
from creditapp.outcomes.table import RecordedOutcome

DECIDED = datetime(2026, 1, 31, 12, tzinfo=UTC)
LATER = datetime(2027, 2, 1, tzinfo=UTC)
YEAR = Performance()


def rows(*told: tuple[OutcomeKind, str, bool]) -> list[RecordedOutcome]:
    """Rows in the order in which they were recorded: kind, day, and whether it is withdrawn."""
    return [
        RecordedOutcome(
            id=number,
            decision_id=UUID(int=1),
            kind=kind.value,
            happened_on=date.fromisoformat(day),
            amount=None,
            withdrawn=withdrawn,
        )
        for number, (kind, day, withdrawn) in enumerate(told)
    ]


def judge(*told: tuple[OutcomeKind, str, bool], now: datetime = LATER) -> Standing:
    """How an approval counts under the usual definition."""
    return standing(DECIDED, rows(*told), YEAR, now, approved=True)


DEFAULT = (OutcomeKind.DEFAULTED, "2026-06-01", False)
REPAID = (OutcomeKind.REPAID, "2026-06-01", False)


def test_without_a_default_an_approval_is_good_when_the_window_has_ended() -> None:
    """Also where nothing was heard of it."""
    assert judge() is Standing.GOOD
    assert judge(REPAID) is Standing.GOOD


def test_a_default_in_the_window_is_bad_for_good() -> None:
    """Also if it was cured since; a write-off too."""
    assert judge(DEFAULT) is Standing.BAD
    assert judge(DEFAULT, (OutcomeKind.CURED, "2026-08-01", False)) is Standing.BAD
    assert judge((OutcomeKind.WRITTEN_OFF, "2027-01-31", False)) is Standing.BAD


def test_a_default_after_the_window_does_not_count() -> None:
    """The last day still does."""
    assert judge((OutcomeKind.DEFAULTED, "2027-02-01", False)) is Standing.GOOD
    assert judge((OutcomeKind.DEFAULTED, "2027-01-31", False)) is Standing.BAD


def test_a_withdrawn_default_does_not_count() -> None:
    """Until it is recorded again."""
    withdrawn = (DEFAULT[0], DEFAULT[1], True)
    assert judge(DEFAULT, withdrawn) is Standing.GOOD
    assert judge(DEFAULT, withdrawn, DEFAULT) is Standing.BAD


@pytest.mark.parametrize("told", [(), (DEFAULT,), (REPAID,)])
def test_nothing_is_mature_before_the_window_has_ended(told: tuple) -> None:  # type: ignore[type-arg]
    """Neither what is bad already nor what is repaid."""
    last_moment = datetime(2027, 1, 31, 23, 59, tzinfo=UTC)
    assert judge(*told, now=last_moment) is Standing.NOT_MATURE
    assert judge(*told, now=LATER) is not Standing.NOT_MATURE


def test_a_credit_that_was_not_taken_up_is_not_counted() -> None:
    """At any time; but what else happened shows that it was taken up."""
    not_taken_up = (OutcomeKind.NOT_TAKEN_UP, "2026-03-01", False)
    assert judge(not_taken_up) is Standing.NOT_TAKEN_UP
    assert judge(not_taken_up, now=DECIDED) is Standing.NOT_TAKEN_UP
    assert judge(not_taken_up, DEFAULT) is Standing.BAD


def test_without_an_approval_only_what_happened_counts() -> None:
    """A credit that was declined and granted all the same has outcomes."""
    assert standing(DECIDED, [], YEAR, LATER, approved=False) is Standing.NOT_TAKEN_UP
    assert standing(DECIDED, rows(DEFAULT), YEAR, LATER, approved=False) is Standing.BAD


def test_the_portfolio_says_what_is_bad_and_for_how_long() -> None:
    """A default alone is not, where only write-offs are."""
    losses = Performance(bad=(OutcomeKind.WRITTEN_OFF,), window_months=1)
    assert standing(DECIDED, rows(DEFAULT), losses, LATER, approved=True) is Standing.GOOD
    early = datetime(2026, 3, 1, tzinfo=UTC)
    assert standing(DECIDED, [], losses, early, approved=True) is Standing.GOOD


def test_a_window_ends_on_the_last_day_of_a_shorter_month() -> None:
    """And in another year."""
    assert window_end(DECIDED, Performance(window_months=1)) == date(2026, 2, 28)
    assert window_end(DECIDED, Performance(window_months=11)) == date(2026, 12, 31)
    assert window_end(DECIDED, Performance(window_months=25)) == date(2028, 2, 29)


@pytest.mark.parametrize("months", [1, 12, 13])
def test_decisions_before_the_first_day_that_is_not_mature_are_mature(months: int) -> None:
    """On every day of two years, with a leap day among them."""
    performance = Performance(window_months=months)
    for number in range(2 * 366):
        now = datetime(2027, 6, 1, 12, tzinfo=UTC) + timedelta(days=number)
        first = datetime.combine(first_day_not_mature(performance, now), now.time(), UTC)
        assert window_end(first, performance) >= now.date()
        assert window_end(first - timedelta(days=1), performance) < now.date()
