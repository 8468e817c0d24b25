"""A registered version has a validation report: made on demand, kept in the registry, printed."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import html5lib
import pytest

from creditapp.exceptions import BadTable, RefusedModel
from creditapp.policy.definition import DEFAULT_POLICY
from creditapp.serving.approval import Approval
from creditapp.serving.registry import Registry
from tests.portfolios import GERMAN
from tests.serving import ROOT, Trained, flask
from training.estimators.families import FAMILIES
from training.source import DataFile
from training.validate import Basis, validate
from training.validation.effort import Effort
from training.validation.rendering import files_of

DATA = ROOT / "data" / "estadistical.csv"
LITTLE = Effort(folds=3, repeats=1, splits=2, seeds=1, bootstraps=1)
BASIS = Basis(DataFile(GERMAN, DATA), DEFAULT_POLICY, LITTLE)
KEYS = {
    "format",
    "made_at",
    "quick",
    "model",
    "purpose",
    "data",
    "selection",
    "folds",
    "measures",
    "calibration",
    "decisions",
    "documented_split",
    "out_of_time",
    "benchmarks",
    "learning_curve",
    "stability",
    "segments",
    "robustness",
    "importance",
    "directions",
    "fairness",
    "parity",
    "tried",
    "reasons",
    "limits",
}
MEASURES = {
    "roc_auc",
    "gini",
    "ks",
    "h_measure",
    "brier",
    "log_loss",
    "calibration_slope",
    "calibration_intercept",
    "ece",
    "cost",
}


@dataclass(frozen=True)
class Validated:
    """A registry with the report of version 1, and what was said while it was made."""

    trained: Trained
    registry: Registry
    report: dict[str, Any]
    said: list[str]


@pytest.fixture(scope="module")
def validated(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Validated:
    """The forest of `flask prepare`, measured with few repeats in a registry of its own."""
    home = tmp_path_factory.mktemp("validated")
    shutil.copy(trained.registry, home / "mlflow.db")
    shutil.copytree(trained.registry.parent / "mlruns", home / "mlruns")
    registry = Registry(f"sqlite:///{home / 'mlflow.db'}")
    said: list[str] = []
    report = validate(BASIS, registry, "1", said.append)
    return Validated(replace(trained, registry=home / "mlflow.db"), registry, report, said)


def test_a_report_has_all_its_parts(validated: Validated) -> None:
    """Pages and gates rely on the keys; every measure has its interval around it."""
    report = validated.report
    assert report.keys() == KEYS
    assert report["measures"].keys() == MEASURES == report["documented_split"].keys()
    assert all(one["low"] <= one["mean"] <= one["high"] for one in report["measures"].values())
    assert all(len(one["by_fold"]) == 3 for one in report["measures"].values())
    assert [one["name"] for one in report["benchmarks"]] == ["majority", "logistic regression"]
    assert len(validated.said) == 5


def test_a_report_measures_the_registered_version(validated: Validated) -> None:
    """On its hold-out, the version that is fitted again reaches what the training logged."""
    [version] = validated.registry.versions()
    record = validated.registry.training_record("1")
    logged = record.metadata["metrics"]["roc_auc"]
    assert validated.report["documented_split"]["roc_auc"]["value"] == pytest.approx(logged)
    assert validated.report["model"]["version"] == version.version == "1"
    assert validated.report["data"]["digest"] == record.params["data_digest"]
    assert validated.report["parity"]["largest_difference"] < 1e-6
    assert validated.report["purpose"]["owner"] == "unknown"
    assert validated.report["out_of_time"] is None


def test_a_report_counts_everybody(validated: Validated) -> None:
    """1,000 applicants, 700 of them good, in decisions, calibration and groups."""
    counts = validated.report["decisions"]["table"].values()
    assert (sum(one["good"] for one in counts), sum(one["bad"] for one in counts)) == (700, 300)
    assert sum(one["count"] for one in validated.report["calibration"]) == 1000
    tables = validated.report["fairness"]
    assert [(one["feature"], one["protected_used"]) for one in tables] == [
        (name, used) for used in (True, False) for name in GERMAN.protected
    ]
    assert all(sum(one["count"] for one in table["groups"]) == 1000 for table in tables)


def test_a_report_is_kept_with_its_version(validated: Validated) -> None:
    """As it was made; its figures are metrics of the run, too."""
    assert validated.registry.report("1") == validated.report
    record = validated.registry.training_record("1")
    import mlflow

    metrics = mlflow.MlflowClient().get_run(record.run_id).data.metrics
    expected = validated.report["measures"]["roc_auc"]
    assert metrics["validation_roc_auc"] == expected["mean"]
    assert metrics["validation_roc_auc_low"] == expected["low"]


def test_the_list_of_versions_shows_the_interval(validated: Validated) -> None:
    """So that two versions that differ by chance do not look different."""
    place: dict[str, Any] = {
        "database": validated.trained.database,
        "registry": validated.trained.registry,
    }
    auc = validated.report["measures"]["roc_auc"]
    written = f"{auc['mean']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"
    assert written in flask("models", **place).stdout
    [version] = validated.registry.versions()
    assert version.validation["brier"] == validated.report["measures"]["brier"]["mean"]


def test_the_command_prints_a_report(validated: Validated) -> None:
    """As Markdown, or as JSON."""
    place: dict[str, Any] = {
        "database": validated.trained.database,
        "registry": validated.trained.registry,
    }
    written = flask("report", "1", **place).stdout
    assert written.startswith("# Validation report: RDF_score_pipeline, version 1\n")
    assert "| ROC AUC |" in written
    [line] = flask("report", "1", "--json", **place).stdout.splitlines()
    assert json.loads(line) == validated.report
    both = flask("report", "1", "--json", "--markdown", **place)
    assert "use --json or --markdown, not both" in both.stderr


def test_a_version_without_a_report_says_how_to_make_it(trained: Trained, database: Path) -> None:
    """A first start trains without a report."""
    answer = flask("report", "1", database=database, registry=trained.registry)
    assert answer.returncode == 3
    assert answer.stderr == "version 1 has no validation report; run: flask validate 1\n"
    assert "no report" in flask("models", database=database, registry=trained.registry).stdout


def test_the_command_refuses_what_it_cannot_validate(
    trained: Trained, database: Path, tmp_path: Path
) -> None:
    """A version that is not registered, and a file that is not the one trained on: one line each."""
    other = tmp_path / "other.csv"
    other.write_text(DATA.read_text().rsplit("\n", 2)[0] + "\n")
    for arguments, message in (
        (["9"], "version 9 is not registered"),
        (["1", "--data", str(other)], "another digest"),
    ):
        answer = flask("validate", *arguments, database=database, registry=trained.registry)
        assert answer.returncode == 3
        assert message in answer.stderr
        assert len(answer.stderr.splitlines()) == 1


def test_the_page_needs_no_other_file(validated: Validated) -> None:
    """It is well-formed, draws its plots itself, and names no other host but namespaces."""
    page = files_of(validated.report)["report.html"]
    parsed = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    tables = parsed.findall(".//table")
    assert len(tables) > 15
    assert all(table.find("caption") is not None for table in tables)
    assert page.count("<svg") == 5
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert not re.findall(r"url\((?!#)|@import|<script", page)
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_every_table_of_the_markdown_is_whole(validated: Validated) -> None:
    """Each line of a table has as many cells as its head."""
    written = files_of(validated.report)["report.md"]
    blocks = [block for block in written.split("\n\n") if block.startswith("|")]
    assert len(blocks) > 15
    for block in blocks:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.strip().splitlines()}
        assert len(widths) == 1, block


def test_equal_reports_are_written_alike(validated: Validated) -> None:
    """Plots, too: nothing in them depends on the day or on chance."""
    assert files_of(validated.report) == files_of(validated.report)


def test_other_data_are_refused(validated: Validated, tmp_path: Path) -> None:
    """The report would be that of another model; the message names the file that is needed."""
    other = tmp_path / "other.csv"
    other.write_text(DATA.read_text().rsplit("\n", 2)[0] + "\n")
    with pytest.raises(RefusedModel, match=r"trained on estadistical\.csv .* another digest"):
        validate(replace(BASIS, source=DataFile(GERMAN, other)), validated.registry, "1", print)


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    """The message counts them, and says how many are needed."""
    from training import validate as module
    from training.dataset import load

    few = load(GERMAN, DATA).take(range(60))
    with pytest.raises(BadTable, match=r"good and .* bad credits are too few .* 50 of each"):
        module._check_rows(few, DataFile(GERMAN, tmp_path))


def test_another_portfolio_is_refused(validated: Validated) -> None:
    """The message says which setting to change."""
    other = replace(GERMAN, name="other")
    with pytest.raises(RefusedModel, match="CREDITAPP_PORTFOLIO"):
        validate(replace(BASIS, source=DataFile(other, DATA)), validated.registry, "1", print)


def test_the_version_in_production_is_a_benchmark_of_others(
    validated: Validated,
) -> None:
    """A version is not compared with itself: only other versions have it as a rival."""
    from training import validate as module

    record = validated.registry.training_record("1")
    validated.registry.promote("1", Approval("a test", "a test"))
    assert len(module._rivals(validated.registry, record, GERMAN)) == 2
    [*_, served] = module._rivals(validated.registry, replace(record, version="2"), GERMAN)
    assert (served.name, served.version) == ("production", "1")
    assert served.fit.func == FAMILIES["forest"].fit  # type: ignore[attr-defined]
