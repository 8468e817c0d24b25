"""Clients that keep asking while something is done to the service, and a look at what was kept."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from uuid import UUID

from sqlalchemy import NullPool, create_engine

from tests.portfolios import EXAMPLE
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


@contextmanager
def retrying(clients: int, post: Callable[[object, str], Answer]) -> Iterator[list[str]]:
    """Let clients send applications, each under a key until it is answered; the references so far.

    At the end of the block each client goes on until its application is answered, for a minute at most.
    """
    answered: list[str] = []
    stop = threading.Event()
    with ThreadPoolExecutor(clients) as pool:
        running = [
            pool.submit(_keep_retrying, post, stop, answered, client) for client in range(clients)
        ]
        try:
            yield answered
        finally:
            stop.set()
        for one in running:
            one.result()


def _keep_retrying(
    post: Callable[[object, str], Answer], stop: threading.Event, answered: list[str], client: int
) -> None:
    for number in count():
        if stop.is_set():
            return
        reference = f"{client}/{number}"
        _send_until_answered(post, reference)
        answered.append(reference)


def _send_until_answered(post: Callable[[object, str], Answer], reference: str) -> None:
    until = time.monotonic() + 60
    last: object = None
    while time.monotonic() < until:
        try:
            answer = post({**EXAMPLE, "reference": reference}, reference)
        except OSError as error:
            last = error
            continue
        if answer.status == 200:
            return
        assert answer.status in (409, 503), (answer.status, answer.body)
        last = answer.body
        time.sleep(0.1)
    raise AssertionError(f"{reference} was not answered: {last!r}")


def decisions_by_reference(database: Place) -> Counter[str]:
    """How many decisions each reference has."""
    engine = create_engine(address_of(database), poolclass=NullPool)
    with engine.connect() as connection:
        query = "SELECT reference FROM decision JOIN decision_answers USING (decision_id)"
        return Counter(connection.exec_driver_sql(query).scalars())


def _keep_asking(ask: Ask, stop: threading.Event, answered: list[str]) -> None:
    while not stop.is_set():
        try:
            answer = ask()
        except OSError:
            continue
        if answer.status == 200:
            decisions = answer.json.get("predictions", [answer.json])
            answered.extend(one["decision_id"] for one in decisions)
