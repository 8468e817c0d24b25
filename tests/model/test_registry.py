"""From registered to served: promote, archive, reload."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.serving import Trained, flask


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for a registry that tests may change."""
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def own(home: Path, trained: Trained) -> Trained:
    """A registry with two versions, the first of them promoted, and its database."""
    made = replace(trained, database=home / "creditapp.db", registry=home / "mlflow.db")
    shutil.copy(trained.database, made.database)
    shutil.copy(trained.registry, made.registry)
    shutil.copytree(trained.registry.parent / "mlruns", home / "mlruns")
    done = flask("train", database=made.database, registry=made.registry)
    assert done.returncode == 0, done.stderr
    assert "registered as version 2, stage Staging" in done.stdout
    assert "1/6" in done.stdout
    return made


def stages(own: Trained) -> dict[str, str]:
    """What `flask models` lists: stage by version."""
    lines = flask("models", database=own.database, registry=own.registry).stdout.splitlines()[1:]
    return {line.split()[0]: line.split()[1] for line in lines}


def test_a_version_goes_from_staging_to_production_and_the_old_one_is_archived(
    own: Trained,
) -> None:
    """Promotion is a step of its own, with a reason."""
    assert stages(own) == {"2": "Staging", "1": "Production"}
    unreasoned = flask("promote", "2", database=own.database, registry=own.registry)
    assert unreasoned.returncode == 2
    assert "--reason" in unreasoned.stderr
    done = flask("promote", "2", "--reason", "newer", database=own.database, registry=own.registry)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "version 2 is in production; before: 1\n"
    assert stages(own) == {"2": "Production", "1": "Archived"}
    back = flask("rollback", "--reason", "worse", database=own.database, registry=own.registry)
    assert back.stdout == "version 1 is served again; before: 2\n"
    assert stages(own) == {"2": "Archived", "1": "Production"}


@pytest.mark.parametrize("version", ["99", "x", "01"])
def test_what_is_not_registered_is_not_promoted(own: Trained, version: str) -> None:
    """One line says so."""
    done = flask("promote", version, "--reason", "r", database=own.database, registry=own.registry)
    assert done.returncode == 3
    assert done.stderr == f"no version {version} is registered\n"


def test_a_registry_with_versions_is_left_to_its_people(own: Trained, tmp_path: Path) -> None:
    """Where none is promoted, a first start does not train and promote another."""
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{own.registry}")
    client.delete_registered_model_alias("RDF_score_pipeline", "production")
    try:
        done = flask("prepare", database=tmp_path / "new.db", registry=own.registry)
    finally:
        client.set_registered_model_alias("RDF_score_pipeline", "production", "1")
    assert done.returncode == 0
    assert "versions are registered, but none is promoted" in done.stdout
    assert len(stages(own)) == 2


def test_a_registry_that_was_moved_still_serves_and_trained_beside_itself(
    own: Trained, trained: Trained, tmp_path: Path
) -> None:
    """MLflow keeps absolute paths; the first run was made elsewhere, the second after a copy."""
    first, both = (
        len(list(one.registry.parent.glob("mlruns/*/artifacts"))) for one in (trained, own)
    )
    assert (first, both) == (1, 2)
    moved = tmp_path / "another place"
    shutil.copytree(own.registry.parent, moved)
    hidden = own.registry.parent.rename(own.registry.parent.with_name("hidden"))
    try:
        place = {"database": tmp_path / "new.db", "registry": moved / "mlflow.db"}
        assert flask("prepare", **place).returncode == 0
        done = flask("promote", "2", "--reason", "moved", **place)
    finally:
        hidden.rename(own.registry.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "version 2 is in production; before: 1\n"


def test_commands_fail_in_one_line(own: Trained, tmp_path: Path) -> None:
    """A database without tables, one that cannot be, a registry of no known kind."""
    nowhere = {"database": tmp_path / "no" / "such.db", "registry": own.registry}
    empty = {"database": tmp_path / "empty.db", "registry": own.registry}
    for done in (
        flask("user", "list", **empty),
        flask("check-config", **nowhere),
        flask("prepare", **nowhere),
        flask("models", **empty, MLFLOW_TRACKING_URI="bogus://x"),
    ):
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()


def test_commands_need_no_metrics_folder(own: Trained, tmp_path: Path) -> None:
    """The setting is the service's; the folder is made when it starts."""
    folder = str(tmp_path / "metrics")
    done = flask(
        "models", database=own.database, registry=own.registry, PROMETHEUS_MULTIPROC_DIR=folder
    )
    assert done.returncode == 0, done.stderr


def test_an_unreachable_registry_is_said_in_one_line(own: Trained) -> None:
    """A tracking server that is down."""
    done = flask(
        "models",
        database=own.database,
        registry=own.registry,
        MLFLOW_TRACKING_URI="http://127.0.0.1:9",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    )
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("the model registry cannot be reached")
