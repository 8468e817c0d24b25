"""The long repetitions, behind `make soak`."""

import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from creditapp import drift
from creditapp.drift import State
from creditapp.features import EXAMPLE
from tests.serving import Service, Trained, serve
from tests.unit import test_drift as simulation

pytestmark = pytest.mark.soak

SECONDS = 120


def ask_until(service: Service, stop: threading.Event, answered: list[str]) -> None:
    """Score batches of random sizes, and note each decision that was answered."""
    generator = random.Random()
    while not stop.is_set():
        body = {"applications": [EXAMPLE] * generator.randint(1, 50)}
        try:
            answer = service.post("/api/predict-batch", body)
        except OSError:
            continue
        if answer.status == 200:
            answered.extend(one["decision_id"] for one in answer.json["predictions"])


def test_two_minutes_of_killed_workers_lose_no_answered_decision(
    trained: Trained, tmp_path: Path
) -> None:
    """A worker is killed every few seconds under load; each answered decision is whole in the log."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    answered: list[str] = []
    stop = threading.Event()
    unlimited = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute"}
    with serve(database, trained.registry, **unlimited) as service:
        clients = [
            threading.Thread(target=ask_until, args=(service, stop, answered)) for _ in range(4)
        ]
        for client in clients:
            client.start()
        end = time.monotonic() + SECONDS
        kills = 0
        while time.monotonic() < end:
            time.sleep(random.uniform(1, 4))
            os.kill(random.choice(service.workers()), signal.SIGKILL)
            kills += 1
        stop.set()
        for client in clients:
            client.join()
    with sqlite3.connect(database) as connection:
        kept = {UUID(key) for (key,) in connection.execute("SELECT decision_id FROM decision")}
        [with_answers] = connection.execute("SELECT count(*) FROM decision_answers").fetchone()
    connection.close()
    print(f"{len(answered)} decisions answered, {len(kept)} kept, {kills} workers killed")
    assert {UUID(decision_id) for decision_id in answered} <= kept
    assert with_answers == len(kept)


@pytest.mark.parametrize("cases", [50, 200, 1000])
def test_a_thousand_looks_at_drift(cases: int) -> None:
    """False alarms without drift, and what is found of a stated shift, for the tables of the documents."""
    whole = simulation.dataset.load(simulation.ROOT / "data" / "estadistical.csv")
    generator = np.random.default_rng(cases)
    still = [simulation.look(whole, generator, cases) for _ in range(1000)]
    usual = [any(one.index > drift.SHIFTED for one in found.values()) for found in still]
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
    assert shares[0] <= drift.FALSE_ALARMS_OF_SHIFT + 0.01
    assert shares[1] <= drift.FALSE_ALARMS_TO_WATCH + 0.02
