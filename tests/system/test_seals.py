"""The sealed record under attack, on SQLite and on PostgreSQL."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.scores import ShadowScore
from creditapp.database import append_only
from creditapp.database.engine import Base, db
from creditapp.database.session import reading, writing
from creditapp.decisions import erasures, letter_reasons, reviews
from creditapp.decisions import log as decision_log
from creditapp.decisions.erasures import Erasure
from creditapp.decisions.log import Answers, Decision
from creditapp.decisions.reviews import SentReview
from creditapp.exceptions import BadHeads, NotSealed, SealingRefused
from creditapp.factory import create_app
from creditapp.seals import sealer as sealer_module
from creditapp.seals.blocks import SealBlock, SealPart
from creditapp.seals.faults import Kind
from creditapp.seals.heads import WrittenHeads, heads_at
from creditapp.seals.proofs import prove
from creditapp.seals.sealer import seal
from creditapp.seals.signatures import SigningKey, by_id, create_key, public_pem, read_public_keys
from creditapp.seals.tables import sealed_tables
from creditapp.seals.verification import verify
from creditapp.settings.paths import ROOT
from creditapp.settings.settings import Settings
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.engines import on_both
from tests.postgresql import Postgresql
from tests.retrained import other_bundle
from tests.sealed import Record, kinds, new_record

pytestmark = on_both


@pytest.fixture
def record(app: Flask, client: StrictClient, tmp_path: Path) -> Record:
    """Ten decisions in the first blocks, and ten in a later one."""
    record = new_record(app, client, tmp_path)
    record.decide()
    record.seal()
    record.decide()
    record.seal()
    return record


def test_an_untouched_record_has_no_fault(record: Record) -> None:
    """All rows are sealed, in full and since the last time."""
    report = record.verify(elsewhere=True)
    assert kinds(report) == []
    assert (report.first, report.last, report.unsealed, report.erased) == (1, 2, 0, 0)
    with record.app.app_context(), reading() as session:
        count = sum(
            session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0
            for name in append_only.RECORD
        )
    assert report.rows == count
    again = record.verify(full=False)
    assert (again.rows, kinds(again)) == (0, [])
    record.decide(3)
    assert record.verify(full=False).unsealed == 6


def test_an_edited_field_is_named(record: Record) -> None:
    """Any field of any sealed table; here the outcome of one decision."""
    record.attack(
        "UPDATE decision SET decision = 'approve ' WHERE decision_id = :id", id=record.id(3)
    )
    [fault] = record.verify().faults
    assert (fault.kind, fault.table, fault.block) == (Kind.EDITED, "decision", 1)
    assert record.decisions[3] in fault.text


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("decision_answers", "reference = 'other'"),
        ("decision_answers", "answers = '{}'"),
        ("decision", "probability_good_credit = probability_good_credit + 1e-12"),
        ("decision", "made_by = 'nobody'"),
        ("deployment", "reason = 'another'"),
        ("audit_event", "actor = 'nobody'"),
    ],
)
def test_every_table_is_watched(record: Record, table: str, change: str) -> None:
    """A change of the smallest part of a row is an edited row of its table."""
    record.attack(f"UPDATE {table} SET {change}")
    found = record.verify().faults
    assert {(fault.kind, fault.table) for fault in found} == {(Kind.EDITED, table)}


def test_a_removed_row_is_named(record: Record) -> None:
    """A decision with its answers, of which no erasure is on record."""
    record.attack(
        "DELETE FROM decision_answers WHERE decision_id = :id",
        "DELETE FROM decision WHERE decision_id = :id",
        id=record.id(4),
    )
    found = record.verify().faults
    assert {(fault.kind, fault.table) for fault in found} == {
        (Kind.REMOVED, "decision"),
        (Kind.REMOVED, "decision_answers"),
    }
    assert all(record.decisions[4] in fault.text for fault in found)


def test_a_cut_tail_is_named(record: Record) -> None:
    """The newest decisions are gone, and the blocks know of them."""
    ids = {f"id{number}": record.id(number) for number in (18, 19)}
    names = ", ".join(f":{name}" for name in ids)
    record.attack(
        f"DELETE FROM decision_answers WHERE decision_id IN ({names})",
        f"DELETE FROM decision WHERE decision_id IN ({names})",
        **ids,
    )
    found = record.verify().faults
    assert {fault.kind for fault in found} == {Kind.CUT}
    assert "the last 2 rows are gone" in found[0].text


def test_cut_blocks_are_named_by_heads_kept_elsewhere(record: Record) -> None:
    """The newest rows and their block are gone; what is left fits together."""
    ids = {f"id{number}": record.id(number) for number in range(10, 20)}
    names = ", ".join(f":{name}" for name in ids)
    record.attack(
        "DELETE FROM seal_part WHERE number = 2",
        "DELETE FROM seal_block WHERE number = 2",
        f"DELETE FROM decision_answers WHERE decision_id IN ({names})",
        f"DELETE FROM decision WHERE decision_id IN ({names})",
        **ids,
    )
    assert kinds(record.verify()) == []
    [fault] = record.verify(elsewhere=True).faults
    assert fault.kind in (Kind.CUT, Kind.OLDER)
    assert "go on to block 2, and the database ends with block 1" in fault.text


def test_an_inserted_row_is_named(record: Record) -> None:
    """A decision that says it was made days ago, before and after the next block."""
    columns = [column.name for column in Base.metadata.tables["decision"].columns]
    others = ", ".join(name for name in columns if name not in ("decision_id", "timestamp"))
    old = UUID(int=int((datetime.now(UTC) - timedelta(days=3)).timestamp() * 1000) << 80 | 7 << 76)
    statement = (
        f"INSERT INTO decision (decision_id, timestamp, {others}) "
        f"SELECT :new, :then, {others} FROM decision WHERE decision_id = :id"
    )
    is_sqlite = "-" not in record.id(0)
    record.attack(
        statement,
        new=old.hex if is_sqlite else str(old),
        then="2026-11-01 00:00:00.000000",
        id=record.id(0),
    )
    [fault] = record.verify().faults
    assert (fault.kind, fault.table) == (Kind.INSERTED, "decision")
    assert str(old) in fault.text
    record.seal()
    [sealed] = record.verify().faults
    assert (sealed.kind, sealed.block) == (Kind.INSERTED, 3)


def test_swapped_rows_are_named(record: Record) -> None:
    """Two decisions exchange everything but their ids."""
    columns = [
        column.name
        for column in Base.metadata.tables["decision"].columns
        if column.name != "decision_id"
    ]
    names = ", ".join(columns)
    with record.app.app_context(), db.engine.connect() as connection:
        query = text(f"SELECT {names} FROM decision WHERE decision_id = :id")
        rows = [
            dict(connection.execute(query, {"id": record.id(number)}).one()._mapping)
            for number in (1, 12)
        ]
        if connection.dialect.name == "postgresql":
            rows = [
                {**row, "outside_training": json.dumps(row["outside_training"])} for row in rows
            ]
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    for number, row in zip((12, 1), rows, strict=True):
        statement = f"UPDATE decision SET {changes} WHERE decision_id = :id"
        record.attack(statement, id=record.id(number), **row)
    found = record.verify().faults
    assert [fault.kind for fault in found] == [Kind.SWAPPED] * 2
    assert f"{record.decisions[1]} has the content of {record.decisions[12]}" in found[0].text


def test_a_dropped_or_switched_off_trigger_is_named(record: Record, engine: str) -> None:
    """By its name, although no row was changed."""
    name = "decision_append_only_update" if engine == "sqlite" else "decision_append_only"
    removal = (
        f"DROP TRIGGER {name}"
        if engine == "sqlite"
        else f"ALTER TABLE decision DISABLE TRIGGER {name}"
    )
    with record.app.app_context(), db.engine.begin() as connection:
        connection.execute(text(removal))
    [fault] = record.verify().faults
    assert (fault.kind, fault.table) == (Kind.TRIGGER, "decision")
    assert fault.text == f"{name} {'is missing' if engine == 'sqlite' else 'is switched off'}"


def test_a_chain_that_another_key_signed_anew_is_named(record: Record, tmp_path: Path) -> None:
    """An attacker edits a row and makes all blocks again; each block has an unknown key."""
    rewrite(record, create_key(tmp_path / "attacker.pem"))
    found = record.verify().faults
    assert {fault.kind for fault in found} == {Kind.REWRITTEN}
    assert "is not known" in found[0].text


def test_a_chain_that_was_made_anew_with_the_stolen_key_differs_from_the_heads_elsewhere(
    record: Record,
) -> None:
    """Without these heads nobody could tell."""
    rewrite(record, record.key)
    assert kinds(record.verify()) in ([], [Kind.REWRITTEN])
    found = record.verify(elsewhere=True).faults
    assert {fault.kind for fault in found} == {Kind.REWRITTEN, Kind.CUT}
    assert found[0].text == "it is not the one whose head is kept elsewhere"
    record.decide(1)
    with pytest.raises(SealingRefused, match="whose head is kept elsewhere"):
        record.seal()


def rewrite(record: Record, key: SigningKey) -> None:
    """Edit a decision, and make all blocks again."""
    record.attack(
        "DELETE FROM seal_part",
        "DELETE FROM seal_block",
        "UPDATE decision SET decision = 'approve' WHERE decision_id = :id",
        id=record.id(2),
    )
    with record.app.app_context():
        seal(key, None, everything=True)


def test_an_older_copy_that_was_restored_is_named(
    record: Record, settings: Settings, engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Everything in it fits together; the heads that are kept elsewhere go on."""
    with record.app.app_context():
        db.engine.dispose()
    address = settings.database_url
    if engine == "sqlite":
        copy = f"sqlite:///{tmp_path / 'copy.db'}"
        backup(address.removeprefix("sqlite:///"), tmp_path / "copy.db")
    else:
        with record.app.app_context():
            db.engine.dispose()
        server: Postgresql = request.getfixturevalue("postgresql")
        copy = server.create(address.rpartition("/")[2])
    record.decide(5)
    record.seal()
    older = create_app(replace(settings, database_url=copy))
    with older.app_context():
        alone = verify(by_id([record.key.public]), None, full=True)
        compared = verify(by_id([record.key.public]), record.heads, full=True)
        db.engine.dispose()
    assert kinds(alone) == []
    [fault] = compared.faults
    assert fault.kind is Kind.OLDER
    assert "go on to block 3, and the database ends with block 2" in fault.text


