"""The rules of the code's structure."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from creditapp.settings.paths import ROOT
from tests.serving import Trained, environment

SERVE_ONE_REQUEST = """
import sys
from wsgi import app
from tests.portfolios import EXAMPLE
with app.test_client() as client:
    assert client.post("/api/predict", json=EXAMPLE).status_code == 200
    assert client.get("/").status_code == 200
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""

FORBIDDEN_IMPORTS = {
    "layers": ("creditapp/decisions/decide.py", "import creditapp.challenger.shadow"),
    "workers": ("creditapp/serving/cache.py", "import creditapp.serving.registry"),
    "mlflow": ("training/run.py", "import mlflow"),
    "training": ("creditapp/serving/lifecycle.py", "import training.run"),
    "training-web": ("training/run.py", "import flask"),
    "frameworks": ("creditapp/explanations/reasons.py", "import flask_babel"),
    "database": ("creditapp/web/pages/decisions.py", "import creditapp.database.session"),
    "settings": ("creditapp/decisions/decide.py", "import creditapp.settings.settings"),
}
"""For each import contract, by its id, a module and an import that it must refuse there."""


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder."""
    linter = Path(sys.executable).with_name("lint-imports")
    command = [linter, "--no-cache", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, in which imports can be added."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("creditapp", "training"):
        shutil.copytree(ROOT / package, folder / package)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_import_contracts_hold() -> None:
    """Imports go one way; see pyproject.toml."""
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout


def test_every_contract_has_a_forbidden_import() -> None:
    """A contract that is never seen to fail may hold nothing."""
    text = (ROOT / "pyproject.toml").read_text()
    ids = [line.split('"')[1] for line in text.splitlines() if line.startswith("id = ")]
    assert ids == list(FORBIDDEN_IMPORTS)


@pytest.mark.parametrize("contract", FORBIDDEN_IMPORTS)
def test_a_contract_refuses_a_forbidden_import(copy: Path, contract: str) -> None:
    """The contract holds without the import, and is broken with it."""
    path, statement = FORBIDDEN_IMPORTS[contract]
    module = copy / path
    original = module.read_text()
    module.write_text(f"{original}\n{statement}\n")
    try:
        checked = lint_imports(copy, "--contract", contract)
    finally:
        module.write_text(original)
    assert checked.returncode == 1, checked.stdout
    assert "0 kept, 1 broken" in checked.stdout


def test_a_new_module_must_have_a_layer(copy: Path) -> None:
    """A `helpers.py` beside the packages fails the build."""
    module = copy / "creditapp" / "helpers.py"
    module.write_text('"""Nothing."""\n')
    try:
        checked = lint_imports(copy, "--contract", "layers")
    finally:
        module.unlink()
    assert checked.returncode == 1, checked.stdout


def test_packages_import_nothing_by_themselves() -> None:
    """An `__init__` is its docstring, so that importing a package loads nothing else."""
    for package in [*ROOT.glob("creditapp/**/__init__.py"), *ROOT.glob("training/**/__init__.py")]:
        assert "import" not in package.read_text().split('"""')[-1], package


def test_a_worker_loads_neither_mlflow_nor_scikit_learn(database: Path, trained: Trained) -> None:
    """The modules that the process really loaded, whatever the code says."""
    completed = subprocess.run(
        [sys.executable, "-c", SERVE_ONE_REQUEST],
        cwd=ROOT,
        env=environment(database, trained.registry),
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    loaded = set(completed.stdout.split())
    assert "onnxruntime" in loaded
    heavy = {"mlflow", "sklearn", "pandas", "skl2onnx", "skops", "training", "scipy"}
    assert not loaded & {*heavy, "dask", "distributed", "pyarrow"}


def test_pages_and_scripts_name_no_other_host() -> None:
    """Nothing is fetched from another host at run time."""
    # why: in these two an address is the name of a standard, and nothing fetches it.
    named = {"favicon.svg", "portfolio.schema.json"}
    for file in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/*")]:
        if file.is_file() and file.name not in named:
            text = file.read_text()
            assert "http://" not in text, file
            assert "https://" not in text, file
