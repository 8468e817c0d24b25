"""Clients that keep asking while something is done to the service, and a look at what was kept."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import NullPool, create_engine

from tests.serving import Answer, Place, address_of

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


def assert_kept(answered: list[str], database: Place) -> int:
    """Each answered decision is in the log, once, and each in the log is whole; how many there are."""
    assert len(set(answered)) == len(answered)
    engine = create_engine(address_of(database), poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT decision_id FROM decision").scalars()
        kept = {UUID(str(key)) for key in found}
        count = "SELECT count(*) FROM decision_answers"
        with_answers = connection.exec_driver_sql(count).scalar_one()
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
