"""Training registers a complete run, and refuses bad data."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from creditapp.settings.paths import ROOT
from tests.portfolios import GERMAN
from tests.serving import Trained, flask

DATA = ROOT / "data" / "estadistical.csv"
Rows = list[list[str]]


def without_column(rows: Rows) -> Rows:
    """The table without its column of ages."""
    position = rows[0].index("Age in years")
    return [[cell for n, cell in enumerate(row) if n != position] for row in rows]


def with_cell(line: int, column: str, cell: str) -> Callable[[Rows], Rows]:
    """A function that changes a cell of the table."""

    def change(rows: Rows) -> Rows:
        rows[line - 1][rows[0].index(column)] = cell
        return rows

    return change


def of_one_class(rows: Rows) -> Rows:
    """The table with good credits only."""
    return [row for row in rows if row[-1] != "2"]


BAD = {
    "a missing column": (without_column, 'the column "Age in years" is missing'),
    "an unknown code": (with_cell(5, "Purpose", "A99"), 'line 5, column "Purpose": "A99"'),
    "an empty cell": (with_cell(7, "Housing", ""), 'line 7, column "Housing": the cell is empty'),
    "a number as text": (
        with_cell(3, "Age in years", "old"),
        'line 3, column "Age in years": "old"',
    ),
    "a fraction": (with_cell(3, "Age in years", "35.5"), 'line 3, column "Age in years": "35.5"'),
    "a third class": (
        with_cell(9, "Receive/ Not receive credit", "3"),
        'line 9, column "Receive/ Not receive credit": "3"',
    ),
    "one class": (of_one_class, "0 rows of class 2; at least 2 rows of each class are needed"),
    "an empty file": (lambda _: [], "the file is empty"),
    "no rows": (lambda rows: rows[:1], "no rows"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD.keys())
def test_bad_data_are_refused_in_one_line(
    change: Callable[[Rows], Rows], message: str, tmp_path: Path
) -> None:
    """The message names the file, and the line and the column of a bad cell."""
    from creditapp.exceptions import BadTable
    from training import dataset

    file = tmp_path / "data.csv"
    with DATA.open(newline="") as lines, file.open("w", newline="") as target:
        csv.writer(target).writerows(change(list(csv.reader(lines))))
    with pytest.raises(BadTable) as caught:
        dataset.load(GERMAN, file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_refuses_bad_data_with_exit_code_2(
    database: Path, trained: Trained, tmp_path: Path
) -> None:
    """It prints one line, and registers nothing."""
    file = tmp_path / "data.csv"
    file.write_text("Age in years\n35\n")
    before = flask("models", database=database, registry=trained.registry).stdout
    result = flask("train", "--data", str(file), database=database, registry=trained.registry)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert 'the column "Duration in month" is missing' in result.stderr
    assert flask("models", database=database, registry=trained.registry).stdout == before


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The message says that the file cannot be read."""
    from creditapp.exceptions import BadTable
    from training import dataset

    with pytest.raises(BadTable, match="cannot be read"):
        dataset.load(GERMAN, tmp_path / "nowhere.csv")


def test_blanks_around_column_names_are_ignored(tmp_path: Path) -> None:
    """Spreadsheets can add them when they export a file."""
    from training import dataset

    header, rest = DATA.read_text().split("\n", 1)
    file = tmp_path / "data.csv"
    file.write_text(" , ".join(header.split(",")) + " \n" + rest)
    assert len(dataset.load(GERMAN, file)) == 1000


def test_the_data_have_the_documented_classes_and_split() -> None:
    """There are 700 good and 300 bad rows, and both parts of the split keep this proportion."""
    from training import dataset

    whole = dataset.load(GERMAN, DATA)
    parts = dataset.split(whole)
    assert whole.target.value_counts().to_dict() == {1: 700, 0: 300}
    assert parts.training.target.value_counts().to_dict() == {1: 490, 0: 210}
    assert parts.held_out.target.value_counts().to_dict() == {1: 210, 0: 90}


def test_the_run_is_complete(trained: Trained) -> None:
    """It has params, metrics, reports, the pipeline with its environment, and the served bundle."""
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{trained.registry}")
    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias("RDF_score_pipeline", "production")
    run = client.get_run(str(version.run_id))
    assert run.data.params["n_estimators"] == "100"
    assert {"accuracy", "precision_good", "recall_bad", "f1_bad", "gini"} <= run.data.metrics.keys()
    names = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {
        "classification_report.txt",
        "confusion_matrix.txt",
        "model_metadata.json",
        "served_bundle",
    } <= names
    folder = Path(
        mlflow.artifacts.download_artifacts(f"models:/RDF_score_pipeline/{version.version}")
    )
    files = {file.name for file in folder.iterdir()}
    assert {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"} <= files
    assert {"input_example.json", "model.skops"} <= files
    assert "signature" in (folder / "MLmodel").read_text()
    metadata = json.loads(
        mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/model_metadata.json")
    )
    assert metadata["rows_fitted"] == 700
    assert metadata["export_largest_difference"] <= 1e-6


def test_a_scorecard_is_registered_with_its_family_and_its_table(
    database: Path, trained: Trained, tmp_path: Path
) -> None:
    """By the command; the pipeline and the served bundle are in the run as for every family."""
    import mlflow

    registry = tmp_path / "mlflow.db"
    answer = flask(
        "train", "--quick", "--estimator", "scorecard", database=database, registry=registry
    )
    assert answer.returncode == 0, answer.stderr
    mlflow.set_tracking_uri(f"sqlite:///{registry}")
    client = mlflow.MlflowClient()
    [version] = client.search_model_versions("name='RDF_score_pipeline'")
    assert version.tags["family"] == "scorecard"
    names = {file.path for file in client.list_artifacts(str(version.run_id))}
    assert {"scorecard.csv", "scorecard.sql", "served_bundle"} <= names
    listed = flask("models", database=database, registry=registry).stdout
    assert "scorecard" in listed


def test_an_unknown_family_is_refused_with_those_that_there_are(
    database: Path, trained: Trained
) -> None:
    """Before anything is read or fitted."""
    answer = flask("train", "--estimator", "magic", database=database, registry=trained.registry)
    assert answer.returncode == 2
    assert 'no family of models "magic"; accepted is forest, calibrated-forest' in answer.stderr
