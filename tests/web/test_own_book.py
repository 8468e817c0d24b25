"""The own book holds the decisions that can be trained on, and counts all others by why they cannot."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import USUAL
from creditapp.decisions import erasures
from creditapp.exceptions import BadTable
from creditapp.outcomes import own_book
from creditapp.outcomes.book import Book, Extract, Part
from creditapp.outcomes.own_book import read_book
from tests.actors import A_TEST
from tests.clients import LONG, POOR
from tests.engines import on_both
from tests.past import decide_on, outcomes_of, review, tell
from tests.portfolios import EXAMPLE, GERMAN

OLD, YOUNG = date(2024, 3, 1), date(2026, 1, 10)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SURE = {**EXAMPLE, "Status of existing checking account": "A14"}


def read(portfolio: str = "german-credit", since: datetime | None = None) -> Book:
    """The book of a portfolio, as of a day in 2026."""
    return read_book(Extract(portfolio, USUAL, since, NOW))


@on_both
def test_each_decision_belongs_to_one_part(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pages; what a review granted counts, and only rows with answers and the same inputs are kept."""
    monkeypatch.setattr(own_book, "AT_ONCE", 2)
    with app.app_context():
        old = decide_on(OLD, [SURE] * 4 + [LONG] * 3 + [POOR] * 2)
        assert [*outcomes_of(old).values()] == ["approve"] * 4 + ["refer"] * 3 + ["decline"] * 2
        good, bad, unwanted, erased, granted, refused, _, declined, erased_too = old
        [other] = decide_on(OLD - timedelta(1), [SURE], fingerprint="0" * 64, model_version="0")
        decide_on(YOUNG, [SURE, LONG, POOR])
        for one, outcome in ((granted, "approve"), (refused, "decline")):
            review(one, outcome)
        paid, failed = OutcomeKind.REPAID, OutcomeKind.DEFAULTED
        told = {good: paid, bad: failed, granted: failed, erased: paid, other: paid}
        tell({**told, unwanted: OutcomeKind.NOT_TAKEN_UP}, OLD + timedelta(90))
        erasures.erase([str(erased), str(erased_too)], A_TEST, "asked")
        book = read()
        since = read(since=datetime(2024, 3, 1, tzinfo=UTC))
    assert Counter(book.counts) == Counter(
        {
            Part.GOOD: 1,
            Part.BAD: 2,
            Part.DECLINED: 2,
            Part.UNDECIDED: 2,
            Part.NOT_TAKEN_UP: 1,
            Part.NOT_MATURE: 2,
            Part.ERASED: 2,
            Part.OTHER_INPUTS: 1,
        }
    )
    assert [(one.decision_id, one.part) for one in book.decisions] == sorted(
        [
            (good, Part.GOOD),
            (bad, Part.BAD),
            (granted, Part.BAD),
            (refused, Part.DECLINED),
            (declined, Part.DECLINED),
        ]
    )
    assert {one.day for one in book.decisions} == {"2024-03-01"}
    assert next(one for one in book.decisions if one.decision_id == good).answers == {
        name: SURE[name] for name in GERMAN.feature_names
    }
    assert book.catalogue.fingerprint == GERMAN.fingerprint
    assert (book.other_versions, since.other_versions) == (["0"], [])
    assert since.digest == book.digest


def test_what_came_after_its_time_is_not_in_the_book(app: Flask) -> None:
    """So that the same book can be read again."""
    with app.app_context():
        decide_on(OLD, [SURE, POOR])
        before = read()
        decide_on(date(2026, 6, 1), [SURE, POOR])
        after = read()
    assert (before.digest, before.counts) == (after.digest, after.counts)


def test_an_empty_book_is_refused(app: Flask) -> None:
    """The message says why there is nothing: nothing mature, another portfolio, or all is erased."""
    with app.app_context():
        decide_on(YOUNG, [SURE])
        with pytest.raises(BadTable, match="no decision is mature yet"):
            read()
        [old] = decide_on(OLD, [SURE])
        assert read().counts[Part.GOOD] == 1
        with pytest.raises(BadTable, match="no decision is mature yet"):
            read("another")
        erasures.erase([str(old)], A_TEST, "asked")
        with pytest.raises(BadTable, match="answers of all mature decisions were erased"):
            read()


@pytest.mark.parametrize(
    "options",
    [
        ("--since", "2024-01-01"),
        ("--reject-inference", "none"),
        ("--parcelling-factor", "2"),
        ("--from-log", "--parcelling-factor", "2"),
        ("--from-log", "--data", "x.csv"),
        ("--from-log", "--accept-draft"),
        ("--from-log", "--reject-inference", "guessing"),
    ],
)
def test_options_that_do_not_fit_are_refused(app: Flask, options: Sequence[str]) -> None:
    """Before anything is read; nothing is ignored in silence."""
    assert app.test_cli_runner().invoke(args=["train", *options]).exit_code == 2
