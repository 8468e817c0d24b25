"""The long repetitions, behind `make soak`."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from creditapp.drift.psi import State
from tests.load import assert_kept, under_load
from tests.portfolios import EXAMPLE, GERMAN
from tests.serving import Answer, Trained, serve
from tests.unit.drift import test_psi as simulation

pytestmark = pytest.mark.soak

SECONDS = 120

RUNS = 1000


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


@pytest.mark.parametrize("cases", [60, 200, 1000, 10_000])
def test_a_thousand_looks_at_drift(cases: int) -> None:
    """False alarms without drift, and what is found of a stated shift, for the tables of the documents."""
    whole = simulation.dataset.load(GERMAN, simulation.ROOT / "data" / "estadistical.csv")
    still = simulation.looks(whole, cases, RUNS, each=1)
    usual = np.mean([any(one.index > 0.25 for one in drifts) for drifts in still])
    shifted = simulation.share_of_alarms(still, State.SHIFTED)
    any_alarm = simulation.share_of_alarms(still, State.WATCH, State.SHIFTED)
    look = simulation.look_between(whole, np.random.default_rng(cases))
    found = {}
    for older in (5, 10):
        ages = [
            one.state
            for _ in range(200)
            for one in look(cases, older)
            if one.name == "Age in years"
        ]
        found[older] = float(np.mean([state is State.SHIFTED for state in ages]))
    print(
        f"| {cases:,} | {usual:.1%} | {shifted:.1%} | {any_alarm:.1%} "
        f"| {found[5]:.0%} | {found[10]:.0%} |"
    )
    assert any_alarm <= simulation.most(0.05, RUNS)
    assert shifted <= simulation.most(0.01, RUNS)
