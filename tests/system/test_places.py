"""The project in the folders that people put it in: odd names, no links, nothing to write, two at once."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.engines import on_both
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import (
    ROOT,
    Service,
    Trained,
    environment,
    flask,
    free_port,
    send,
    serve,
    wait_until,
)

ODD = 'Ünï c%41%20d#e?f é"g&;x$y [z]\n%(here)s \\'
"""What a file system allows in a name and other things do not: addresses, shells, formats, configurations."""

OURS = ("CREDITAPP_", "DATABASE_URL", "MLFLOW_", "FLASK_", "SECRET_KEY", "PORT")


@dataclass(frozen=True)
class Project:
    """A copy of the project in a folder."""

    folder: Path

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program of its environment there, with nothing set."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a shell that knows nothing of the project."""
        others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {**others, "FLASK_APP": "wsgi", **more}


def copy_project(folder: Path) -> Project:
    """Copy what the repository holds, and what is new."""
    files = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(files, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in done.stdout.split("\0"):
        source = ROOT / name
        if name and source.is_file() and not name.startswith(("tests/", "docs/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    return Project(folder)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy in a folder with an odd name, with its first model."""
    project = copy_project(tmp_path_factory.mktemp("places") / ODD)
    done = project.run("flask", "prepare")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_a_folder_may_have_any_name_and_be_renamed(odd: Project) -> None:
    """Database, registry and artifacts are in it, and are found again under another name."""
    around = [one.name for one in odd.folder.parent.iterdir()]
    assert around == [odd.folder.name]
    assert (odd.folder / "instance" / "creditapp.db").exists()
    assert (odd.folder / "mlflow.db").exists()
    renamed = Project(odd.folder.rename(odd.folder.with_name("renamed % ?")))
    try:
        again = renamed.run("flask", "prepare")
        assert "version 1 is served already" in again.stdout, again.stderr
        promoted = renamed.run("flask", "promote", "1", "--reason", "again")
        assert promoted.returncode == 0, promoted.stderr
    finally:
        renamed.folder.rename(odd.folder)


def test_an_apostrophe_in_the_name_of_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    """MLflow puts the folder into SQL as it is."""
    project = copy_project(tmp_path / "the lender's")
    done = project.run("flask", "prepare")
    assert done.returncode == 2
    assert "a folder with an apostrophe in its name; rename the folder" in done.stderr


def test_no_program_of_the_environment_is_called_by_a_path_that_a_new_name_breaks() -> None:
    """Their first lines hold the path of the folder in which they were installed."""
    for file in ("Makefile", "ops/entrypoint.sh"):
        text = (ROOT / file).read_text()
        assert not re.findall(r"\$\(BIN\)/(?!python\b)", text)
        assert not re.findall(r"^\s+(?:exec |run )?(?:flask|gunicorn|mlflow) ", text, re.MULTILINE)


def test_the_service_and_its_commands_read_the_same_env_file(odd: Project) -> None:
    """What is set in the environment stays; a wrong setting of the file stops both with the same words."""
    port, settings = free_port(), odd.folder / ".env"
    gunicorn = ("gunicorn", "--config", "ops/gunicorn.conf.py", "wsgi:app")
    try:
        settings.write_text(
            f"PORT={port}  # a comment\nCREDITAPP_WORKERS=1\nCREDITAPP_HOST=elsewhere\n"
        )
        with subprocess.Popen(
            [sys.executable, "-m", *gunicorn],
            cwd=odd.folder,
            env=odd.environment(CREDITAPP_HOST="127.0.0.1"),
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                wait_until(lambda: answers(f"http://127.0.0.1:{port}/api/health"), 30)
            finally:
                process.terminate()
        settings.write_text("CREDITAPP_WORKERS=none\n")
        said = [odd.run(*command) for command in (("flask", "check-config"), gunicorn)]
    finally:
        settings.unlink()
    assert [one.returncode for one in said] == [2, 2]
    assert said[0].stderr == said[1].stderr
    assert said[0].stderr.startswith("CREDITAPP_WORKERS: ")


def answers(address: str) -> bool:
    """Whether something says there that all is well."""
    try:
        return send(address).status == 200
    except OSError:
        return False


def test_without_hard_links_files_are_still_published_whole(
    trained: Trained, tmp_path: Path
) -> None:
    """A secret, a key and the parts of a scored file; a name that is taken stays with its file."""
    library = tmp_path / "no-links.so"
    source = ROOT / "tests" / "without_hard_links.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    run = partial(
        flask, database=trained.database, registry=trained.registry, LD_PRELOAD=str(library)
    )
    key = str(tmp_path / "key.pem")
    assert run("seal", "key", key).returncode == 0
    again = run("seal", "key", key)
    assert (again.returncode, "this file exists already" in again.stderr) == (2, True)
    rows = tmp_path / "rows.csv"
    names = ",".join(f'"{name}"' for name in EXAMPLE)
    values = ",".join(f'"{value}"' for value in EXAMPLE.values())
    rows.write_text("\n".join([names, *[values] * 50]) + "\n")
    scored = run("score", str(rows), "--out", str(tmp_path / "scores.csv"))
    assert scored.returncode == 0, scored.stderr
    assert "50 scored" in scored.stdout
    project = copy_project(tmp_path / "project")
    assert project.run("flask", "--help", LD_PRELOAD=str(library)).returncode == 0
    assert len((project.folder / "instance" / "secret_key").read_text()) == 64


def test_a_folder_that_cannot_be_written_to_is_named_with_what_to_set(tmp_path: Path) -> None:
    """With a secret and a database elsewhere it is enough to read it."""
    project = copy_project(tmp_path / "project")
    read_only = (
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && exec "$@"'
    )
    command = ["unshare", "--mount", "sh", "-c", read_only, "sh", str(project.folder)]
    check = [sys.executable, "-m", "flask", "check-config"]
    run = partial(subprocess.run, [*command, *check], capture_output=True, text=True, check=False)
    without_secret = run(env=project.environment())
    assert without_secret.returncode == 2
    assert without_secret.stderr.startswith("SECRET_KEY: ")
    assert "Read-only file system; set SECRET_KEY" in without_secret.stderr
    without_database = run(env=project.environment(SECRET_KEY="s" * 40))
    assert without_database.returncode == 2
    assert without_database.stderr.startswith("DATABASE_URL: the folder")
    elsewhere = {
        "SECRET_KEY": "s" * 40,
        "DATABASE_URL": f"sqlite:///{tmp_path}/creditapp.db",
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
    }
    prepared = partial(subprocess.run, [*command, *check[:-1], "prepare"], capture_output=True)
    assert prepared(env=project.environment(**elsewhere)).returncode == 0
    assert run(env=project.environment(**elsewhere)).returncode == 0


@on_both
def test_of_two_first_starts_at_once_the_second_finds_the_work_of_the_first(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One admin and one model, and both end well."""
    address = f"sqlite:///{tmp_path}/creditapp.db"
    if engine == "postgresql":
        server: Postgresql = request.getfixturevalue("postgresql")
        address = server.create()
    prepare = partial(flask, "prepare", database=address, registry=tmp_path / "mlflow.db")
    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(prepare) for _ in range(2)]]
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    said = sorted(one.stdout.splitlines()[-1] for one in done)
    assert said == ["model: version 1 is in production", "model: version 1 is served already"]
    assert sum("sign-in: name admin" in one.stdout for one in done) == 1


def test_two_services_do_not_share_a_metrics_folder(
    service: Service, trained: Trained, tmp_path: Path
) -> None:
    """The second would set the counters of the first to zero."""
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    own = partial(shutil.copy, trained.database)
    with serve(own(tmp_path / "one.db"), trained.registry, **shared) as first:
        first.post("/api/predict", EXAMPLE)
        second = subprocess.run(
            [sys.executable, "-m", "gunicorn", "-c", "ops/gunicorn.conf.py", "wsgi:app"],
            cwd=ROOT,
            env=environment(trained.database, trained.registry, PORT=str(free_port()), **shared),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 2
        assert "PROMETHEUS_MULTIPROC_DIR: another service keeps its metrics in" in second.stderr
        metrics = first.get("/metrics").body.decode()
        assert "predictions_total{" in metrics or "predictions_total 1" in metrics
    with serve(own(tmp_path / "two.db"), trained.registry, **shared):
        pass
