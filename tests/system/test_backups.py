"""A copy of the database while the service writes, and the way back, on both databases."""

import os
import re
from pathlib import Path

import pytest

from tests.engines import on_both
from tests.load import assert_kept, under_load
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import Trained, flask, free_port, serve, wait_until


def decisions(said: str) -> int:
    """The count in a command's words."""
    [count] = re.findall(r"([0-9,]+) decisions", said)
    return int(count.replace(",", ""))


@on_both
def test_a_copy_that_was_made_under_load_comes_back_whole(
    engine: str,
    database_url: str,
    trained: Trained,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """It holds at least what was there when it began, each decision with its answers, and can be served."""
    copy = tmp_path / "copy"
    with (
        serve(database_url, trained.registry, log=tmp_path / "log") as service,
        under_load(4, lambda: service.post("/api/predict", EXAMPLE)) as answered,
    ):
        wait_until(lambda: len(answered) > 100, 20)
        already = list(answered)
        made = flask("backup", str(copy), database=database_url, registry=trained.registry)
        assert made.returncode == 0, made.stderr
        enough = len(answered) + 20
        wait_until(lambda: len(answered) > enough, 20)

    if engine == "sqlite":
        empty = f"sqlite:///{tmp_path}/restored.db"
    else:
        empty = request.getfixturevalue("postgresql").create()
    back = flask("restore", str(copy), database=empty, registry=trained.registry)
    assert back.returncode == 0, back.stderr
    assert len(already) <= decisions(made.stdout) <= decisions(back.stdout)
    assert_kept(already, empty)
    with serve(empty, trained.registry, log=tmp_path / "log2") as service:
        assert service.post("/api/predict", EXAMPLE).status == 200
    again = flask("restore", str(copy), database=empty, registry=trained.registry)
    assert again.returncode == 2, "what is there is not written over"


def test_a_copy_is_not_written_over_and_a_broken_one_is_refused(
    database: Path, trained: Trained, tmp_path: Path
) -> None:
    """Each with one line that names the file."""
    copy = tmp_path / "copy"
    copy.write_text("something else")
    made = flask("backup", str(copy), database=database, registry=trained.registry)
    assert (made.returncode, made.stderr) == (2, f"{copy}: this file exists already\n")
    empty = tmp_path / "empty.db"
    back = flask("restore", str(copy), database=empty, registry=trained.registry)
    assert back.returncode == 2
    assert str(copy) in back.stderr.splitlines()[-1]


def test_a_copy_is_asked_for_as_the_address_says(
    postgresql: Postgresql, postgresql_prepared: str, trained: Trained, tmp_path: Path
) -> None:
    """From the host that answers, of several, and with the same demands on its certificate."""
    programs, seen = tmp_path / "bin", tmp_path / "seen"
    programs.mkdir()
    script = f'#!/bin/sh\nenv >{seen}\nPATH=${{PATH#*:}} exec pg_dump "$@"\n'
    (programs / "pg_dump").write_text(script)
    (programs / "pg_dump").chmod(0o755)
    who = f"postgres:{postgresql.password}"
    hosts = f"host=127.0.0.1:{free_port()}&host=127.0.0.1:{postgresql.port}"
    made = flask(
        "backup",
        str(tmp_path / "copy"),
        database=f"postgresql://{who}@/{postgresql_prepared}?{hosts}&sslmode=prefer",
        registry=trained.registry,
        PATH=f"{programs}:{os.environ['PATH']}",
    )
    assert made.returncode == 0, made.stderr
    assert "PGSSLMODE=prefer\n" in seen.read_text()
