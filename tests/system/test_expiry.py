"""Decisions and events go after their time, the seals stay valid, and what else goes is still named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.scores import ChallengerScore, ShadowScore
from creditapp.database.engine import Base, db
from creditapp.database.session import reading, writing
from creditapp.decisions import erasures, reviews
from creditapp.decisions import log as decision_log
from creditapp.decisions.erasures import Erasure
from creditapp.decisions.log import Answers, Decision
from creditapp.decisions.reviews import Review, ReviewNote, SentReview
from creditapp.exceptions import RowsRefused
from creditapp.identity import audit
from creditapp.identity.audit import Action, AuditEvent
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Report
from creditapp.outcomes.table import RecordedOutcome
from creditapp.retention.groups import DECISIONS, ERASURES, EVENTS, Group
from creditapp.retention.kinds import Kind as KindOfData
from creditapp.retention.record import expire
from creditapp.seals import blocks
from creditapp.seals.expiries import Expiry
from creditapp.seals.faults import Kind
from creditapp.seals.signatures import public_pem
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.engines import on_both
from tests.retrained import other_bundle
from tests.sealed import Record, kinds, new_record
from tests.serving import Trained, flask

pytestmark = on_both


@pytest.fixture
def record(app: Flask, officer: StrictClient, tmp_path: Path) -> Record:
    """An empty record."""
    return new_record(app, officer, tmp_path)


def sealed(record: Record, count: int = 5) -> tuple[list[str], datetime]:
    """Make and seal some decisions; their ids, and a time after that."""
    made = record.decide(count)
    record.seal()
    return made, datetime.now(UTC)


def run(record: Record, group: Group, before: datetime, *, dry_run: bool = False) -> int:
    """Let what is due expire; how much that was."""
    with record.app.app_context():
        return expire(group, before, A_TEST, dry_run=dry_run)


def count(record: Record, table: type[Base]) -> int:
    """The number of rows of a table."""
    with record.app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def review(record: Record, decision_id: str) -> None:
    """Review a decision for the first time."""
    with record.app.app_context():
        reviews.record(
            decision_log.find(decision_id),
            SentReview("decline", "documents", "words"),
            A_TEST,
            None,
        )


def report(record: Record, decision_id: str) -> None:
    """Record that a credit was repaid."""
    repaid = Report(UUID(decision_id), "", OutcomeKind.REPAID, datetime.now(UTC).date())
    with record.app.app_context():
        recording.record([repaid], A_TEST)


def erase(record: Record, decision_id: str) -> None:
    """Erase the answers of a decision."""
    with record.app.app_context():
        erasures.erase([decision_id], A_TEST, "a test")


def challenge(record: Record, decision_ids: list[str]) -> None:
    """Let a challenger score decisions."""
    with record.app.app_context():
        bundle = other_bundle().pack()
        row = challengers.begin("RDF_score_pipeline", "2", bundle, 1.0, A_TEST, "to compare")
        scores = {UUID(one): ShadowScore(0.5, "refer") for one in decision_ids}
        challenger_scores.record(row.id, scores)


def assert_without_fault(record: Record, expired: int) -> None:
    """Verify since the last time, in full, and with heads; so many rows expired."""
    for full, elsewhere in ((False, False), (True, False), (True, True)):
        assert kinds(record.verify(full=full, elsewhere=elsewhere)) == []
    assert record.verify().expired == expired


def test_what_is_due_goes_with_all_that_belongs_to_it_and_the_seals_stay_valid(
    record: Record,
) -> None:
    """Later decisions stay; the page of one that expired is that of an unknown one."""
    old = record.decide(4)
    review(record, old[0])
    report(record, old[1])
    challenge(record, old)
    record.seal()
    moment = datetime.now(UTC)
    new, _ = sealed(record)
    record.verify(full=False)
    assert run(record, DECISIONS, moment, dry_run=True) == 4
    assert count(record, Decision) == 9
    assert run(record, DECISIONS, moment) == 4
    tables = (Decision, Answers, Review, ReviewNote, ChallengerScore, RecordedOutcome)
    assert [count(record, table) for table in tables] == [5, 5, 0, 0, 0, 0]
    assert_without_fault(record, 4 + 4 + 1 + 1 + 4 + 1)
    assert record.client.get(f"/decisions/{old[0]}").status_code == 404
    assert record.client.get(f"/api/decisions/{old[0]}").status_code == 404
    assert record.client.get(f"/decisions/{new[0]}").status_code == 200
    assert run(record, DECISIONS, moment) == 0
    record.seal()
    assert_without_fault(record, 15)


def test_an_expiry_is_on_record_for_each_table_and_an_event(record: Record) -> None:
    """With how many rows went, up to which block, and from before when."""
    sealed(record, 3)
    _, moment = sealed(record, 3)
    assert run(record, DECISIONS, moment) == 6
    with record.app.app_context(), reading() as session:
        rows = session.scalars(select(Expiry).order_by(Expiry.id)).all()
        found = {row.table_name: (row.rows, row.last_block, row.before) for row in rows}
        noted = session.scalars(
            select(AuditEvent.subject).where(AuditEvent.action == Action.DATA_EXPIRED)
        ).all()
    assert found == {
        "decision": (6, 2, moment),
        "decision_answers": (6, 2, moment),
        "review_note": (0, 2, moment),
        "letter_reason": (0, 2, moment),
    }
    assert sorted(noted) == ["decision", "decision_answers"]
    assert rows[0].expired_by == A_TEST.label


def test_decisions_go_in_chunks(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in its own transaction, with an expiry of its own; a table has one event."""
    monkeypatch.setattr("creditapp.retention.record.AT_ONCE", 2)
    _, moment = sealed(record, 5)
    assert run(record, DECISIONS, moment, dry_run=True) == 5
    assert run(record, DECISIONS, moment) == 5
    with record.app.app_context(), reading() as session:
        rows = select(Expiry.rows).where(Expiry.table_name == "decision").order_by(Expiry.id)
        assert session.scalars(rows).all() == [2, 2, 1]
        events = select(func.count()).where(AuditEvent.action == Action.DATA_EXPIRED)
        assert session.scalar(events) == 2
    assert_without_fault(record, 10)