def backup(source: str, target: Path) -> None:
    """Copy a database of SQLite whole."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def test_an_erasure_on_record_leaves_the_seals_valid(record: Record) -> None:
    """The answers are gone, and their hash stays; without a record of it the row counts as removed."""
    with record.app.app_context(), writing() as session:
        erase(session, record.decisions[5])
    report = record.verify()
    assert (kinds(report), report.erased) == ([], 1)
    with record.app.app_context(), writing() as session:
        session.execute(delete(Answers).where(Answers.decision_id == UUID(record.decisions[6])))
    [fault] = record.verify().faults
    assert (fault.kind, fault.table) == (Kind.REMOVED, "decision_answers")


def test_an_erased_letter_reason_is_told_from_a_removed_one(record: Record) -> None:
    """The reasons were written in another order than the reviews, so their places do not match."""
    sent = SentReview("decline", "documents", "words")
    first, second, third = record.decisions[:3]
    with record.app.app_context():
        made = {
            one: reviews.record(decision_log.find(one), sent, A_TEST, None)
            for one in (first, second, third)
        }
        for one in (second, first, third):
            letter_reasons.write(made[one], "fr", "des mots", A_TEST)
    record.seal()
    with record.app.app_context():
        erasures.erase([second], A_TEST, "a test")
    report = record.verify()
    assert (kinds(report), report.erased) == ([], 3)
    record.attack("DELETE FROM letter_reason WHERE review_id = :id", id=made[first].id)
    [fault] = record.verify().faults
    assert (fault.kind, fault.table) == (Kind.REMOVED, "letter_reason")
    assert first in fault.text


def test_a_reason_for_a_letter_on_an_old_review_is_sealed_with_what_is_new(record: Record) -> None:
    """Also by a sealer that does not look at everything."""
    sent = SentReview("decline", "documents", "words")
    with record.app.app_context():
        made = reviews.record(decision_log.find(record.decisions[0]), sent, A_TEST, None)
        for _ in range(2):
            letter_reasons.write(made, "fr", "des mots", A_TEST)
            seal(record.key, record.heads, everything=False)
    report = record.verify()
    assert (kinds(report), report.unsealed) == ([], 0)


def erase(session: Session, decision_id: str) -> None:
    """Delete the answers of a decision, and put that on record."""
    session.execute(delete(Answers).where(Answers.decision_id == UUID(decision_id)))
    session.add(
        Erasure(
            decision_id=UUID(decision_id),
            erased_at=datetime.now(UTC),
            erased_by=A_TEST.label,
            reason="a test",
            parts=["decision_answers"],
        )
    )


def test_a_row_that_commits_late_is_sealed_later_and_is_no_fault(record: Record) -> None:
    """Its id is smaller than sealed ones, as when another host commits a moment later."""
    with record.app.app_context(), reading() as session:
        row = session.get(Decision, UUID(record.decisions[19]))
        assert row is not None
        values = {column.name: getattr(row, column.name) for column in Decision.__table__.columns}
    early = UUID(int=UUID(record.decisions[12]).int + 1)
    with record.app.app_context(), writing() as session:
        session.add(Decision(**{**values, "decision_id": early}))
    with record.app.app_context():
        assert seal(record.key, record.heads, everything=False).rows == 1
    report = record.verify(elsewhere=True)
    assert (kinds(report), report.unsealed) == ([], 0)


def test_of_two_sealers_at_once_one_makes_the_block(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is refused, and the chain stays whole."""
    record.decide(2)
    real = sealer_module._store

    def store(block: SealBlock, parts: list[SealPart]) -> None:
        monkeypatch.setattr(sealer_module, "_store", real)
        seal(record.key, record.heads, everything=True)
        real(block, parts)

    monkeypatch.setattr(sealer_module, "_store", store)
    with pytest.raises(SealingRefused, match="run one sealer only"):
        record.seal()
    assert (kinds(record.verify(elsewhere=True)), record.verify().last) == ([], 3)


