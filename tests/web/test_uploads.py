"""Uploaded files: checked by a process of their own, scored when the person says so, and given back."""

import csv
import io
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask

from creditapp.factory import create_app
from creditapp.files import uploads
from creditapp.identity import audit
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from tests.clients import StrictClient, csrf_token
from tests.portfolios import EXAMPLE
from tests.serving import wait_until

HEAD = ",".join([*EXAMPLE, "reference"])
GOOD = ",".join(map(str, EXAMPLE.values()))
SECONDS = 240


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """Each process that the tests started ends by itself."""
    yield
    wait_until(lambda: not workers(), SECONDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of uploads."""
    return tmp_path / "uploads"


@pytest.fixture
def settings(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of this test's own, also for the processes that it starts."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CREDITAPP_UPLOADS", str(folder))
    return replace(settings, uploads=str(folder), max_upload_bytes=30_000_000)


def workers() -> list[psutil.Process]:
    """The processes that work on uploads, of this test and its children."""
    found = []
    for one in psutil.Process().children(recursive=True):
        try:
            if "uploads" in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except psutil.Error:
            continue
    return found


def send(
    client: StrictClient, content: bytes | str, name: str = "loans.csv", keeping: str = "record"
) -> Any:
    """Upload a file on the page."""
    token = csrf_token(client.get("/files").text)
    data = content.encode() if isinstance(content, str) else content
    form = {"csrf_token": token, "keeping": keeping, "file": (io.BytesIO(data), name)}
    return client.post("/files", data=form, content_type="multipart/form-data")


def until(client: StrictClient, path: str, *words: str) -> str:
    """Reload the page of a file until it says one of some words; the page."""
    deadline = time.monotonic() + SECONDS
    while True:
        page = client.get(path).text
        if any(word in state_of(page) for word in words):
            return page
        assert time.monotonic() < deadline, state_of(page)
        time.sleep(0.3)


def state_of(page: str) -> str:
    """The line that says the state."""
    return page.partition('id="state"')[2].partition("</p>")[0]


def act(client: StrictClient, path: str, what: str) -> Any:
    """Press a button on the page of a file."""
    token = csrf_token(client.get(path).text)
    return client.post(f"{path}/{what}", data={"csrf_token": token})


def upload(client: StrictClient, content: bytes | str, name: str = "loans.csv", **more: str) -> str:
    """Upload a file that is taken; the path of its page."""
    answer = send(client, content, name, **more)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a CSV answer."""
    return list(csv.DictReader(io.StringIO(text)))


def id_of(path: str) -> str:
    """The id in the path of a file's page."""
    return path.rpartition("/")[2]


def test_a_file_is_checked_scored_and_recorded_in_the_persons_name(
    app: Flask, officer: StrictClient
) -> None:
    """Nothing is scored before the person says so; results, wrong rows and events are there after."""
    lines = [HEAD, f"{GOOD},first", f"{GOOD.replace('35', '17')},second", f"{GOOD},=1+1"]
    path = upload(officer, "\n".join(lines))
    page = until(officer, path, "waits for you")
    assert "Age in years: 17 is not accepted; accepted is an integer from 18 to 100." in page
    assert "Score 3 rows" in page
    assert officer.get("/decisions").text.count("person:") == 0
    assert officer.get(f"{path}/results.csv").status_code == 404
    assert act(officer, path, "score").status_code == 302
    until(officer, path, ">scored<")
    results = rows_of(officer.get(f"{path}/results.csv").text)
    assert [row["row"] for row in results] == ["2", "4"]
    assert [row["reference"] for row in results] == ["first", "'=1+1"]
    wrong = rows_of(officer.get(f"{path}/wrong-rows.csv").text)
    assert [row["row"] for row in wrong] == ["3"]
    parquet = officer.get(f"{path}/results.parquet")
    table = pq.read_table(io.BytesIO(parquet.data))
    assert table["reference"].to_pylist() == ["first", "=1+1"]
    disposition = parquet.headers["Content-Disposition"]
    assert disposition == "attachment; filename=loans-results.parquet"
    assert_as_the_api_scores(officer, results[0])
    with app.app_context():
        events = [(one.actor, one.action) for one in audit.find_about(f"file {id_of(path)}")]
    person = "person:the officer"
    expected = ["file uploaded", "data read", "file scoring started", "file scored"]
    assert events[:4] == [(person, action) for action in expected]
    assert events[4:] == [(person, "data exported")] * 3


def assert_as_the_api_scores(client: StrictClient, result: dict[str, str]) -> None:
    """A row has the score of the same application sent to the API, and its decision names the person."""
    stored = client.get(f"/api/decisions/{result['decision_id']}").get_json()
    scored = client.post("/api/predict", json=EXAMPLE).get_json()
    for name in ("probability_good_credit", "decision", "model_version", "policy_version"):
        assert stored[name] == scored[name]
        assert result[name] == str(scored[name])
    assert "person:the officer" in client.get(f"/decisions/{result['decision_id']}").text


def test_what_is_only_tried_is_not_recorded(
    app: Flask, officer: StrictClient, database: Path
) -> None:
    """There are results without ids of decisions; a Parquet file is read as well."""
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([EXAMPLE, EXAMPLE]), content)
    path = upload(officer, content.getvalue(), "loans.parquet", keeping="try")
    until(officer, path, "waits for you")
    act(officer, path, "score")
    until(officer, path, ">scored<")
    assert [row["decision_id"] for row in rows_of(officer.get(f"{path}/results.csv").text)] == [
        ""
    ] * 2
    assert recorded(database) == 0


