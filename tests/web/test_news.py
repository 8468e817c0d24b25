"""News of what is in force: it comes with its transaction, wakes who waits, and can be done without."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from flask import Flask

from creditapp.database import news
from creditapp.database.news import Listener, Number
from creditapp.database.session import writing
from tests.engines import on_both
from tests.postgresql import Postgresql
from tests.serving import wait_until

ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
SOON = 2.0
"""Seconds in which a waiting thread has noticed, and by far not yet given up waiting."""

Wait = Callable[[float], None]


@contextmanager
def waiting(app: Flask, wait: Wait, seconds: float) -> Iterator[threading.Event]:
    """A thread that waits for news for the length of the block; the event is set when it is done."""
    done = threading.Event()

    def run() -> None:
        with app.app_context():
            wait(seconds)
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    yield done
    thread.join()


def announce(app: Flask) -> None:
    """Announce news in a transaction of its own."""
    with app.app_context(), writing() as session:
        news.announce(session)


def waiter(app: Flask, engine: str) -> Wait:
    """What waits on this database, after its first look."""
    wait: Wait = Number().wait if engine == "sqlite" else Listener().wait
    with app.app_context():
        wait(1)
    return wait


@on_both
def test_an_announcement_ends_the_wait(app: Flask, engine: str) -> None:
    """Once its transaction is committed, and not before."""
    with waiting(app, waiter(app, engine), 60) as done:
        with app.app_context(), writing() as session:
            news.announce(session)
            session.flush()
            assert not done.wait(0.6)
        assert done.wait(SOON)


@on_both
def test_what_is_rolled_back_is_no_news(app: Flask, engine: str) -> None:
    """The wait goes on."""
    with waiting(app, waiter(app, engine), 1) as done:
        with app.app_context(), suppress(KeyError), writing() as session:
            news.announce(session)
            raise KeyError
        assert not done.wait(0.5)


@on_both
def test_news_between_two_waits_ends_the_second(app: Flask, engine: str) -> None:
    """Nothing is lost while the news before is taken over."""
    wait = waiter(app, engine)
    announce(app)
    with waiting(app, wait, 60) as done:
        assert done.wait(SOON)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_listener_whose_connection_broke_lets_the_tables_be_looked_at_and_listens_again(
    app: Flask, engine: str, database_url: str, postgresql: Postgresql
) -> None:
    """Each wait is short until it does."""
    listener = Listener()
    with app.app_context():
        listener.wait(60)
        postgresql.run(ENDED % database_url.rpartition("/")[2])
        wait_until(lambda: listener.wait(60) or listener._connection is None, SOON)
        listener.wait(60)
        listener._connect_at = 0.0
        listener.wait(60)
        assert listener._connection is not None
    announce(app)
    with waiting(app, listener.wait, 60) as done:
        assert done.wait(SOON)
