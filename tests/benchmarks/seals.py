"""How long it takes to seal and verify decisions: `python -m tests.benchmarks.seals [DECISIONS]`."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from uuid_utils import compat

from tests.portfolios import EXAMPLE
from tests.serving import ROOT, environment, flask

COLUMNS = (
    "INSERT INTO decision (decision_id, timestamp, channel, request_id, probability_good_credit,"
    " prediction, score, risk_level, decision, outside_training, policy_version, model_version,"
    " generation, portfolio, fingerprint) VALUES (?, '2026-01-01 00:00:00.000000', 'api', 'a benchmark',"
    " 0.8, 1, 512, 'LOW', 'approve', '[]', 'default-1', '1', 1, 'a benchmark', 'a benchmark')"
)
ANSWERS = (
    "INSERT INTO decision_answers (decision_id, reference, answers, salt)"
    " VALUES (?, ?, ?, randomblob(16))"
)


def fill(database: Path, decisions: int) -> None:
    """Add so many decisions with their answers, without going through the service."""
    from creditapp.database.engine import to_json

    answers = to_json(EXAMPLE)
    ids = [compat.uuid7().hex for _ in range(decisions)]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(COLUMNS, ((one,) for one in ids))
        connection.executemany(ANSWERS, ((one, f"r{n}", answers) for n, one in enumerate(ids)))


def main(decisions: int = 1_000_000) -> None:
    """Seal, verify all, verify what is new, and print the seconds of each."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database, registry = home / "creditapp.db", home / "mlflow.db"
        prepared = flask("prepare", database=database, registry=registry)
        assert prepared.returncode == 0, prepared.stderr
        fill(database, decisions)
        settings = environment(
            database, registry, CREDITAPP_SEAL_KEY=str(home / "key.pem"), CREDITAPP_SEAL_HEADS=""
        )
        run(["seal", "key", str(home / "key.pem")], settings)
        for command in (["seal"], ["audit", "verify", "--full"], ["audit", "verify"]):
            began = time.perf_counter()
            said = run(command, settings)
            print(f"flask {' '.join(command)}: {time.perf_counter() - began:.1f} s  {said}")


def run(command: list[str], settings: dict[str, str]) -> str:
    """What a command says."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", *command],
        env={**os.environ, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
