"""What is held on an applicant, and the sealed record, leave as files that others can read and check."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from flask import Flask
from markupsafe import escape
from sqlalchemy import text

from creditapp.database import append_only
from creditapp.database.engine import db
from creditapp.database.session import reading
from creditapp.decisions import log as decision_log
from creditapp.decisions import reviews
from creditapp.decisions.reviews import SentReview
from creditapp.identity import api_keys, audit
from creditapp.identity.api_keys import Scope
from creditapp.identity.audit import Action
from creditapp.seals import blocks
from creditapp.seals.blocks import SealBlock
from creditapp.seals.sealer import seal
from creditapp.seals.signatures import SigningKey, create_key, public_pem
from creditapp.settings.paths import ROOT
from tests.actors import A_TEST
from tests.clients import POOR, StrictClient
from tests.engines import on_both

SENTINEL = "SENTINEL-7391"
WORDS = "the words of a reviewer"


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """The key of the sealer, with its public key beside it."""
    made = create_key(tmp_path / "key.pem")
    (tmp_path / "public.pem").write_text(public_pem(made.public))
    return made


@pytest.fixture
def sealed(app: Flask, client: StrictClient, key: SigningKey) -> str:
    """A reviewed decision in a sealed record; its id."""
    decision_id = decide(client)
    with app.app_context():
        reviews.record(
            decision_log.find(decision_id), SentReview("decline", "documents", WORDS), A_TEST, None
        )
        seal(key, None, everything=True)
    return decision_id


def decide(client: StrictClient, **more: Any) -> str:
    """A declined application; the id of its decision."""
    answer = client.post("/api/predict", json={**POOR, "reference": SENTINEL}, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["decision_id"])


def run(app: Flask, *arguments: object) -> Result:
    """Run `flask export` in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["export", *map(str, arguments)])


