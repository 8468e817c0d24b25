"""Schemathesis asks the running service for what its OpenAPI document allows, and for what it does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT, Trained, flask, serve

SEED = 20261127
SCOPES = ("predict", "decisions:read:all", "outcomes:write", "model:read")
"""Of the key in production; without `model:admin`, a reload is refused there, and done in development."""
SETTINGS = {
    "development": {"CREDITAPP_MAX_BATCH": "20"},
    "production": {
        "CREDITAPP_MAX_BATCH": "20",
        "CREDITAPP_ENV": "production",
        "SECRET_KEY": "9b1f7c3e5a2d8046f1e3c5a7092b4d6e8f0a1c3e",
        "CREDITAPP_TRUSTED_HOSTS": "127.0.0.1",
        "CREDITAPP_WORKERS": "1",
        "CREDITAPP_MAX_BODY_BYTES": "1000000",
    },
}
CONFIGURATION = """
seed = {seed}
# A reload asks the registry, and may take as long as the proxy waits.
request-timeout = 100
hooks = "tests.asked"

[generation]
max-examples = {examples}
database = "none"

[checks]
max_response_time = 100
# Too many applications, or a body that is too large, is 413, which is not usual for wrong input.
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "413", "415", "422", "429"]

# Each reload loads MLflow, which takes seconds; its only input is covered without more examples.
[[operations]]
include-path = "/api/reload-model"
phases.fuzzing.enabled = false
"""
KEY = """
[auth.openapi.key]
bearer = "{key}"
"""


@pytest.mark.parametrize("env", [pytest.param("development", marks=pytest.mark.soak), "production"])
def test_service_does_what_its_document_says(env: str, trained: Trained, tmp_path: Path) -> None:
    """All checks of Schemathesis pass, with keys and without them."""
    done = ask(env, trained, tmp_path, examples=6)
    assert done.returncode == 0, done.stdout[-20_000:]


@pytest.mark.soak
@pytest.mark.parametrize("env", SETTINGS)
def test_service_does_so_for_longer(env: str, trained: Trained, tmp_path: Path) -> None:
    """The same with many more requests."""
    done = ask(env, trained, tmp_path, examples=300)
    assert done.returncode == 0, done.stdout[-20_000:]


def ask(
    env: str, trained: Trained, folder: Path, examples: int
) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis with all its checks against a service of its own."""
    database, settings = folder / "creditapp.db", SETTINGS[env]
    shutil.copy(trained.database, database)
    configuration, key = CONFIGURATION.format(seed=SEED, examples=examples), ""
    if env == "production":
        options = [part for scope in SCOPES for part in ("--scope", scope)]
        places = {"database": database, "registry": trained.registry}
        key = flask("key", "add", "asked", *options, **places, **settings).stdout.strip()
        configuration += KEY.format(key=key)
    (folder / "schemathesis.toml").write_text(configuration)
    models = -1 if env == "production" else 2
    with serve(database, trained.registry, models=models, **settings) as service:
        (folder / "openapi.json").write_bytes(service.get("/openapi.json", key).body)
        command = [sys.executable, "-m", "schemathesis.cli", "run", "openapi.json"]
        return subprocess.run(
            [*command, "--url", service.address, "--checks", "all", "--no-color"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=3000,
            check=False,
        )
