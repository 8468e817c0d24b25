"""The time in the listen queue is seen: the real service behind the real nginx, with every worker busy."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from creditapp.factory import create_app
from creditapp.settings.settings import Settings
from tests.clients import StrictClient
from tests.nginx import nginx
from tests.portfolios import EXAMPLE
from tests.serving import Service, Trained, serve

BEGUN = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BEGUN += b"Content-Length: 900\r\n\r\n{"
METRIC = "creditapp_request_queue_seconds"


def value_of(exposition: str, sample: str) -> float:
    """The value of a sample; 0 if it is not there yet."""
    found = re.search(rf"^{re.escape(sample)} (\S+)$", exposition, re.MULTILINE)
    return float(found[1]) if found else 0.0


@contextmanager
def all_workers_busy(service: Service) -> Iterator[None]:
    """A client that keeps the only thread waiting for its body."""
    with socket.create_connection(("127.0.0.1", int(service.address.rpartition(":")[2]))) as slow:
        slow.sendall(BEGUN)
        time.sleep(0.5)
        yield


def test_the_queue_is_seen_when_all_workers_are_busy(trained: Trained, tmp_path: Path) -> None:
    """Three requests wait for a second and more; the service itself needs milliseconds for each."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    few = {"CREDITAPP_WORKERS": "1", "CREDITAPP_THREADS": "1", "CREDITAPP_PROXIES": "127.0.0.1"}
    with (
        serve(database, trained.registry, models=1, **few) as service,
        nginx([service], tmp_path) as front,
    ):
        assert front.post("/api/predict", EXAMPLE).status == 200
        idle = service.get("/metrics").body.decode()
        waiting = [
            threading.Thread(target=front.post, args=("/api/predict", EXAMPLE)) for _ in range(3)
        ]
        with all_workers_busy(service):
            for one in waiting:
                one.start()
            time.sleep(1.2)
        for one in waiting:
            one.join()
        after = service.get("/metrics").body.decode()
    assert value_of(idle, f"{METRIC}_count") == value_of(idle, f'{METRIC}_bucket{{le="0.5"}}') == 1
    assert value_of(after, f"{METRIC}_count") == 4
    assert value_of(after, f'{METRIC}_bucket{{le="1.0"}}') == 1
    assert 3 <= value_of(after, f"{METRIC}_sum") < 15


@pytest.mark.parametrize(("asks_from", "counted"), [("127.0.0.9", 1), ("127.0.0.1", 0)])
def test_only_a_trusted_proxy_says_when_a_request_came(
    settings: Settings, asks_from: str, counted: int
) -> None:
    """Anybody else could write any time there."""
    app: Flask = create_app(replace(settings, proxies=("127.0.0.9",)))
    app.test_client_class = StrictClient
    client = app.test_client()

    def count() -> float:
        return value_of(client.get("/metrics").text, f"{METRIC}_count")

    before = count()
    client.get(
        "/api/live",
        headers={"X-Request-Start": f"t={time.time() - 1:.3f}"},
        environ_base={"REMOTE_ADDR": asks_from},
    )
    assert count() - before == counted
