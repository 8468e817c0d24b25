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

import pytest

from creditapp.features import EXAMPLE
from tests.serving import Service, Trained, serve

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