def check(folder: Path, public: Path) -> tuple[int, str]:
    """Check an export as an auditor does, without this application."""
    done = subprocess.run(
        [sys.executable, "-I", ROOT / "ops" / "check-export.py", folder, public],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def content(folder: Path) -> str:
    """All files of an export in JSON Lines."""
    return "".join(path.read_text() for path in folder.glob("*.jsonl"))


@on_both
def test_the_record_is_proved_without_personal_data(
    app: Flask, sealed: str, tmp_path: Path
) -> None:
    """The answers and the words have only their hashes, and all blocks hold."""
    done = run(app, "record", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "the personal data of 2 is left out" in done.output
    code, said = check(tmp_path / "out", tmp_path / "public.pem")
    assert code == 0, said
    assert "2 of them without content" in said
    assert sealed in content(tmp_path / "out")
    assert SENTINEL not in content(tmp_path / "out")
    assert WORDS not in content(tmp_path / "out")
    assert list(tmp_path.glob(".out*")) == []


@on_both
def test_with_personal_data_every_row_is_there(app: Flask, sealed: str, tmp_path: Path) -> None:
    """In JSON Lines and in Parquet, and both formats are proved."""
    for kind in ("jsonl", "parquet"):
        folder = tmp_path / kind
        done = run(app, "record", folder, "--with-personal-data", "--format", kind)
        assert done.exit_code == 0, done.output
        code, said = check(folder, tmp_path / "public.pem")
        assert code == 0, said
        assert "0 of them without content" in said
    assert SENTINEL in content(tmp_path / "jsonl")
    assert WORDS in content(tmp_path / "jsonl")
    [row] = pq.read_table(tmp_path / "parquet" / "decision.parquet").to_pylist()
    assert (row["decision_id"], row["channel"]) == (sealed, "api")
    assert datetime.now(UTC) - row["timestamp"] < timedelta(hours=1)
    with app.app_context():
        assert row["probability_good_credit"] == decision_log.find(sealed).probability_good_credit
        newest = audit.find_newest(limit=1)[0]
    assert (newest.action, newest.subject) == (Action.DATA_EXPORTED, "record")
    assert newest.detail == "blocks 1 to 1, with personal data"


def edit(folder: Path) -> None:
    """Another outcome."""
    file = folder / "decision.jsonl"
    changed = file.read_text().replace('"decision":"decline"', '"decision":"approve"')
    changed = changed.replace('"decision":"refer"', '"decision":"approve"')
    assert changed != file.read_text()
    file.write_text(changed)


def edit_with_its_hash(folder: Path) -> None:
    """A row that was changed together with its leaf hash."""
    edit(folder)
    file = folder / "decision.jsonl"
    line = file.read_text().rstrip("\n")
    row = line.partition('"row":')[2][:-1]
    leaf = sha256(f'\x00{{"row":{row},"table":"decision"}}'.encode()).hexdigest()
    file.write_text(line.replace(json.loads(line)["leaf"], leaf) + "\n")


def remove_a_row(folder: Path) -> None:
    """The only row of a table."""
    (folder / "decision.jsonl").write_text("")


def sign_otherwise(folder: Path) -> None:
    """A signature by nobody."""
    file = folder / "blocks.jsonl"
    head = json.loads(file.read_text())
    file.write_text(json.dumps({**head, "signature": "00" * 64}) + "\n")


def remove_the_head(folder: Path) -> None:
    """Rows without a block."""
    (folder / "blocks.jsonl").write_text("")


def repeat_a_key(folder: Path) -> None:
    """A row that other readers of JSON take instead of the one that was hashed."""
    file = folder / "decision.jsonl"
    place, _, row = file.read_text().rstrip("\n").partition(',"row":')
    file.write_text(f'{place},"row" :{{"decision":"approve"}},"x":"","row":{row}\n')


def hide_a_key(folder: Path) -> None:
    """The same, with the mark inside the name of another key."""
    file = folder / "decision.jsonl"
    place, _, row = file.read_text().rstrip("\n").partition(',"row":')
    file.write_text(f'{place},"row" :{{"decision":"approve"}},"x,\\"row":{row}\n')


def add_a_row(folder: Path) -> None:
    """A row of one's own with its hash, at a place that another row has."""
    file = folder / "decision.jsonl"
    genuine = file.read_text()
    edit_with_its_hash(folder)
    file.write_text(file.read_text() + genuine)


def empty_a_row(folder: Path) -> None:
    """As if it had been erased."""
    file = folder / "decision.jsonl"
    place, _, _ = file.read_text().partition('"absent":null')
    file.write_text(f'{place}"absent":"gone","row":null}}\n')


def move_a_row(folder: Path) -> None:
    """A row without content in the file of a table whose rows may be erased."""
    empty_a_row(folder)
    line = (folder / "decision.jsonl").read_text()
    (folder / "decision.jsonl").write_text("")
    answers = folder / "decision_answers.jsonl"
    answers.write_text(line + answers.read_text())


def add_a_file(folder: Path) -> None:
    """A file that no block knows."""
    (folder / "review").write_text("{}")


def number_otherwise(folder: Path) -> None:
    """A number beside the signed one."""
    file = folder / "blocks.jsonl"
    file.write_text(json.dumps({**json.loads(file.read_text()), "number": 77}) + "\n")


def rename_a_part(folder: Path) -> None:
    """Other tables than the signed ones."""
    file = folder / "blocks.jsonl"
    file.write_text(file.read_text().replace('[["audit_event"', '[["audit_events"'))


def count_otherwise(folder: Path) -> None:
    """A head that says that it has one row."""
    file = folder / "blocks.jsonl"
    head = json.loads(file.read_text())
    document = {**json.loads(head["document"]), "count": 1}
    file.write_text(json.dumps({**head, "document": json.dumps(document)}) + "\n")


CHANGES: dict[Callable[[Path], None], str] = {
    edit: "decision.jsonl, block 1, place 5: not as it was sealed",
    edit_with_its_hash: "block 1: rows are missing, or do not belong to it",
    remove_a_row: "block 1: rows are missing, or do not belong to it",
    sign_otherwise: "block 1: not signed by one of the public keys",
    remove_the_head: "blocks.jsonl cannot be read",
    count_otherwise: "block 1: the head is not that of the block",
    repeat_a_key: "decision.jsonl cannot be read",
    hide_a_key: "decision.jsonl cannot be read",
    add_a_row: "decision.jsonl, block 1, place 5: is there twice",
    empty_a_row: "decision, block 1, place 5: has no content, and no expiry in this export explains",
    move_a_row: "decision_answers.jsonl, block 1, place 5: the block has no such row",
    add_a_file: "review cannot be read: this file does not belong to an export",
    number_otherwise: "block 1: does not follow block 0",
    rename_a_part: "block 1: its tables are not those that were sealed",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_exported_files_is_named(
    app: Flask, sealed: str, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """By a script that knows nothing but the files and the public key."""
    run(app, "record", tmp_path / "out")
    change(tmp_path / "out")
    code, said = check(tmp_path / "out", tmp_path / "public.pem")
    assert code == 1
    assert CHANGES[change] in said


@on_both
def test_an_edited_row_is_exported_and_named(app: Flask, sealed: str, tmp_path: Path) -> None:
    """The auditor gets the evidence, by the command and by the script."""
    with app.app_context(), db.engine.begin() as connection:
        for removal in append_only.removal("decision", connection.dialect.name):
            connection.execute(text(removal))
        connection.execute(text("UPDATE decision SET decision = 'approve'"))
    done = run(app, "record", tmp_path / "out")
    assert done.exit_code == 1
    assert f"decision {sealed} is not as it was sealed" in done.output
    code, said = check(tmp_path / "out", tmp_path / "public.pem")
    assert code == 1
    assert "not as it was sealed" in said


def test_blocks_are_chosen_by_when_they_were_sealed(
    app: Flask, client: StrictClient, sealed: str, key: SigningKey, tmp_path: Path
) -> None:
    """A part of the chain is proved by itself; what is in no block yet is said."""
    between = datetime.now(UTC).isoformat()
    later = decide(client)
    with app.app_context():
        seal(key, None, everything=True)
    unsealed = decide(client)
    done = run(app, "record", tmp_path / "later", "--since", between)
    assert "rows are in no block yet" in done.output
    assert later in content(tmp_path / "later")
    for absent in (sealed, unsealed):
        assert absent not in content(tmp_path / "later")
    assert check(tmp_path / "later", tmp_path / "public.pem")[0] == 0
    run(app, "record", tmp_path / "earlier", "--until", between)
    assert sealed in content(tmp_path / "earlier")
    assert later not in content(tmp_path / "earlier")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "tomorrow"], "--since: use a time such as 2026-11-01"),
        (["--since", "2999-01-01"], "no block was sealed in this time; run: flask seal"),
    ],
)
def test_a_wrong_time_leaves_no_folder(
    app: Flask, sealed: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Nor an event."""
    done = run(app, "record", tmp_path / "out", *arguments)
    assert (done.exit_code, message in done.output) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_exists_is_not_touched(app: Flask, sealed: str, tmp_path: Path) -> None:
    """Neither by the record nor by an applicant's data."""
    (tmp_path / "out").mkdir()
    for arguments in (["record"], ["applicant"]):
        more = [sealed] if arguments == ["applicant"] else []
        done = run(app, *arguments, tmp_path / "out", *more)
        assert (done.exit_code, "this folder exists already" in done.output) == (2, True)
    assert list((tmp_path / "out").iterdir()) == []


@on_both
def test_an_applicant_gets_everything_in_words(
    app: Flask, officer: StrictClient, sealed: str, tmp_path: Path
) -> None:
    """The answers, the decision, the review, and what was done with the data; no names of staff."""
    officer.get(f"/decisions/{sealed}")
    day = str(datetime.now(UTC).date())
    written_off = {"decision_id": sealed, "kind": "written_off", "date": day, "amount": 12.5}
    assert officer.post("/api/outcomes", json=written_off).status_code == 200
    done = run(app, "applicant", tmp_path / "out", "--reference", SENTINEL)
    assert done.exit_code == 0, done.output
    document = json.loads((tmp_path / "out" / "applicant.json").read_text())
    [decision] = document["decisions"]
    assert decision["decision_id"] == sealed
    given = {answer["name"]: answer["value"] for answer in decision["answers"]}
    assert given == POOR
    assert all(answer["in_words"] != "" for answer in decision["answers"])
    [review] = decision["reviews"]
    assert (review["note"], review["reason"]) == (WORDS, "documents")
    assert review["reason_in_words"] == "income or documents checked"
    assert decision["outcome"] == "decline"
    assert [event["action"] for event in decision["events"]] == [
        "decision reviewed",
        "data read",
        "outcome recorded",
    ]
    [outcome] = decision["outcomes"]
    assert (outcome["in_words"], outcome["amount"], outcome["stands"]) == (
        "written off",
        12.5,
        True,
    )
    page = (tmp_path / "out" / "applicant.html").read_text()
    questions = [str(answer["question"]) for answer in decision["answers"]]
    for shown in (
        SENTINEL,
        WORDS,
        sealed,
        f"{day}: written off, 12.50",
        "your answers were read",
        *questions,
    ):
        assert str(escape(shown)) in page, shown
    for text_of in (page, json.dumps(document)):
        assert A_TEST.label not in text_of
        assert "officer" not in text_of.lower()
    assert "http" not in page
    with app.app_context():
        events = audit.find_about(sealed)
    assert events[-1].action == Action.DATA_EXPORTED


def test_the_page_speaks_french(app: Flask, sealed: str, tmp_path: Path) -> None:
    """All its own texts, and those of the portfolio."""
    run(app, "applicant", tmp_path / "out", sealed, "--language", "fr")
    page = (tmp_path / "out" / "applicant.html").read_text()
    assert '<html lang="fr">' in page
    for text_shown in ("Vos réponses", "Vos droits", "risque élevé", "refusée"):
        assert text_shown in page
    for english in ("Your", "decision", "The ", "We "):
        assert english not in page, english


def test_of_an_erased_decision_the_rest_is_exported(
    app: Flask, sealed: str, tmp_path: Path
) -> None:
    """By its id, as its reference is gone."""
    with app.app_context():
        app.test_cli_runner().invoke(args=["erase", sealed, "--reason", "asked", "--yes"])
    missing = run(app, "applicant", tmp_path / "out", "--reference", SENTINEL)
    assert "no decision has this reference" in missing.output
    run(app, "applicant", tmp_path / "out", sealed)
    page = (tmp_path / "out" / "applicant.html").read_text()
    assert "Your answers were erased" in page
    assert SENTINEL not in page


def test_a_column_of_parquet_that_differs_from_its_row_is_named(
    app: Flask, sealed: str, tmp_path: Path
) -> None:
    """A spreadsheet shows the column, and only the row was hashed."""
    run(app, "record", tmp_path / "out", "--format", "parquet")
    file = tmp_path / "out" / "decision.parquet"
    table = pq.read_table(file)
    place = table.column_names.index("decision")
    forged = pa.array(["approve"], pa.string())
    pq.write_table(table.set_column(place, "decision", forged), file)
    code, said = check(tmp_path / "out", tmp_path / "public.pem")
    assert (code, "a column differs from seal_row" in said) == (1, True), said


def test_a_row_that_cannot_be_read_is_named(app: Flask, sealed: str, tmp_path: Path) -> None:
    """It is not taken for one that was erased."""
    with app.app_context(), db.engine.begin() as connection:
        for removal in append_only.removal("decision", connection.dialect.name):
            connection.execute(text(removal))
        connection.execute(text("UPDATE decision SET timestamp = 'nonsense'"))
    done = run(app, "record", tmp_path / "out")
    assert (done.exit_code, f"decision {sealed} is not as it was sealed" in done.output) == (
        1,
        True,
    )


def test_a_reference_of_several_clients_is_not_one_applicant(
    app: Flask, client: StrictClient, sealed: str, tmp_path: Path
) -> None:
    """Each client chooses its own references; neither exported nor erased by the reference alone."""
    with app.app_context():
        key = api_keys.add("a shop", [Scope.PREDICT], None, A_TEST)
    other = decide(client, headers={"Authorization": f"Bearer {key}"})
    for command in (["export", "applicant", str(tmp_path / "out")], ["erase", "--reason", "x"]):
        with app.app_context():
            arguments = [*command, "--reference", SENTINEL]
            done = app.test_cli_runner().invoke(args=arguments)
        assert done.exit_code == 2
        assert "several clients use this reference" in done.output
        assert other in done.output
    assert not (tmp_path / "out").exists()


def test_blocks_in_between_are_exported_too(
    app: Flask, client: StrictClient, sealed: str, key: SigningKey, tmp_path: Path
) -> None:
    """A clock that was set back dated one of them earlier; the chain has no gap."""
    for _ in range(2):
        decide(client)
        with app.app_context():
            seal(key, None, everything=True)
    with app.app_context(), reading() as session:
        moments = [session.get_one(SealBlock, number).sealed_at for number in (1, 2, 3)]
        assert blocks.sealed_between(session, moments[0], None) == range(1, 4)
        assert blocks.sealed_between(session, moments[1], moments[2]) == range(2, 3)
        assert blocks.sealed_between(session, moments[2] + timedelta(days=1), None) == range(0)
