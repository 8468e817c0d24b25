"""The long repetitions, behind `make soak`."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from creditapp.drift import psi
from creditapp.drift.psi import State
from tests.load import assert_kept, under_load
from tests.portfolios import EXAMPLE, GERMAN
from tests.serving import Answer, Trained, serve
from tests.unit.drift import test_psi as simulation

pytestmark = pytest.mark.soak

SECONDS = 120


def test_two_minutes_of_killed_workers_lose_no_answered_decision(
    trained: Trained, tmp_path: Path
) -> None:
    """A worker is killed every few seconds under load; each answered decision is whole in the log."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    unlimited = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute"}
    kills = 0
    with serve(database, trained.registry, **unlimited) as service:

        def ask() -> Answer:
            body = {"applications": [EXAMPLE] * random.randint(1, 50)}
            return service.post("/api/predict-batch", body)

        with under_load(4, ask) as answered:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                time.sleep(random.uniform(1, 4))
                os.kill(random.choice(service.workers()), signal.SIGKILL)
                kills += 1
    kept = assert_kept(answered, database)
    print(f"{len(answered)} decisions answered, {kept} kept, {kills} workers killed")


@pytest.mark.parametrize("cases", [50, 200, 1000])
def test_a_thousand_looks_at_drift(cases: int) -> None:
    """False alarms without drift, and what is found of a stated shift, for the tables of the documents."""
    whole = simulation.dataset.load(GERMAN, simulation.ROOT / "data" / "estadistical.csv")
    generator = np.random.default_rng(cases)
    still = [simulation.look(whole, generator, cases) for _ in range(1000)]
    usual = [any(one.index > psi.SHIFTED for one in found.values()) for found in still]
    shares = [simulation.share_of_alarms(still, state) for state in (State.SHIFTED, State.WATCH)]
    found = {}
    for older in (5, 10):
        looks = [simulation.look(whole, generator, cases, older) for _ in range(200)]
        states = [one["Age in years"].state for one in looks]
        found[older] = float(np.mean([state is State.SHIFTED for state in states]))
    print(
        f"| {cases} | {np.mean(usual):.1%} | {shares[0]:.1%} | {shares[1]:.1%} "
        f"| {found[5]:.0%} | {found[10]:.0%} |"
    )
    assert shares[0] <= psi.FALSE_ALARMS_OF_SHIFT + 0.01
    assert shares[1] <= psi.FALSE_ALARMS_TO_WATCH + 0.02
