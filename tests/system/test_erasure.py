"""Erased personal data is gone everywhere, and everything else goes on."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from creditapp.database.engine import db
from creditapp.database.session import writing
from creditapp.decisions import claims, erasures, letter_reasons, reviews
from creditapp.decisions import log as decision_log
from creditapp.decisions.case_notes import CaseNote
from creditapp.decisions.claims import Reviewer
from creditapp.decisions.letter_reasons import LetterReason
from creditapp.decisions.reviews import ReviewNote, SentReview
from creditapp.exceptions import BadReview
from creditapp.identity import audit
from creditapp.identity.audit import Action
from creditapp.seals.sealer import seal
from creditapp.seals.signatures import by_id, create_key
from creditapp.seals.verification import verify
from tests.actors import A_TEST
from tests.clients import LONG, POOR, StrictClient
from tests.engines import on_both

pytestmark = on_both

SENTINEL = "SENTINEL-7391"
AMOUNT = 13_131.37
"""An amount that occurs nowhere else."""


def run(app: Flask, *arguments: str, given: str = "") -> Result:
    """Run a command in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(arguments), input=given)


def decide(client: StrictClient, **more: Any) -> str:
    """A declined application with sentinels; the id of its decision."""
    body = {**POOR, "Credit amount": AMOUNT, "reference": SENTINEL}
    answer = client.post("/api/predict", json=body, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["decision_id"])


def review(app: Flask, decision_id: str) -> None:
    """A review whose words are personal."""
    with app.app_context():
        decision = decision_log.find(decision_id)
        reviews.record(
            decision, SentReview("decline", "documents", f"words {SENTINEL}"), A_TEST, None
        )


def everything(app: Flask) -> str:
    """All rows of all tables as text."""
    with app.app_context(), db.engine.connect() as connection:
        rows = [
            [str(bytes(one)) if isinstance(one, memoryview) else str(one) for one in row]
            for table in db.metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
        ]
    return json.dumps(rows)


def test_erased_data_is_in_no_table_and_no_answer(
    app: Flask, officer: StrictClient, engine: str, tmp_path: Path
) -> None:
    """Not in the files of SQLite either; the decision, its letter and its page say that it is erased."""
    headers = {"Idempotency-Key": "a test"}
    decision_id = decide(officer, headers=headers)
    review(app, decision_id)
    assert SENTINEL in everything(app)
    done = run(app, "erase", decision_id, "--reason", "the applicant asked", given="y\n")
    assert done.exit_code == 0, done.output
    assert "1 decisions erased, 0 had nothing left to erase" in done.output
    left = everything(app)
    assert SENTINEL not in left
    assert str(AMOUNT) not in left
    if engine == "sqlite":
        with app.app_context():
            file = Path(str(db.engine.url.database))
        for path in (file, file.with_name(f"{file.name}-wal")):
            content = path.read_bytes() if path.exists() else b""
            assert SENTINEL.encode() not in content
            assert str(AMOUNT).encode() not in content
    page = officer.get(f"/decisions/{decision_id}").text
    assert "The answers were erased." in page
    assert "the reason was erased" in page
    stored = officer.get(f"/api/decisions/{decision_id}").get_json()
    assert (stored["application"], stored["reference"], stored["reviews"][0]["note"]) == (None,) * 3
    assert "have since been erased" in officer.get(f"/decisions/{decision_id}/notice").text
    assert officer.get(f"/api/decisions/{decision_id}/alternatives").status_code == 409
    assert "the answers were erased" in run(app, "replay", decision_id).output
    repeat = {**POOR, "Credit amount": AMOUNT, "reference": SENTINEL}
    assert officer.post("/api/predict", json=repeat, headers=headers).status_code == 410
    assert officer.get(f"/api/decisions?reference={SENTINEL}").get_json()["decisions"] == []


def test_an_erasure_is_on_record_without_personal_data(app: Flask, client: StrictClient) -> None:
    """With its reason, and the parts that went."""
    decision_id = decide(client)
    review(app, decision_id)
    run(app, "erase", decision_id, "--reason", "the applicant asked", "--yes")
    [line] = run(app, "erasures").output.splitlines()
    assert json.loads(line)["decision_id"] == decision_id
    with app.app_context():
        [row] = erasures.list_all()
        [event] = audit.find_newest(limit=1)
    assert row.parts == ["decision_answers", "review_note"]
    assert (event.action, event.subject) == (Action.DATA_ERASED, decision_id)
    assert event.detail == "the applicant asked"


def test_the_seals_stay_valid(app: Flask, client: StrictClient, tmp_path: Path) -> None:
    """Erased before its row was sealed, and after."""
    key = create_key(tmp_path / "key.pem")
    first, second = decide(client), decide(client)
    review(app, second)
    with app.app_context():
        erasures.erase([first], A_TEST, "a test")
        seal(key, None, everything=True)
        erasures.erase([second], A_TEST, "a test")
        seal(key, None, everything=True)
        report = verify(by_id([key.public]), None, full=True)
    assert list(map(str, report.faults)) == []
    assert report.erased == 2


@pytest.mark.parametrize(
    "action", [Action.CASE_ESCALATED, Action.DECISION_REVIEWED, Action.LETTER_REASON_WRITTEN]
)
def test_words_that_are_written_during_an_erasure_do_not_outlive_it(
    app: Flask, client: StrictClient, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    """The erasure begins when one of the words is written and not committed yet, and waits for it."""
    made = client.post("/api/predict", json={**LONG, "reference": SENTINEL}).get_json()
    note, started = audit.note, list[Future[None]]()

    def erase() -> None:
        with app.app_context():
            erasures.erase([made["decision_id"]], A_TEST, "asked")

    with ThreadPoolExecutor(1) as threads:

        def note_meanwhile(*given: Any) -> None:
            if action in given:
                started.append(threads.submit(erase))
                with pytest.raises(TimeoutError):
                    started[0].result(timeout=0.5)
            note(*given)

        monkeypatch.setattr(audit, "note", note_meanwhile)
        work_on(app, made["decision_id"])
        [erasing] = started
        erasing.result()
    assert SENTINEL not in everything(app)


def work_on(app: Flask, decision_id: str) -> None:
    """All that people can write about a decision, as far as it is accepted."""
    words = f"words {SENTINEL}"
    with app.app_context():
        decision = decision_log.find(decision_id)
        claims.escalate(decision.decision_id, words, Reviewer(A_TEST))
        sent = SentReview("decline", "documents", words)
        made = reviews.record(decision, sent, A_TEST, None, is_senior=True)
        with suppress(BadReview):
            letter_reasons.write(made, "fr", words, A_TEST)


def test_the_time_of_retention_also_reaches_words_without_answers(
    app: Flask, client: StrictClient
) -> None:
    """As earlier versions left them: a review's, a letter's, and a colleague's."""
    ids = [UUID(decide(client)) for _ in range(3)]
    now = datetime.now(UTC)
    with app.app_context():
        erasures.erase([str(one) for one in ids], A_TEST, "asked")
        made = [
            reviews.record(decision_log.find(str(one)), NO_WORDS, A_TEST, None).id for one in ids
        ]
        by = {"written_by": "somebody", "written_at": now}
        letter = {"decision_id": ids[1], "review_id": made[1], "language": "fr", **by}
        with writing() as session:
            session.add(ReviewNote(review_id=made[0], note=SENTINEL, salt=bytes(16)))
            session.add(LetterReason(id=UUID(int=1), text=SENTINEL, salt=bytes(16), **letter))
            session.add(CaseNote(decision_id=ids[2], kind="note", note=SENTINEL, **by))
        later = now + timedelta(days=1)
        assert erasures.erase_older(now - timedelta(days=1), A_TEST, dry_run=False) == 0
        assert erasures.erase_older(later, A_TEST, dry_run=True) == 3
        assert erasures.erase_older(later, A_TEST, dry_run=False) == 3
        assert erasures.erase_older(later, A_TEST, dry_run=False) == 0
        assert [one.parts for one in erasures.list_all()[3:]] == [
            ["review_note"],
            ["letter_reason"],
            ["case_note"],
        ]
    assert SENTINEL not in everything(app)


NO_WORDS = SentReview("decline", "documents", "")


def test_all_decisions_on_a_reference_are_erased_and_no_other(
    app: Flask, client: StrictClient
) -> None:
    """Once; a second time there is nothing to erase."""
    ids = [decide(client) for _ in range(3)]
    other = client.post("/api/predict", json={**POOR, "reference": "other"}).get_json()
    done = run(app, "erase", "--reference", SENTINEL, "--reason", "asked", "--yes")
    assert "3 decisions erased" in done.output
    with app.app_context():
        assert all(decision_log.find(one).given is None for one in ids)
        assert decision_log.find(other["decision_id"]).given is not None
    assert run(app, "erase", "--reference", SENTINEL, "--reason", "asked", "--yes").exit_code == 2
    again = run(app, "erase", *ids, "--reason", "asked", "--yes")
    assert "0 decisions erased, 3 had nothing left to erase" in again.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reason", "x"], "give either the ids of decisions or --reference"),
        (["--reference", "a", "b", "--reason", "x"], "give either the ids"),
        (["--reference", "nobody", "--reason", "x"], "no decision has this reference"),
        (["nonsense", "--reason", "x", "--yes"], "no decision has the id nonsense"),
        (
            ["nonsense", "--reason", " ", "--yes"],
            "1 to 500 printable characters in UTF-8 are required",
        ),
    ],
)
def test_a_wrong_erasure_is_refused_with_what_to_do(
    app: Flask, arguments: list[str], message: str
) -> None:
    """Exit code 2, and nothing is erased."""
    done = run(app, "erase", *arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_what_was_erased_is_erased_again_after_an_older_backup_was_restored(
    app: Flask, client: StrictClient, tmp_path: Path
) -> None:
    """From a list that is kept elsewhere; decisions that the backup does not know are passed over."""
    decision_id = decide(client)
    unknown = str(UUID(int=7 << 76 | 2 << 62))
    listed = tmp_path / "erasures.jsonl"
    listed.write_text(
        "".join(json.dumps({"decision_id": one}) + "\n" for one in (decision_id, unknown))
    )
    done = run(app, "erase-again", str(listed))
    assert done.exit_code == 0, done.output
    assert "1 decisions erased" in done.output
    assert SENTINEL not in everything(app)
    listed.write_text("nonsense\n")
    assert "line 1 is no erasure" in run(app, "erase-again", str(listed)).output