def test_a_late_review_holds_its_decision_back_until_it_is_due_too(record: Record) -> None:
    """Also the answers stay, and the others go."""
    old, moment = sealed(record, 3)
    review(record, old[1])
    assert run(record, DECISIONS, moment) == 2
    record.seal()
    assert run(record, DECISIONS, moment) == 0
    assert record.client.get(f"/decisions/{old[1]}").status_code == 200
    assert count(record, Answers) == 1
    assert_without_fault(record, 4)
    assert run(record, DECISIONS, datetime.now(UTC)) == 1
    assert_without_fault(record, 4 + 4)


def test_an_erasure_stays_for_its_own_time(record: Record) -> None:
    """Its decision goes before it; the erased answers never count as removed."""
    old, first = sealed(record, 3)
    erase(record, old[0])
    record.seal()
    second = datetime.now(UTC)
    assert run(record, DECISIONS, first) == 3
    assert count(record, Erasure) == 1
    assert_without_fault(record, 6)
    assert run(record, ERASURES, first) == 0
    assert run(record, ERASURES, second) == 1
    assert_without_fault(record, 7)


def test_erased_answers_stay_accounted_for_once_their_erasure_went(record: Record) -> None:
    """Also while their decision is kept."""
    made, _ = sealed(record, 2)
    erase(record, made[0])
    record.seal()
    moment = datetime.now(UTC)
    assert run(record, ERASURES, moment) == 1
    assert_without_fault(record, 2)
    assert run(record, DECISIONS, moment) == 2
    assert_without_fault(record, 2 + 3)


def test_a_row_from_the_future_holds_its_decision_back_and_no_other(record: Record) -> None:
    """The clock of another host was ahead, so the row was sealed before it says that it was made."""
    old = record.decide(2)
    ahead = datetime.now(UTC) + timedelta(days=1)
    made = {"outcome": "decline", "reviewed_by": "another", "reviewed_at": ahead}
    with record.app.app_context(), writing() as session:
        session.add(Review(decision_id=UUID(old[0]), **made))
    record.seal()
    assert run(record, DECISIONS, datetime.now(UTC)) == 1
    assert run(record, DECISIONS, ahead + timedelta(days=1)) == 1


def test_events_go_and_their_numbers_are_not_used_again(record: Record) -> None:
    """On SQLite a number would come back if the newest event went."""
    with record.app.app_context():
        for number in range(7):
            audit.record(A_TEST, Action.ACCESS_REFUSED, f"number {number}")
    _, moment = sealed(record)
    before = count(record, AuditEvent)
    with record.app.app_context(), reading() as session:
        highest = session.scalar(select(func.max(AuditEvent.id))) or 0
    assert run(record, EVENTS, moment) == before
    with record.app.app_context():
        [event] = audit.find_newest()
    assert (event.action, event.subject) == (Action.DATA_EXPIRED, "audit_event")
    assert event.id > highest
    record.seal()
    assert_without_fault(record, before)


