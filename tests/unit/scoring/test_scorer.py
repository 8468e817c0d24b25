"""The scorer finds answers outside the training data, and the engine sends no telemetry."""

import os
import subprocess
import sys
from pathlib import Path

from creditapp.scoring.scorer import outside_training, seen_answers
from creditapp.settings.paths import ROOT

POPULATION = {
    "Purpose": {"counts_by_code": {"A40": 3, "A47": 0}},
    "Age in years": {"minimum": 19.0, "maximum": 75.0, "edges": [19.0, 75.0], "counts": [9]},
}
SEEN = {name: seen_answers(distribution) for name, distribution in POPULATION.items()}


def test_answers_outside_training_are_named_for_each_row() -> None:
    """They are codes without rows, and numbers below the smallest or above the largest of the data."""
    columns = {"Purpose": ["A40", "A47", "A40", "A47"], "Age in years": [19, 75, 18, 76]}
    expected = [(), ("Purpose",), ("Age in years",), ("Purpose", "Age in years")]
    assert outside_training(columns, SEEN).values() == expected


def test_a_missing_answer_is_outside_training_if_no_row_of_the_data_has_it() -> None:
    """Its own code does not count as a number, and -1.0 is the same code as -1."""
    population = {
        "income": {
            "minimum": 100.0,
            "maximum": 900.0,
            "edges": [100.0, 900.0],
            "counts": [8],
            "missing": [[None, 0], [-1, 2]],
        },
        "savings": {
            "minimum": None,
            "maximum": None,
            "edges": [],
            "counts": [],
            "missing": [[None, 9]],
        },
        "married": {"answers": [[False, 3], [True, 0], [None, 1]]},
    }
    seen = {name: seen_answers(distribution) for name, distribution in population.items()}
    columns = {
        "income": [-1, -1.0, None, 100, 99.5],
        "savings": [None, 5, None, None, None],
        "married": [False, None, False, True, None],
    }
    expected = [(), ("savings",), ("income",), ("married",), ("income",)]
    assert outside_training(columns, seen).values() == expected


def test_an_empty_table_gives_an_empty_list() -> None:
    """No rows have no answers outside the training data."""
    assert outside_training({"Purpose": [], "Age in years": []}, SEEN).values() == []


def test_the_engine_sends_no_telemetry(tmp_path: Path) -> None:
    """By default it would store an identifier of the machine in the home folder, and send it."""
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""}
    home.pop("ORT_DISABLE_TELEMETRY", None)
    command = [sys.executable, "-c", "import creditapp.scoring.scorer"]
    result = subprocess.run(command, cwd=ROOT, env=home, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []
