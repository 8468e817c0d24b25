"""Files larger than a request: the same answers as the API's, each row once, whatever is killed."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client
from flask import Flask
from sqlalchemy import NullPool, create_engine

from creditapp.exceptions import BadTable, FileRunFailed
from creditapp.files import formats, part
from creditapp.files import run as file_run
from creditapp.files.run import Keeping, Summary, Workers, cluster, score_file
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy
from creditapp.settings.paths import ROOT
from tests.actors import A_TEST
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE
from tests.serving import Trained, environment, flask, free_port, wait_until

UNRECORDED, RECORDED = Keeping(), Keeping(record=True)

COMPARED = (
    "prediction",
    "probability_good_credit",
    "probability_bad_credit",
    "score",
    "risk_level",
    "decision",
    "model_version",
    "policy_version",
)


def rows_like_the_data(times: int = 1) -> list[dict[str, Any]]:
    """The project's own rows, each with a reference; ages differ from copy to copy."""
    with (ROOT / "data" / "estadistical.csv").open() as file:
        data = list(csv.DictReader(file))
    texts = [{name.strip(): text for name, text in row.items()} for row in data]
    return [
        {
            **{name: row[name] for name in EXAMPLE},
            "Age in years": 20 + copy,
            "reference": f"{copy}-{n}",
        }
        for copy in range(times)
        for n, row in enumerate(texts)
    ]


def typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the numbers as numbers."""
    return {name: type(EXAMPLE.get(name, ""))(answer) for name, answer in row.items()}


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows as a file."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """A file's rows."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def in_process(app: Flask) -> Iterator[Workers]:
    """This process, with the application's database."""
    with app.app_context(), cluster(1, None) as workers:
        yield workers


def say_nothing(_done: int, _of: int) -> None:
    """No progress is shown."""


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_is_scored_as_the_api_scores_its_rows(
    app: Flask, client: StrictClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """In small parts, in either format; every row is where it was, and wrong ones are told of by number."""
    monkeypatch.setattr(formats, "PART_BYTES", 20_000)
    monkeypatch.setattr(formats, "PART_ROWS", 300)
    rows = [typed(row) for row in rows_like_the_data()]
    rows[1]["Age in years"] = 17
    rows[700]["Purpose"] = 'a "new"\ncar'
    rows[999]["reference"] = "\x07"
    if kind == "csv":
        file, first = write_csv(tmp_path / "in.csv", rows), 2
    else:
        file, first = tmp_path / "in.parquet", 1
        pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=700)
    with in_process(app) as dask:
        done = score_file(file, tmp_path / "out.csv", dask, keep=UNRECORDED, say=say_nothing)
    assert (done.rows, done.wrong) == (1000, 3)
    answer = client.post("/api/predict-batch", json={"applications": rows, "on_error": "report"})
    found = read_csv(tmp_path / "out.csv")
    for result, prediction in zip(found, answer.get_json()["predictions"], strict=True):
        assert {name: result[name] for name in COMPARED} == {
            name: str(prediction[name]) for name in COMPARED
        }
        assert result["reference"] == prediction["reference"]
        assert result["outside_training"] == "; ".join(prediction["outside_training"])
    late = 1 if kind == "csv" else 0  # a quoted line break makes one row two lines
    wrong = {int(row["row"]): row["reason"] for row in read_csv(tmp_path / "out.wrong.csv")}
    assert list(wrong) == [first + 1, first + 700 + late, first + 999 + late]
    assert wrong[first + 1] == (
        "Age in years: 17 is not accepted; accepted is an integer from 18 to 100."
    )
    assert not list(tmp_path.glob("*.parts"))


def test_rows_that_cannot_be_read_are_wrong_rows(app: Flask, tmp_path: Path) -> None:
    """Too few cells, a broken quote, bytes that are no text: the others are scored all the same."""
    head = ",".join(EXAMPLE) + ",reference\n"
    good = ",".join(map(str, EXAMPLE.values()))
    lines = [f"{good},ok\n", "1,2\n", '"x"y,3\n', "\n", f"{good},\udcff\n", f"{good},ok\n"]
    file = tmp_path / "in.csv"
    file.write_text(head + "".join(lines), errors="surrogateescape")
    with in_process(app) as dask:
        done = score_file(file, tmp_path / "out.parquet", dask, keep=UNRECORDED, say=say_nothing)
    assert (done.rows, done.wrong) == (5, 3)
    reasons = {row["row"]: row["reason"] for row in read_csv(done.wrong_rows)}
    assert reasons["3"] == f"line 3: the row has 2 cells; the header has {len(EXAMPLE) + 1}"
    assert reasons["4"].startswith("line 4: the row is not readable as CSV")
    assert reasons["6"].startswith("reference:")
    assert pq.read_table(tmp_path / "out.parquet")["row"].to_pylist() == [2, 7]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", ",".join(EXAMPLE) + "\n", "column names but no rows"),
        ("in.csv", "a,b\n1,2\n", "is missing"),
        ("in.txt", "", "a name that ends in"),
        ("in.parquet", "no", "not readable as Parquet"),
    ],
)
def test_a_file_that_is_no_table_is_refused_before_anything_is_written(
    app: Flask, tmp_path: Path, name: str, content: str, message: str
) -> None:
    """The message says what is wrong with it."""
    (tmp_path / name).write_text(content)
    with in_process(app) as dask, pytest.raises(BadTable, match=message):
        score_file(tmp_path / name, tmp_path / "out", dask, keep=UNRECORDED, say=say_nothing)
    assert not (tmp_path / "out").exists()


