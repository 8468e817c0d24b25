"""A report of made rows, which have days of application, is complete and made alike again."""

from pathlib import Path
from typing import Any

from creditapp.policy.definition import DEFAULT_POLICY
from tests import mixed
from training.estimators.families import FAMILIES
from training.reason_check import ReasonCount
from training.source import DataFile
from training.validation.decisions import CutOffs
from training.validation.effort import Effort
from training.validation.rendering import as_markdown
from training.validation.report import make_report
from training.validation.subject import Subject, benchmarks
from training.validation.task import Task

RECORD = {
    "version": "3",
    "run_id": "1f",
    "bundle_digest": "2e",
    "trained_at": "2026-01-31",
    "data_digest": "unknown",
    "logged_roc_auc": None,
    "parameters": {},
}


def made_report(file: Path) -> dict[str, Any]:
    """A report with as few repeats as possible, without the time at which it was made."""
    subject = Subject(FAMILIES["forest"], protected=False, record=RECORD, parity={"rows": None})
    task = Task(
        reasons=ReasonCount(0, 0, 0, 0, 0, 0),
        subject=subject,
        whole=mixed.dataset(),
        source=DataFile(mixed.MIXED, file),
        cut_offs=CutOffs.of(DEFAULT_POLICY),
        rivals=benchmarks(protected=False),
        effort=Effort(folds=3, repeats=1, splits=2, seeds=1, bootstraps=1),
    )
    return {**make_report(task, "a model", lambda _: None), "made_at": ""}


def test_equal_rows_give_equal_reports(tmp_path: Path) -> None:
    """Threads, draws and folds change nothing; and rows with days have an out-of-time part."""
    file = tmp_path / "made.csv"
    file.write_text("the rows do not come from here\n")
    first = made_report(file)
    assert first == made_report(file)
    assert first["out_of_time"].keys() == first["measures"].keys()
    assert first["tried"] == ["unknown"]
    assert [one["protected_used"] for one in first["fairness"]] == [False, False, True, True]
    assert "The newest rows, with bootstrap intervals" in as_markdown(first)