def recorded(database: Path) -> int:
    """The number of decisions on record."""
    connection = sqlite3.connect(database)
    [number] = connection.execute("SELECT count(*) FROM decision").fetchone()
    connection.close()
    return int(number)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("loans.csv", "", "The file is empty"),
        ("loans.xlsx", "PK\x03\x04", "is a workbook"),
        ("loans.csv", "PK\x03\x04", "is a workbook"),
        ("loans.csv", "PAR1", "is Parquet, not CSV"),
        ("loans.csv", b"\xff\xfea\0", "is in UTF-16"),
        ("loans.csv", b"a\0b", "bytes that are no text"),
        ("loans.parquet", "a,b", "is no Parquet file"),
        ("loans.txt", "a,b", "does not end in .csv or .parquet"),
        ("", "a,b", "No file was chosen"),
    ],
)
def test_a_file_of_another_kind_is_refused_at_once(
    officer: StrictClient, folder: Path, name: str, content: Any, words: str
) -> None:
    """The page says what it is and what to do, keeps the choice, and nothing stays on the disk."""
    answer = send(officer, content, name, keeping="try")
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="try" checked' in answer.text
    assert [one for one in folder.iterdir() if one.is_dir()] == []


def test_the_reasons_of_wrong_rows_are_in_the_language_of_who_uploaded_the_file(
    officer: StrictClient,
) -> None:
    """On the page before and after the scoring, and in the file with the wrong rows."""
    officer.set_cookie("creditapp_language", "fr")
    path = upload(officer, f'{HEAD}\n{GOOD.replace("35", "17")},a\n1,2\n{GOOD},b\n"x')
    reasons = [
        "Age in years\u00a0: 17 n’est pas accepté\u00a0; est accepté un entier de 18 à 100.",
        "ligne 3\u00a0: la ligne a 2 cellules\u00a0; l’en-tête en a 20",
        "ligne 5\u00a0: la ligne n’est pas lisible en CSV\u00a0: un guillemet n’est pas fermé",
    ]
    page = until(officer, path, "attend votre")
    assert [reason for reason in reasons if reason not in page] == []
    act(officer, path, "score")
    page = until(officer, path, ">évalué<")
    assert re.findall(r"<dt>(Accepter|Soumettre à une personne|Refuser)</dt><dd>(\d)", page) == [
        ("Accepter", "1"),
        ("Soumettre à une personne", "0"),
        ("Refuser", "0"),
    ]
    assert [reason for reason in reasons if reason not in page] == []
    wrong = rows_of(officer.get(f"{path}/wrong-rows.csv").text)
    assert [row["reason"] for row in wrong] == reasons


def test_a_file_that_is_no_table_is_refused_in_the_language_of_the_reader(
    officer: StrictClient,
) -> None:
    """Whatever the language of who uploaded it."""
    path = upload(officer, '"' + f"{HEAD}\n" * 5000)
    page = until(officer, path, "cannot be scored", "waits for you")
    assert "the column names are not readable: a quotation mark is not closed." in page
    officer.set_cookie("creditapp_language", "fr")
    assert "sont illisibles\u00a0: un guillemet n’est pas fermé." in officer.get(path).text


def test_a_file_that_cannot_be_scored_says_why(officer: StrictClient) -> None:
    """With the cause; and it cannot be scored all the same. `tests/unit/files` has all causes."""
    path = upload(officer, HEAD.replace(",", ";") + "\n" + GOOD.replace(",", ";"))
    page = until(officer, path, "cannot be scored", "waits for you")
    assert "are separated by semicolons" in page
    assert act(officer, path, "score").status_code == 422