def test_an_interrupted_run_is_gone_on_with_and_records_nothing_twice(
    app: Flask, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between two parts, and between a part's commit and its note of it; its policy stays."""
    monkeypatch.setattr(formats, "PART_BYTES", 20_000)
    file, out = write_csv(tmp_path / "in.csv", rows_like_the_data()), tmp_path / "out.csv"

    def stop(done: int, _of: int) -> None:
        if done == 2:
            policy_versions.put_in_force(
                Policy("tried", 1.0, 1.0), A_TEST, "while a run is stopped"
            )
            raise KeyboardInterrupt

    def forget(path: Path, value: object) -> None:
        if path.name == "done-000003.json":
            raise KeyboardInterrupt
        part.save(path, value)

    for say, save in ((stop, part.save), (say_nothing, forget)):
        monkeypatch.setattr(file_run, "save", save)
        with in_process(app) as dask, pytest.raises(KeyboardInterrupt):
            score_file(file, out, dask, keep=RECORDED, say=say)
        assert not out.exists()
    monkeypatch.setattr(file_run, "save", part.save)
    with in_process(app) as dask, pytest.raises(FileRunFailed, match="started with --record"):
        score_file(file, out, dask, keep=UNRECORDED, say=say_nothing)
    with in_process(app) as dask:
        score_file(file, out, dask, keep=RECORDED, say=say_nothing)
    assert_each_once(read_csv(out), database, 1000)
    assert {row["policy_version"] for row in read_csv(out)} == {"default-1"}
    with in_process(app) as dask, pytest.raises(FileRunFailed, match="exists already"):
        score_file(file, out, dask, keep=RECORDED, say=say_nothing)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_the_same_file_is_recorded_once_unless_again(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    """By the same model and policy, from another place and under another name; results are the same."""
    file = write_csv(tmp_path / "in.csv", rows_like_the_data()[:50])
    copy = Path(shutil.copy(file, tmp_path / "copy.csv"))

    def run(source: Path, name: str, keep: Keeping = RECORDED) -> tuple[Summary, set[str]]:
        out = tmp_path / name
        with in_process(app) as dask:
            summary = score_file(source, out, dask, keep=keep, say=say_nothing)
        return summary, {row["decision_id"] for row in read_csv(out)}

    first, ids = run(file, "1.csv")
    second, same = run(copy, "2.csv")
    assert first.repeats is None
    assert second.repeats is not None
    assert same == ids
    assert count_decisions(database_url) == 50
    _, others = run(file, "3.csv", Keeping(record=True, again=True))
    assert not others & ids
    assert count_decisions(database_url) == 100
    with app.app_context():
        policy_versions.put_in_force(Policy("tried", 1.0, 1.0), A_TEST, "another policy")
    assert run(file, "4.csv")[0].repeats is None
    file.write_text(file.read_text().replace("A40", "A41"))
    assert run(file, "5.csv")[0].repeats is None
    assert count_decisions(database_url) == 200


def test_two_runs_over_the_same_file_at_once_record_it_once(
    app: Flask, database: Path, tmp_path: Path
) -> None:
    """In two folders, by two commands."""
    file = write_csv(tmp_path / "in.csv", rows_like_the_data())
    commands = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "flask",
                "score",
                str(file),
                "--record",
                "--out",
                str(tmp_path / out),
            ],
            cwd=ROOT,
            env=environment(database, tmp_path / "none.db"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for out in ("a.csv", "b.csv")
    ]
    said = [command.communicate(timeout=120)[0].decode() for command in commands]
    assert [command.returncode for command in commands] == [0, 0], said
    assert sum("nothing was recorded twice (--again records it again)" in one for one in said) == 1
    assert_each_once(read_csv(tmp_path / "a.csv"), database, 1000)


def test_again_needs_record(database: Path, trained: Trained, tmp_path: Path) -> None:
    """Without it nothing is recorded, and it says so."""
    file = write_csv(tmp_path / "in.csv", rows_like_the_data()[:2])
    done = flask(
        "score",
        str(file),
        "--again",
        "--out",
        str(tmp_path / "out.csv"),
        database=database,
        registry=trained.registry,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "--again: add --record; without it nothing is recorded\n",
    )


def count_decisions(address: str) -> int:
    """How many decisions there are."""
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM decision").scalar_one())


def test_a_folder_holds_one_run_over_one_file(app: Flask, tmp_path: Path) -> None:
    """A second run over it changes nothing; one over another file, or into a folder in use, is refused."""
    file, out = write_csv(tmp_path / "in.csv", rows_like_the_data()), tmp_path / "out"
    with in_process(app) as dask:
        first = score_file(file, out, dask, keep=UNRECORDED, say=say_nothing)
        before = {path: path.stat().st_ino for path in out.glob("part-*")}
        assert score_file(file, out, dask, keep=UNRECORDED, say=say_nothing) == first
        assert {path: path.stat().st_ino for path in out.glob("part-*")} == before
        write_csv(file, rows_like_the_data()[:10])
        with pytest.raises(FileRunFailed, match="before it changed"):
            score_file(file, out, dask, keep=UNRECORDED, say=say_nothing)
        with pytest.raises(FileRunFailed, match="use an empty or a new folder"):
            score_file(file, tmp_path, dask, keep=UNRECORDED, say=say_nothing)


def test_processes_of_our_own_listen_to_this_machine_alone() -> None:
    """Dask's scheduler and workers would otherwise show their state to the network."""
    with cluster(2, None):
        own = psutil.Process()
        opened = [
            connection.laddr.ip
            for process in (own, *own.children(recursive=True))
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
    assert len(opened) >= 2
    assert set(opened) == {"127.0.0.1"}


def test_a_worker_that_dies_costs_no_row_and_doubles_none(
    app: Flask, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real scheduler and two real workers, one of them killed half-way."""
    monkeypatch.setattr(formats, "PART_BYTES", 100_000)
    file, out = write_csv(tmp_path / "in.csv", rows_like_the_data(20)), tmp_path / "out"
    with dask_cluster(tmp_path) as (address, workers):

        def kill(done: int, of: int) -> None:
            if done == of // 3:
                os.kill(workers[0].pid, signal.SIGKILL)

        with app.app_context(), cluster(1, address) as dask:
            done = score_file(file, out, dask, keep=RECORDED, say=kill)
            with Client(address) as client:
                assert len(client.scheduler_info()["workers"]) == 1
    assert (done.rows, done.wrong) == (20_000, 0)
    results = [row for part in sorted(out.glob("part-*")) for row in read_csv(part)]
    assert_each_once(results, database, 20_000)
    assert not list(out.glob(f"{part.DRAFT}*"))


def test_the_command_scores_in_two_processes_and_says_what_it_did(
    database: Path, trained: Trained, tmp_path: Path
) -> None:
    """And where there is no scheduler, it says so."""
    file, out = write_csv(tmp_path / "in.csv", rows_like_the_data()), tmp_path / "out.csv"
    arguments = ["score", str(file), "--out", str(out)]
    where = {"database": database, "registry": trained.registry}
    nobody = f"tcp://127.0.0.1:{free_port()}"
    missing = flask(*arguments, "--scheduler", nobody, **where)
    assert (missing.returncode, missing.stderr) == (
        2,
        f"{nobody}: no Dask scheduler answers; check the address, and that it is running\n",
    )
    nowhere = flask("score", str(file), "--out", "/proc/out", **where)
    assert (nowhere.returncode, nowhere.stderr) == (2, "/proc/out: No such file or directory\n")
    done = flask(*arguments, "--workers", "2", **where)
    assert done.returncode == 0, done.stderr
    assert f"1000 rows, 1000 scored by version 1: {out}\n" in done.stdout
    assert [int(row["row"]) for row in read_csv(out)] == list(range(2, 1002))


@contextmanager
def dask_cluster(home: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """`dask scheduler` and two `dask worker` processes on this machine."""
    address = f"tcp://127.0.0.1:{free_port()}"
    verb = [sys.executable, "-m", "dask"]
    quiet = ["--host", "127.0.0.1", "--no-dashboard"]
    commands = [[*verb, "scheduler", *quiet, "--port", address.rpartition(":")[2]]]
    worker = [*verb, "worker", address, *quiet, "--no-nanny", "--nthreads", "1"]
    commands += [[*worker, "--local-directory", str(home / f"worker-{n}")] for n in (1, 2)]
    log = (home / "dask.log").open("wb")
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        for command in commands
    ]
    try:
        wait_until(lambda: workers_at(address) == 2, 30, (home / "dask.log").read_text)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(timeout=30)
        log.close()


def workers_at(address: str) -> int:
    """How many workers a scheduler knows; none as long as it does not answer."""
    try:
        with Client(address, timeout=1) as client:
            return len(client.scheduler_info()["workers"])
    except OSError:
        time.sleep(0.1)
        return 0


def assert_each_once(results: list[dict[str, str]], database: Path, rows: int) -> None:
    """Each line of the file has one result, and each result one decision in the log, of the same score."""
    assert [int(row["row"]) for row in results] == list(range(2, rows + 2))
    with sqlite3.connect(database) as connection:
        kept = connection.execute(
            "SELECT decision_id, probability_good_credit, reference, answers "
            "FROM decision JOIN decision_answers USING (decision_id) WHERE channel = 'file'"
        ).fetchall()
    connection.close()
    assert {(row["decision_id"].replace("-", ""), row["reference"]) for row in results} == {
        (decision_id, reference) for decision_id, _, reference, _ in kept
    }
    assert len(kept) == rows
    scores = {row["reference"]: float(row["probability_good_credit"]) for row in results}
    assert all(scores[reference] == probability for _, probability, reference, _ in kept)
    assert all(json.loads(answers).keys() == EXAMPLE.keys() for *_, answers in kept)
