"""Requests a second of `POST /api/predict` without keys and seals, with keys, and with keys and a sealer.

Run it with `python -m tests.benchmarks.keys` (needs wrk). Each request has a key of its own; the sealer seals
every two seconds.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from creditapp.seals.signatures import create_key
from tests.benchmarks import results
from tests.benchmarks.throughput import CONNECTIONS, load, prepare, spread
from tests.serving import ROOT, environment, serve

ROUNDS = 15
PAUSE = 2
NUMBERED = """
local number = 0
request = function()
  number = number + 1
  wrk.headers["%s"] = os.time() .. "-" .. number
  return wrk.format()
end
"""
"""A header that differs in each request: the key, or one without a meaning, so that wrk has the same work."""


@contextmanager
def service(home: Path, name: str, *, sealed: bool) -> Iterator[str]:
    """The service over a copy of the prepared database, and the sealer of that copy."""
    place = home / name
    place.mkdir()
    database = Path(shutil.copy(home / "creditapp.db", place))
    with ExitStack() as stack:
        if sealed:
            stack.enter_context(sealer(database, place))
        limit = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute"}
        yield stack.enter_context(serve(database, home / "mlflow.db", models=2, **limit)).address


@contextmanager
def sealer(database: Path, place: Path) -> Iterator[None]:
    """`flask seal --every` as a process of its own."""
    key = place / "key.pem"
    create_key(key)
    variables = environment(database, place / "mlflow.db", CREDITAPP_SEAL_KEY=str(key))
    command = [sys.executable, "-m", "flask", "seal", "--every", str(PAUSE)]
    with (place / "sealer.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait()
    sealed_rows = (place / "sealer.log").read_text()
    if "sealed" not in sealed_rows:
        raise SystemExit(f"nothing was sealed: {sealed_rows}")


def main() -> None:
    """Measure in turn, print the table, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        home = Path(folder)
        script = prepare(home).read_text()
        plain, keyed = home / "plain.lua", home / "keyed.lua"
        plain.write_text(script + NUMBERED % "X-Number")
        keyed.write_text(script + NUMBERED % "Idempotency-Key")
        sides = {
            "neither": (plain, False),
            "keys": (keyed, False),
            "keys and seals": (keyed, True),
        }
        addresses = {
            name: running.enter_context(service(home, name, sealed=sealed))
            for name, (_, sealed) in sides.items()
        }
        figures: dict[str, list[float]] = {name: [] for name in sides}
        for round_ in range(ROUNDS + 1):
            for name, (script, _) in sides.items():
                rate = load(addresses[name], script, CONNECTIONS)["rate"]
                if round_:  # in the first round they warm up
                    figures[name].append(rate)
    results.keep("keys", figures)
    for name, rates in figures.items():
        ratios = [mine / its for mine, its in zip(rates, figures["neither"], strict=True)]
        print(f"{name:<16}{statistics.median(rates):7.0f} requests/s  {spread(ratios)}")


if __name__ == "__main__":
    main()