def test_a_file_that_is_too_large_is_refused(app: Flask, officer: StrictClient) -> None:
    """With the limit, whether its length is told at first or not; the API keeps its own limit."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], max_upload_bytes=10_000)
    answer = send(officer, b"x" * 200_000)
    assert answer.status_code == 413
    assert "at most 0.01 MB" in answer.text
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], max_body_bytes=10_000)
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    assert officer.post("/api/predict", data=b"x" * 20_000).status_code in (413, 415)


def test_a_file_belongs_to_who_uploaded_it(
    officer: StrictClient, people: dict[Role, str], app: Flask
) -> None:
    """Another officer is told that there is none; an admin sees those of all."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    other = app.test_client()
    assert isinstance(other, StrictClient)
    other.sign_in("the analyst", people[Role.ANALYST])
    assert "loans.csv" not in other.get("/files").text
    token = csrf_token(other.get("/files").text)
    for method, address in (
        ("GET", path),
        ("GET", f"{path}/results.csv"),
        ("POST", f"{path}/score"),
        ("POST", f"{path}/delete"),
    ):
        assert other.open(address, method=method, data={"csrf_token": token}).status_code == 404
    other.sign_in("the admin", people[Role.ADMIN])
    assert "loans.csv" in other.get("/files").text
    until(other, path, "waits for you")


def test_names_and_paths_lead_nowhere_else(officer: StrictClient, folder: Path) -> None:
    """What the client calls a file is shown, and names nothing on the disk."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n", "../../etc/<b>pass.csv")
    assert "&lt;b&gt;pass.csv" in officer.get(path).text
    until(officer, path, "waits for you")
    act(officer, path, "score")
    until(officer, path, ">scored<")
    sent = officer.get(f"{path}/results.csv").headers["Content-Disposition"]
    assert sent == "attachment; filename=bpass-results.csv"
    for name in ("content.csv", "preview.json", "..%2F..%2Ffolder-id", "work.lock"):
        assert officer.get(f"{path}/{name}").status_code == 404
    assert officer.get("/files/..").status_code == 404
    assert officer.get("/files/%2e%2e%2ffolder-id").status_code == 404
    assert sorted(one.name for one in folder.iterdir() if one.is_dir()) == [id_of(path)]
    assert folder.stat().st_mode & 0o077 == 0


def test_a_form_without_its_token_is_refused(officer: StrictClient, folder: Path) -> None:
    """And nothing of the file stays."""
    form = {"file": (io.BytesIO(b"a,b"), "a.csv")}
    answer = officer.post("/files", data=form, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert not [one for one in folder.iterdir() if one.is_dir()]


def test_a_deleted_file_is_gone_from_the_disk(
    officer: StrictClient, folder: Path, database: Path
) -> None:
    """With its results; the decisions that were recorded stay."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    until(officer, path, "waits for you")
    act(officer, path, "score")
    until(officer, path, ">scored<")
    assert act(officer, path, "delete").headers["Location"] == "/files"
    assert officer.get(path).status_code == 404
    wait_until(lambda: not (folder / id_of(path)).exists(), SECONDS)
    assert recorded(database) == 1


def test_the_template_is_a_file_that_can_be_scored(officer: StrictClient) -> None:
    """As it is, with its example."""
    answer = officer.get("/files/template.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=applications-template.csv"
    path = upload(officer, answer.data)
    assert "Score 1 rows" in until(officer, path, "waits for you")
    assert "example-1" in officer.get(path).text


def made(rows: int) -> str:
    """A file with so many rows."""
    return f"{HEAD}\n" + "".join(f"{GOOD},{n}\n" for n in range(rows))


def killed(condition: Callable[[], bool]) -> None:
    """Kill the process that scores as soon as a condition holds."""
    wait_until(condition, SECONDS)
    for one in workers():
        if "score" in one.cmdline():
            os.kill(one.pid, signal.SIGKILL)
            one.wait(10)


def test_a_killed_run_goes_on_and_records_nothing_twice(
    app: Flask, officer: StrictClient, folder: Path, database: Path
) -> None:
    """It goes on with the next look at the page, from where it was."""
    path = upload(officer, made(60_000))
    until(officer, path, "waits for you")
    act(officer, path, "score")
    place = folder / id_of(path) / "results.parquet.parts"
    killed(lambda: len(list(place.glob("done-*"))) >= 1)
    done = len(list(place.glob("done-*")))
    with app.app_context():
        assert uploads.find(id_of(path)).state == "scoring"
    assert 1 <= done < 3
    until(officer, path, ">scored<")
    results = rows_of(officer.get(f"{path}/results.csv").text)
    assert [row["reference"] for row in results] == [str(n) for n in range(60_000)]
    assert recorded(database) == 60_000
    assert len({row["decision_id"] for row in results}) == 60_000


def test_a_run_whose_process_dies_each_time_is_stopped(
    app: Flask, officer: StrictClient, database: Path
) -> None:
    """Instead of starting it for ever; the person may go on."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    until(officer, path, "waits for you")
    with app.app_context():
        uploads.change(id_of(path), list(uploads.State), state="scoring", attempts=3)
    page = until(officer, path, "stopped")
    assert "broke off 3 times" in page
    act(officer, path, "score")
    until(officer, path, ">scored<")


def test_the_same_file_is_recorded_once(officer: StrictClient, database: Path) -> None:
    """The second run says when it was recorded first, and has the same decisions."""
    ids = []
    for _ in range(2):
        path = upload(officer, f"{HEAD}\n{GOOD},a\n")
        until(officer, path, "waits for you")
        act(officer, path, "score")
        page = until(officer, path, ">scored<")
        ids += [row["decision_id"] for row in rows_of(officer.get(f"{path}/results.csv").text)]
    assert "nothing was recorded twice" in page
    assert ids[0] == ids[1]
    assert recorded(database) == 1


def test_a_full_disk_is_told(
    officer: StrictClient, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """On the page, and nothing of the file is left."""

    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("creditapp.files.upload_folder.shutil.copyfileobj", fill)
    answer = send(officer, f"{HEAD}\n{GOOD},a\n")
    assert answer.status_code == 507
    assert "no room on the disk" in answer.text
    assert not [one for one in folder.iterdir() if one.is_dir()]


def test_a_file_that_was_checked_by_other_fields_is_checked_again(
    app: Flask, officer: StrictClient
) -> None:
    """Before it is scored, whether the page or the process notices."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    until(officer, path, "waits for you")
    with app.app_context():
        uploads.change(id_of(path), list(uploads.State), fingerprint="another")
    act(officer, path, "score")
    until(officer, path, "waits for you")
    with app.app_context():
        uploads.change(id_of(path), list(uploads.State), fingerprint="another", state="waiting")
    page = until(officer, path, "waits for you")
    assert "asks for other fields" in page


def test_without_a_model_the_file_waits_for_one(
    app: Flask, officer: StrictClient, database: Path
) -> None:
    """It says so, and goes on once there is one."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    until(officer, path, "waits for you")
    connection = sqlite3.connect(database)
    connection.execute("DROP TRIGGER IF EXISTS deployment_is_append_only_delete")
    triggers = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'deployment'"
    ).fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("CREATE TABLE away AS SELECT * FROM deployment")
    connection.execute("DELETE FROM deployment")
    connection.commit()
    act(officer, path, "score")
    assert "No model is in force" in until(officer, path, "stopped")
    connection.execute("INSERT INTO deployment SELECT * FROM away")
    connection.commit()
    connection.close()
    act(officer, path, "score")
    until(officer, path, ">scored<")


def test_an_old_file_goes_with_its_content(
    app: Flask, officer: StrictClient, folder: Path, database: Path
) -> None:
    """When somebody looks at the list, or the service looks by itself."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    until(officer, path, "waits for you")
    wait_until(lambda: not workers(), SECONDS)
    connection = sqlite3.connect(database)
    connection.execute("UPDATE file_upload SET created_at = '2020-01-01 00:00:00.000000'")
    connection.commit()
    connection.close()
    os.utime(folder / id_of(path), (0, 0))
    assert "loans.csv" not in officer.get("/files").text
    assert not (folder / id_of(path)).exists()


def test_a_file_of_another_host_says_where_it_is(app: Flask, officer: StrictClient) -> None:
    """Its row is seen by all hosts; its content is in one folder."""
    path = upload(officer, f"{HEAD}\n{GOOD},a\n")
    until(officer, path, "waits for you")
    with app.app_context():
        uploads.change(id_of(path), list(uploads.State), folder="another")
    page = officer.get(path)
    assert page.status_code == 200
    assert "is kept on another host" in page.text


@pytest.fixture
def app(settings: Settings) -> Flask:
    """An application over this test's database and folder."""
    app = create_app(settings)
    app.test_client_class = StrictClient
    return app
