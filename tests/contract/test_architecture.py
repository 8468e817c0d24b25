"""The rules of the house."""

import subprocess
import sys
from pathlib import Path

from creditapp.settings.paths import ROOT
from tests.serving import Trained, environment

PROBE = """
import sys
from wsgi import app
from creditapp.applications.catalogue import EXAMPLE
with app.test_client() as client:
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    assert client.get("/").status_code == 200
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_the_import_contracts_hold() -> None:
    """Imports go down only; see pyproject.toml."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_worker_that_has_scored_has_met_neither_mlflow_nor_scikit_learn(
    database: Path, trained: Trained
) -> None:
    """What the process really loaded, not only what the code says."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=environment(database, trained.registry),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "onnxruntime" in loaded
    heavy = {"mlflow", "sklearn", "pandas", "skl2onnx", "skops", "training", "scipy"}
    assert not loaded & {*heavy, "dask", "distributed", "pyarrow"}


def test_templates_and_scripts_of_ours_name_no_other_host() -> None:
    """Nothing is fetched from elsewhere at run time."""
    own = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/*")]
    for file in own:
        if file.is_file() and file.name != "favicon.svg":
            text = file.read_text()
            assert "http://" not in text, file
            assert "https://" not in text, file
