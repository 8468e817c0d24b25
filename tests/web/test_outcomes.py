"""What became of decisions: recorded once, corrected by new rows, never overwritten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.database.session import reading
from creditapp.exceptions import UnfitOutcomes
from creditapp.identity import audit
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Report, read_report
from creditapp.outcomes.table import RecordedOutcome, standing_rows
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.engines import on_both
from tests.portfolios import EXAMPLE

TODAY = datetime.now(UTC).date()


@pytest.fixture
def made(client: StrictClient) -> UUID:
    """A decision without a reference."""
    return UUID(client.post("/api/predict", json=EXAMPLE).get_json()["decision_id"])


def report(
    decision_id: UUID | None, kind: OutcomeKind = OutcomeKind.DEFAULTED, **changes: Any
) -> Report:
    """An outcome of today, with some of its fields changed."""
    given: dict[str, Any] = {"reference": "", "happened_on": TODAY, **changes}
    return Report(decision_id, kind=kind, **given)


def count() -> int:
    """The number of rows."""
    with reading() as session:
        return session.query(RecordedOutcome).count()


@on_both
def test_a_correction_is_a_new_row_and_the_newest_stands(app: Flask, made: UUID) -> None:
    """Of the same decision, kind and day; other events stand beside it."""
    with app.app_context():
        for amount in (1000.0, 900.0):
            recording.record([report(made, amount=amount)], A_TEST)
        recording.record([report(made, OutcomeKind.CURED)], A_TEST)
        rows = recording.find(made)
        standing = standing_rows(rows)
        [event, *_] = audit.find_newest()
    assert [(row.kind, row.amount) for row in rows] == [
        ("cured", None),
        ("defaulted", 900.0),
        ("defaulted", 1000.0),
    ]
    assert [(row.kind, row.amount) for row in standing] == [("defaulted", 900.0), ("cured", None)]
    assert {row.recorded_by for row in rows} == {A_TEST.label}
    assert (event.action, event.subject) == ("outcome recorded", str(made))


@on_both
def test_what_stands_already_is_not_recorded_again(app: Flask, made: UUID) -> None:
    """Nor in the same call; the row that stands is the answer, and there is no second event."""
    with app.app_context():
        first = recording.record([report(made, amount=5.0), report(made, amount=5.0)], A_TEST)
        events = len(audit.find_newest())
        again = recording.record([report(made, amount=5.0)], A_TEST)
        assert len(audit.find_newest()) == events
        assert count() == 1
    assert (first.new, again.new) == (1, 0)
    assert {row.id for row in (*first.rows, *again.rows) if row} == {1}


@on_both
def test_a_withdrawn_outcome_does_not_stand_until_it_is_reported_again(
    app: Flask, made: UUID
) -> None:
    """And all of it stays on record."""
    with app.app_context():
        recording.record([report(made)], A_TEST)
        recording.record([report(made, withdrawn=True)], A_TEST)
        assert standing_rows(recording.find(made)) == []
        recording.record([report(made)], A_TEST)
        assert len(standing_rows(recording.find(made))) == 1
        assert len(recording.find(made)) == 3


@on_both
def test_the_same_report_of_several_at_once_is_recorded_once(app: Flask, made: UUID) -> None:
    """They wait for each other."""

    def send(_number: int) -> int:
        with app.app_context():
            return recording.record([report(made)], A_TEST).new

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [0, 0, 0, 1]
    with app.app_context():
        assert count() == 1


def test_an_outcome_that_nobody_reported_cannot_be_withdrawn(app: Flask, made: UUID) -> None:
    """It is probably the wrong day."""
    with app.app_context(), pytest.raises(UnfitOutcomes) as caught:
        recording.record([report(made, withdrawn=True)], A_TEST)
    assert "nothing to withdraw" in str(caught.value.errors)


def test_one_wrong_report_refuses_all_unless_some_are_enough(app: Flask, made: UUID) -> None:
    """With some, the right ones are recorded and the wrong ones named by their places."""
    reports = [report(made), report(uuid4()), report(made, OutcomeKind.REPAID)]
    with app.app_context():
        with pytest.raises(UnfitOutcomes):
            recording.record(reports, A_TEST)
        assert count() == 0
        recorded = recording.record(reports, A_TEST, partly=True)
        assert count() == 2
    assert (recorded.new, list(recorded.wrong), recorded.rows[1]) == (2, [1], None)


@on_both
def test_a_reference_names_the_one_decision_that_has_it(app: Flask, client: StrictClient) -> None:
    """Where several have it, nobody guesses which is meant."""
    ids = [
        client.post("/api/predict", json={**EXAMPLE, "reference": name}).get_json()["decision_id"]
        for name in ("once", "twice", "twice")
    ]
    reports = [report(None, reference=name) for name in ("once", "twice", "never")]
    with app.app_context():
        recorded = recording.record(reports, A_TEST, partly=True)
        assert [row.decision_id for row in recorded.rows if row] == [UUID(ids[0])]
    texts = {index: str(faults["reference"][0]) for index, faults in recorded.wrong.items()}
    assert texts == {
        1: "2 decisions have this reference; give the decision_id of one",
        2: "no decision has this reference",
    }


def test_nothing_happens_before_the_decision_or_in_the_future(app: Flask, made: UUID) -> None:
    """Nor on a day to come; but the lender's day may be one ahead of UTC, or behind."""
    days = [TODAY + timedelta(days=number) for number in (1, -1, 3, -3)]
    reports = [report(made, happened_on=day) for day in days]
    with app.app_context():
        recorded = recording.record(reports, A_TEST, partly=True)
    assert [row is None for row in recorded.rows] == [False, False, True, True]
    assert [list(faults) for faults in recorded.wrong.values()] == [["date"], ["date"]]


VALID = {"reference": "r", "kind": "written_off", "date": "2026-03-01", "amount": 12}


def test_plain_values_are_read_as_a_report() -> None:
    """What is left out is nothing."""
    assert read_report(VALID) == Report(None, "r", OutcomeKind.WRITTEN_OFF, date(2026, 3, 1), 12.0)
    key = UUID("019ab0c5-7c3e-7d52-9f5e-2d6a4f1b8c90")
    named = {"decision_id": str(key), "kind": "repaid", "date": "2026-03-01", "withdrawn": True}
    assert read_report(named) == Report(
        key, "", OutcomeKind.REPAID, date(2026, 3, 1), withdrawn=True
    )


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "two names": ({"decision_id": str(uuid4())}, "decision_id"),
    "an empty reference": ({"reference": ""}, "reference"),
    "an unknown kind": ({"kind": "late"}, "kind"),
    "a list as kind": ({"kind": []}, "kind"),
    "no date": ({"date": None}, "date"),
    "another spelling of a day": ({"date": "2026-W10-1"}, "date"),
    "no day": ({"date": "2026-02-30"}, "date"),
    "less than nothing": ({"amount": -1}, "amount"),
    "a text as amount": ({"amount": "12"}, "amount"),
    "true as amount": ({"amount": True}, "amount"),
    "too much": ({"amount": 10**400}, "amount"),
    "not a number": ({"amount": float("nan")}, "amount"),
    "an amount of a repaid credit": ({"kind": "repaid"}, "amount"),
    "a word as choice": ({"withdrawn": "yes"}, "withdrawn"),
    "an unknown field": ({"note": "x"}, "note"),
}


@pytest.mark.parametrize("text", [str(UUID(int=10)).upper(), UUID(int=10).hex, "", 5, None])
def test_an_id_has_one_spelling(text: object) -> None:
    """That of the answers."""
    faults = read_report({"decision_id": text, "kind": "repaid", "date": "2026-03-01"})
    assert isinstance(faults, dict)
    assert list(faults) == ["decision_id"]


@pytest.mark.parametrize(("changes", "field"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_report_is_told_by_field(changes: dict[str, Any], field: str) -> None:
    """And by that field alone."""
    faults = read_report({**VALID, **changes})
    assert isinstance(faults, dict)
    assert list(faults) == [field]
