"""What a key costs a request: applications with and without an `Idempotency-Key`, in turn, in one process.

`python -m tests.benchmarks.keys`; the record is sealed each second meanwhile.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from flask import Flask

from creditapp.factory import create_app
from creditapp.seals.sealer import seal
from creditapp.seals.signatures import create_key
from creditapp.settings.settings import Settings
from tests.portfolios import EXAMPLE
from tests.serving import flask

REQUESTS = 1500
ROUNDS = 5


@contextmanager
def sealed_meanwhile(app: Flask, folder: Path) -> Iterator[None]:
    """Seal the record each second for the length of the block."""
    key, stop = create_key(folder / "key.pem"), threading.Event()

    def run() -> None:
        while not stop.wait(1):
            with app.app_context():
                seal(key, None, everything=False)

    sealer = threading.Thread(target=run)
    sealer.start()
    yield
    stop.set()
    sealer.join()


def per_second(app: Flask, *, keyed: bool) -> float:
    """How many applications are answered in a second."""
    client = app.test_client()
    began = time.perf_counter()
    for _ in range(REQUESTS):
        headers = {"Idempotency-Key": str(uuid4())} if keyed else {}
        assert client.post("/api/predict", json=EXAMPLE, headers=headers).status_code == 200
    return REQUESTS / (time.perf_counter() - began)


def main() -> None:
    """Print both, and their ratio in each round."""
    with tempfile.TemporaryDirectory() as home:
        database, registry = Path(home) / "creditapp.db", Path(home) / "mlflow.db"
        prepared = flask("prepare", database=database, registry=registry)
        assert prepared.returncode == 0, prepared.stderr
        settings = replace(Settings.from_environment(), database_url=f"sqlite:///{database}")
        app = create_app(settings)
        without = [per_second(app, keyed=False)]
        with sealed_meanwhile(app, Path(home)):
            rounds = [
                (per_second(app, keyed=False), per_second(app, keyed=True)) for _ in range(ROUNDS)
            ]
    ratios = [keyed / plain for plain, keyed in rounds]
    print(f"without keys and seals: {without[0]:.0f} applications a second")
    for plain, keyed in rounds:
        print(f"sealed each second: {plain:.0f} without keys, {keyed:.0f} with keys")
    print(
        f"with keys, times without: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
