"""Scoring, apart from any model's quality."""

import os
import subprocess
import sys
from pathlib import Path

from creditapp.scoring.scorer import outside_training, seen_answers
from creditapp.settings.paths import ROOT

POPULATION = {
    "Purpose": {"counts_by_code": {"A40": 3, "A47": 0}},
    "Age in years": {"minimum": 19.0, "maximum": 75.0},
}
SEEN = {name: seen_answers(known) for name, known in POPULATION.items()}


def test_answers_the_training_data_never_held_are_named_row_by_row() -> None:
    """A code without rows, and numbers beyond the data on either side; the edges themselves are known."""
    columns = {"Purpose": ["A40", "A47", "A40", "A47"], "Age in years": [19, 75, 18, 76]}
    expected = [(), ("Purpose",), ("Age in years",), ("Purpose", "Age in years")]
    assert outside_training(columns, SEEN) == expected


def test_no_rows_have_nothing_outside() -> None:
    """An empty table is no special case."""
    assert outside_training({"Purpose": [], "Age in years": []}, SEEN) == []


def test_the_engine_reports_to_nobody(tmp_path: Path) -> None:
    """Left alone it would give the machine an identifier, keep it in the home folder, and send it away."""
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""}
    home.pop("ORT_DISABLE_TELEMETRY", None)
    command = [sys.executable, "-c", "import creditapp.scoring.scorer"]
    done = subprocess.run(command, cwd=ROOT, env=home, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []
