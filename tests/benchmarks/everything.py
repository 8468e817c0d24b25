"""Runs the main benchmarks one after the other, and says how long each took.

Run it with `python -m tests.benchmarks.everything`. Others are run by name: challenger, keys, steps, flood.
"""

import subprocess
import sys
import time

from tests.serving import ROOT

BENCHMARKS = ("throughput", "request", "idle", "costs", "batch", "files", "growth")


def main() -> None:
    """Run each in a process of its own; a benchmark that fails ends the run."""
    for name in BENCHMARKS:
        began = time.monotonic()
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], cwd=ROOT, check=True)
        print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