def test_a_row_that_went_beyond_what_expired_is_named(record: Record) -> None:
    """By somebody who took the triggers away; also when an expiry of another table goes that far."""
    _, moment = sealed(record)
    sealed(record)
    sealed(record)
    run(record, DECISIONS, moment)
    run(record, EVENTS, datetime.now(UTC))
    record.attack(
        "DELETE FROM decision_answers WHERE decision_id = :id",
        "DELETE FROM decision WHERE decision_id = :id",
        id=record.id(7),
    )
    found = record.verify().faults
    assert {(fault.kind, fault.table, fault.block) for fault in found} == {
        (Kind.REMOVED, "decision", 2),
        (Kind.REMOVED, "decision_answers", 2),
    }


def test_the_triggers_let_only_rows_go_that_an_expiry_covers(record: Record) -> None:
    """A later row stays, and so does one that only a temporary table's expiry covers."""
    made, moment = sealed(record, 2)
    run(record, DECISIONS, moment - timedelta(days=1))
    with record.app.app_context():
        with pytest.raises(RowsRefused), writing() as session:
            remove(session, made[0])
        with pytest.raises(RowsRefused), writing() as session:
            remove_beside_a_temporary_expiry(session, made[0])
        with writing() as session:
            session.execute(insert(Expiry).values(**covering("decision")))
            remove(session, made[0])
    assert count(record, Decision) == 1


def remove_beside_a_temporary_expiry(session: Session, decision_id: str) -> None:
    """The same in a session that has a table of its own with the name of the real one."""
    session.execute(text("CREATE TEMPORARY TABLE expiry AS SELECT * FROM expiry"))
    session.execute(
        text("UPDATE expiry SET before = '2999-01-01 00:00:00', table_name = 'decision'")
    )
    remove(session, decision_id)


def remove(session: Session, decision_id: str) -> None:
    """Delete a decision and its answers."""
    for table in (Answers, Decision):
        session.execute(delete(table).where(table.decision_id == UUID(decision_id)))


def covering(table: str) -> dict[str, Any]:
    """An expiry of all rows of a table in the first block."""
    now = datetime.now(UTC)
    made = {"before": now, "expired_at": now, "expired_by": "somebody", "rows": 1}
    return {"table_name": table, "last_block": 1, **made}