def test_a_sealer_that_died_before_it_kept_its_head_is_caught_up_with(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run keeps the missing heads first."""

    def fail(_self: object, _heads: object) -> None:
        raise BadHeads("a test")

    record.decide(2)
    with monkeypatch.context() as broken:
        broken.setattr(
            WrittenHeads, "keep", lambda self, heads: fail(self, heads) if heads else None
        )
        with pytest.raises(BadHeads):
            record.seal()
    assert [head.number for head in record.heads] == [1, 2]
    assert record.seal().blocks == 0
    assert [head.number for head in record.heads] == [1, 2, 3]
    assert kinds(record.verify(elsewhere=True)) == []


def test_a_new_key_goes_on_and_the_old_one_stays_known(record: Record, tmp_path: Path) -> None:
    """With both public keys in a file; with the new one alone the old blocks are unknown."""
    new = create_key(tmp_path / "new.pem")
    record.decide(2)
    with record.app.app_context():
        seal(new, record.heads, everything=True)
        file = tmp_path / "public.pem"
        file.write_text(public_pem(record.key.public) + public_pem(new.public))
        assert kinds(verify(read_public_keys(file), record.heads, full=True)) == []
        found = verify(by_id([new.public]), None, full=True).faults
    assert {(fault.kind, fault.block) for fault in found} == {
        (Kind.REWRITTEN, 1),
        (Kind.REWRITTEN, 2),
    }


def test_heads_may_be_kept_in_another_database(record: Record, tmp_path: Path) -> None:
    """They are made up for from the first block on."""
    elsewhere = heads_at(f"sqlite:///{tmp_path}/heads.db")
    record.decide(1)
    with record.app.app_context():
        seal(record.key, elsewhere, everything=True)
        assert elsewhere is not None
        assert [head.number for head in elsewhere] == [1, 2, 3]
        assert kinds(verify(by_id([record.key.public]), elsewhere, full=True)) == []


def proof_is_accepted(proof: dict[str, object], tmp_path: Path, *trusted: Path) -> tuple[int, str]:
    """What the script says of a proof; it knows nothing of the application."""
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    done = subprocess.run(
        [sys.executable, "-I", ROOT / "ops" / "check-proof.py", file, *trusted],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


CHANGES: dict[str, Callable[[dict[str, object]], object]] = {
    "row": lambda proof: str(proof["row"]).replace("refer", "approve"),
    "leaf": lambda _proof: "00" * 32,
    "index": lambda proof: int(str(proof["index"])) ^ 1,
    "path": lambda proof: list(proof["path"])[1:],  # type: ignore[call-overload]
    "document": lambda proof: str(proof["document"]).replace('"number":1', '"number":2'),
    "head": lambda _proof: "00" * 32,
    "signature": lambda _proof: "00" * 64,
}


def test_a_proof_is_checked_by_a_script_that_stands_alone(record: Record, tmp_path: Path) -> None:
    """It holds, also against a key that was got by another way; any changed part is refused."""
    with record.app.app_context():
        proof = prove(record.decisions[3], by_id([record.key.public]))
    public, other = tmp_path / "public.pem", tmp_path / "other-public.pem"
    public.write_text(public_pem(record.key.public))
    other.write_text(public_pem(create_key(tmp_path / "other.pem").public))
    code, said = proof_is_accepted(proof, tmp_path, public)
    assert code == 0, said
    assert said.startswith("proved: the row is in block 1, sealed at 20")
    assert record.decisions[3] in str(proof["row"])
    assert proof_is_accepted(proof, tmp_path, other)[0] == 1
    for name, change in CHANGES.items():
        changed = {**proof, name: change(proof)}
        assert changed != proof, name
        assert proof_is_accepted(changed, tmp_path)[0] == 1, name


def test_what_is_not_sealed_or_was_changed_is_not_proved(record: Record) -> None:
    """The message says what to do."""
    keys = by_id([record.key.public])
    [new] = record.decide(1)
    with record.app.app_context(), pytest.raises(NotSealed, match="run: flask seal"):
        prove(new, keys)
    record.attack("UPDATE decision SET decision = 'none' WHERE decision_id = :id", id=record.id(3))
    with record.app.app_context(), pytest.raises(NotSealed, match="not as it was sealed"):
        prove(record.decisions[3], keys)


def test_ids_of_the_future_do_not_hide_the_rows_of_the_present(record: Record) -> None:
    """A host whose clock is a day ahead does not keep the others' rows from being sealed."""
    decide_a_day_ahead(record)
    record.seal()
    record.decide(3)
    with record.app.app_context():
        sealed = seal(record.key, record.heads, everything=False)
    assert sealed.rows >= 6
    assert record.verify().unsealed == 0


def test_the_public_key_in_use_is_printed(settings: Settings, tmp_path: Path) -> None:
    """The same as when the private key was made; a missing one is not made silently."""
    file = tmp_path / "sealer.pem"
    app = create_app(replace(settings, seal_key=str(file)))
    runner = app.test_cli_runner()
    with app.app_context():
        made = runner.invoke(args=["seal", "key", str(file)])
        shown = runner.invoke(args=["seal", "key"])
        file.unlink()
        missing = runner.invoke(args=["seal", "key"])
    assert made.output.startswith("-----BEGIN PUBLIC KEY-----")
    assert shown.output == made.output
    assert (missing.exit_code, file.exists()) == (2, False)


class ADayAhead(datetime):
    """A clock that is a day ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """The time of tomorrow."""
        return super().now(tz) + timedelta(days=1)


def test_a_clock_that_is_set_back_by_a_day_hides_no_row_and_is_no_fault(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sealer's too: the next block is dated before the one before it."""
    decide_a_day_ahead(record)
    with monkeypatch.context() as ahead:
        ahead.setattr(sealer_module, "datetime", ADayAhead)
        record.seal()
    record.decide(3)
    before = record.verify()
    assert (kinds(before), before.unsealed) == ([], 6)
    with record.app.app_context():
        assert seal(record.key, record.heads, everything=False).rows == 6
    after = record.verify()
    assert (kinds(after), after.unsealed) == ([], 0)


def decide_a_day_ahead(record: Record) -> None:
    """Record a decision as a host does whose clock is a day ahead."""
    with record.app.app_context(), reading() as session:
        row = session.get(Decision, UUID(record.decisions[19]))
        assert row is not None
        values = {column.name: getattr(row, column.name) for column in Decision.__table__.columns}
    ahead = int(ADayAhead.now(UTC).timestamp() * 1000) << 80
    with record.app.app_context(), writing() as session:
        session.add(Decision(**{**values, "decision_id": UUID(int=ahead | 7 << 76)}))


def test_the_scores_of_a_challenger_are_sealed(record: Record) -> None:
    """Their key has two columns; each is sealed once."""
    with record.app.app_context():
        bundle = other_bundle().pack()
        row = challengers.begin("RDF_score_pipeline", "2", bundle, 1.0, A_TEST, "to compare")
        scores = {UUID(one): ShadowScore(0.5, "refer") for one in record.decisions}
        challenger_scores.record(row.id, scores)
    assert record.seal().rows == len(record.decisions) + 3  # and the bundle, its event
    assert record.seal().rows == 0
    report = record.verify()
    assert (kinds(report), report.unsealed) == ([], 0)


def test_a_review_that_was_sealed_before_reasons_had_codes_is_as_it_was(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its block names the columns of that time; of a later review the reason is sealed too."""
    insert = text(
        "INSERT INTO review (decision_id, outcome, reviewed_by, reviewed_at) "
        "VALUES (:id, 'decline', 'person:one', CURRENT_TIMESTAMP)"
    )
    earlier = ("decision_id", "id", "outcome", "reviewed_at", "reviewed_by")
    with record.app.app_context():
        with writing() as session:
            session.execute(insert, {"id": record.id(0)})
        downgrade(revision="c4e19a7d2f58")
        with monkeypatch.context() as patched:
            patched.setitem(sealed_tables()["review"].__dict__, "columns", earlier)
            for newer in ("decision_correction", "letter_reason"):
                patched.delitem(sealed_tables(), newer)
            record.seal()
        upgrade()
        sent = SentReview("approve", "security", "a guarantor signed")
        reviews.record(decision_log.find(record.decisions[1]), sent, A_TEST, None)
    record.seal()
    assert kinds(record.verify()) == []
    record.attack("UPDATE review SET reason = 'other' WHERE id = 2")
    [fault] = record.verify().faults
    assert (fault.kind, fault.table, fault.text.split()[0]) == (Kind.EDITED, "review", "2")
