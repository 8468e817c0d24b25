"""The commands that promote, archive and roll back registered versions."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.serving import Trained, flask


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a registry that tests can change."""
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def own(home: Path, trained: Trained) -> Trained:
    """A registry with two versions, of which the first is promoted, and its database."""
    copy = replace(trained, database=home / "creditapp.db", registry=home / "mlflow.db")
    shutil.copy(trained.database, copy.database)
    shutil.copy(trained.registry, copy.registry)
    shutil.copytree(trained.registry.parent / "mlruns", home / "mlruns")
    result = flask("train", "--quick", database=copy.database, registry=copy.registry)
    assert result.returncode == 0, result.stderr
    assert "registered as version 2, stage Staging" in result.stdout
    assert "1/6" in result.stdout
    assert "flask validate 2" in result.stdout
    return copy


def stages(own: Trained) -> dict[str, str]:
    """The stage of each version that `flask models` lists."""
    lines = flask("models", database=own.database, registry=own.registry).stdout.splitlines()[1:]
    return {line.split()[0]: line.split()[1] for line in lines}


def test_promotion_archives_the_previous_version(own: Trained) -> None:
    """Promotion needs a reason, and a rollback serves the previous version again."""
    assert stages(own) == {"2": "Staging", "1": "Production"}
    unreasoned = flask("promote", "2", database=own.database, registry=own.registry)
    assert unreasoned.returncode == 2
    assert "--reason" in unreasoned.stderr
    place = {"database": own.database, "registry": own.registry}
    refused = flask("promote", "2", "--reason", "newer", **place)
    assert (refused.returncode, refused.stderr) == (
        3,
        "version 2 does not meet the conditions of a promotion:\n"
        "  A validation report: it has none; run: flask validate 2\n"
        'to serve it anyway, run: flask promote 2 --override --reason "…"\n',
    )
    assert stages(own) == {"2": "Staging", "1": "Production"}
    promotion = flask("promote", "2", "--override", "--reason", "newer", **place)
    assert promotion.returncode == 0, promotion.stderr
    assert promotion.stdout == "version 2 is in production; before: 1\n"
    assert stages(own) == {"2": "Production", "1": "Archived"}
    back = flask("rollback", "--reason", "worse", database=own.database, registry=own.registry)
    assert back.stdout == "version 1 is served again; before: 2\n"
    assert stages(own) == {"2": "Archived", "1": "Production"}


@pytest.mark.parametrize("version", ["99", "x", "01"])
def test_an_unregistered_version_is_not_promoted(own: Trained, version: str) -> None:
    """The command prints one line."""
    place = {"database": own.database, "registry": own.registry}
    result = flask("promote", version, "--reason", "r", **place)
    assert result.returncode == 3
    assert result.stderr == f"version {version} is not registered; run: flask models\n"


def test_a_first_start_does_not_change_a_used_registry(own: Trained, tmp_path: Path) -> None:
    """If versions are registered but none is promoted, `flask prepare` trains and promotes nothing."""
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{own.registry}")
    client.delete_registered_model_alias("RDF_score_pipeline", "production")
    try:
        result = flask("prepare", database=tmp_path / "new.db", registry=own.registry)
    finally:
        client.set_registered_model_alias("RDF_score_pipeline", "production", "1")
    assert result.returncode == 0
    assert (
        "versions of portfolio german-credit are registered, but none is promoted" in result.stdout
    )
    assert len(stages(own)) == 2


def test_a_moved_registry_still_works(own: Trained, trained: Trained, tmp_path: Path) -> None:
    """MLflow stores absolute paths; the first run was made before a copy, and the second after it."""
    first, both = (
        len(list(place.registry.parent.glob("mlruns/*/artifacts"))) for place in (trained, own)
    )
    assert (first, both) == (1, 2)
    moved = tmp_path / "another place"
    shutil.copytree(own.registry.parent, moved)
    hidden = own.registry.parent.rename(own.registry.parent.with_name("hidden"))
    try:
        place = {"database": tmp_path / "new.db", "registry": moved / "mlflow.db"}
        assert flask("prepare", **place).returncode == 0
        result = flask("promote", "2", "--override", "--reason", "moved", **place)
    finally:
        hidden.rename(own.registry.parent)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "version 2 is in production; before: 1\n"


def test_commands_fail_without_a_traceback(own: Trained, tmp_path: Path) -> None:
    """The database has no tables or cannot be opened, or the registry's address has an unknown scheme."""
    nowhere = {"database": tmp_path / "no" / "such.db", "registry": own.registry}
    empty = {"database": tmp_path / "empty.db", "registry": own.registry}
    for result in (
        flask("user", "list", **empty),
        flask("check-config", **nowhere),
        flask("prepare", **nowhere),
        flask("models", **empty, MLFLOW_TRACKING_URI="bogus://x"),
    ):
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert result.stderr.strip()


def test_commands_need_no_metrics_folder(own: Trained, tmp_path: Path) -> None:
    """Only the service uses the folder, and makes it when it starts."""
    folder = str(tmp_path / "metrics")
    result = flask(
        "models", database=own.database, registry=own.registry, PROMETHEUS_MULTIPROC_DIR=folder
    )
    assert result.returncode == 0, result.stderr


def test_an_unreachable_registry_is_reported(own: Trained) -> None:
    """The last line of the output says so when the tracking server is down."""
    result = flask(
        "models",
        database=own.database,
        registry=own.registry,
        MLFLOW_TRACKING_URI="http://127.0.0.1:9",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    )
    assert result.returncode == 2
    assert result.stderr.strip().splitlines()[-1].startswith("the model registry cannot be reached")
