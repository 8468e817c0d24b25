"""Clients that keep asking while something is done to the service, and a look at what was kept."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from tests.serving import Answer

Ask = Callable[[], Answer]
"""Sends one request; an OSError is an answer that was lost."""


@contextmanager
def under_load(clients: int, ask: Ask) -> Iterator[list[str]]:
    """Let clients ask for the length of the block; the ids of all decisions that were answered."""
    answered: list[str] = []
    stop = threading.Event()
    threads = [
        threading.Thread(target=_keep_asking, args=(ask, stop, answered)) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def assert_kept(answered: list[str], database: Path) -> int:
    """Each answered decision is in the log, and each in the log is whole; how many there are."""
    with sqlite3.connect(database) as connection:
        kept = {UUID(key) for (key,) in connection.execute("SELECT decision_id FROM decision")}
        [with_answers] = connection.execute("SELECT count(*) FROM decision_answers").fetchone()
    connection.close()
    assert {UUID(decision_id) for decision_id in answered} <= kept
    assert with_answers == len(kept)
    return len(kept)


def _keep_asking(ask: Ask, stop: threading.Event, answered: list[str]) -> None:
    while not stop.is_set():
        try:
            answer = ask()
        except OSError:
            continue
        if answer.status == 200:
            decisions = answer.json.get("predictions", [answer.json])
            answered.extend(one["decision_id"] for one in decisions)