def test_a_forged_expiry_is_itself_in_the_record(record: Record) -> None:
    """Verification tells how many rows expired, and the row cannot be taken back unseen."""
    made, _ = sealed(record, 2)
    with record.app.app_context(), writing() as session:
        for table in ("decision", "decision_answers"):
            session.execute(insert(Expiry).values(**covering(table)))
        remove(session, made[0])
    assert "2 expired" in str(record.verify())
    record.seal()
    record.attack("DELETE FROM expiry WHERE table_name = 'decision'")
    found = record.verify().faults
    assert {(fault.kind, fault.table) for fault in found} == {
        (Kind.REMOVED, "decision"),
        (Kind.REMOVED, "expiry"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"before": datetime(2999, 1, 1, tzinfo=UTC)},
        {"last_block": 99},
        {"before": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=["of a time to come", "of a block to come", "before its block was sealed"],
)
def test_an_expiry_that_cannot_be_true_explains_nothing(
    record: Record, wrong: dict[str, Any]
) -> None:
    """Its rows count as removed, also after it is sealed itself."""
    made, _ = sealed(record, 2)
    with record.app.app_context(), writing() as session:
        session.execute(delete(Answers).where(Answers.decision_id == UUID(str(made[0]))))
        session.execute(insert(Expiry).values(**{**covering("decision_answers"), **wrong}))
    record.seal()
    found = record.verify().faults
    assert [(fault.kind, fault.table) for fault in found] == [(Kind.REMOVED, "decision_answers")]


def test_what_is_not_sealed_stays(record: Record) -> None:
    """Also what is sealed only later."""
    sealed(record, 2)
    record.decide(3)
    moment = datetime.now(UTC)
    assert run(record, DECISIONS, moment) == 2
    record.seal()
    assert run(record, DECISIONS, moment) == 0
    assert count(record, Decision) == 3


def test_without_seals_the_command_says_what_to_do(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other kinds go all the same; once it is sealed, the record expires by the command."""
    record.decide(3)
    now = [datetime.now(UTC)]
    monkeypatch.setattr(KindOfData, "before", lambda _kind, _periods: now[0])
    with record.app.app_context():
        done = record.app.test_cli_runner().invoke(args=["retention"])
        assert "decisions: nothing is sealed, so nothing can expire; run: flask seal" in done.output
        assert "answers: 3 from before" in done.output
        assert done.exit_code == 0
        record.seal()
        now[0] = datetime.now(UTC)
        again = record.app.test_cli_runner().invoke(args=["retention"]).output
    assert "decisions: 3 from before" in again
    assert "erasures: 3 from before" in again
    assert count(record, Decision) == 0


def test_the_oldest_is_told_with_what_holds_it_back(record: Record) -> None:
    """By the time of its last row, or of the first block if that is later; a held one is passed over."""
    with record.app.app_context(), reading() as session:
        assert DECISIONS.find_oldest(session, datetime.now(UTC)) is None
    first, second, third = record.decide(3)
    review(record, second)
    with record.app.app_context(), reading() as session:
        times = {one: decision_log.get(session, one).timestamp for one in (first, third)}
        assert oldest(session) == times[first]
    record.seal()
    moment = datetime.now(UTC)
    review(record, first)
    with record.app.app_context(), reading() as session:
        assert DECISIONS.find_oldest(session, times[third]) is None
        first_block = blocks.first(session)
        assert first_block is not None
        assert DECISIONS.find_oldest(session, moment) == first_block.sealed_at
    run(record, DECISIONS, moment)
    with record.app.app_context(), reading() as session:
        assert DECISIONS.find_oldest(session, moment) is None
        assert (oldest(session) or moment) > moment


def oldest(session: Session) -> datetime | None:
    """When the oldest decision of all could go."""
    return DECISIONS.find_oldest(session, datetime.now(UTC) + timedelta(days=1))


def test_an_expired_record_is_backed_up_and_restored(
    record: Record,
    engine: str,
    database_url: str,
    trained: Trained,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The copy has no fault, and the service may start with it; an older one expires again."""
    _, moment = sealed(record)
    older, newer = tmp_path / "older", tmp_path / "newer"
    public = tmp_path / "public.pem"
    public.write_text(public_pem(record.key.public))
    copies = {older: 10, newer: 0}
    backup(older, database_url, trained)
    run(record, DECISIONS, moment)
    record.seal()
    backup(newer, database_url, trained)
    for copy, expired in ((older, 0), (newer, copies[older])):
        empty = f"sqlite:///{tmp_path}/{copy.name}.db"
        if engine == "postgresql":
            empty = request.getfixturevalue("postgresql").create()
        for command in (["restore", str(copy)], ["check-config"]):
            keys = {"CREDITAPP_SEAL_PUBLIC_KEYS": str(public)}
            done = flask(*command, database=empty, registry=trained.registry, **keys)
            assert done.returncode == 0, done.stderr
            assert "the record:" not in done.stderr
            assert "restore" not in command or f"no faults; 0 rows erased, {expired} expired" in (
                done.stdout
            )


def backup(copy: Path, address: str, trained: Trained) -> None:
    """Back a database up."""
    done = flask("backup", str(copy), database=address, registry=trained.registry)
    assert done.returncode == 0, done.stderr


def test_the_trigger_for_deletions_is_watched(record: Record, engine: str) -> None:
    """One with another column of time is a changed trigger."""
    sealed(record, 1)
    name = "audit_event_append_only_delete"
    with record.app.app_context(), db.engine.begin() as connection:
        if engine == "sqlite":
            query = text("SELECT sql FROM sqlite_master WHERE name = :name")
            made = connection.execute(query, {"name": name}).scalar_one()
            connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text(made.replace("OLD.at", "''")))
        else:
            connection.execute(text(f"DROP TRIGGER {name} ON audit_event"))
            connection.execute(
                text(
                    f"CREATE TRIGGER {name} BEFORE DELETE ON audit_event FOR EACH ROW "
                    "EXECUTE FUNCTION refuse_unexpired_deletion('actor')"
                )
            )
    [fault] = record.verify().faults
    assert (fault.kind, fault.text) == (Kind.TRIGGER, f"{name} was changed")


def test_the_older_schema_comes_back_without_erasures_of_decisions_that_are_gone(
    record: Record,
) -> None:
    """It refers to decisions from erasures; the others stay, and may go up again."""
    old, moment = sealed(record, 2)
    erase(record, old[0])
    new, _ = sealed(record, 1)
    erase(record, new[0])
    run(record, DECISIONS, moment)
    assert count(record, Erasure) == 2
    with record.app.app_context():
        downgrade(revision="f1a6d3b8924e")
        upgrade()
        assert [str(one.decision_id) for one in erasures.list_all()] == new
    erase(record, record.decide(1)[0])
    with record.app.app_context():
        assert [one.id for one in erasures.list_all()] == [2, 3]
