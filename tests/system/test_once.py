"""Requests with an `Idempotency-Key` while workers, hosts and databases fail."""

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cut_connection import Cut, between, through
from tests.engines import on_both
from tests.load import decisions_by_reference, retrying
from tests.nginx import nginx
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import Answer, Service, Trained, free_port, serve, wait_until

UNKNOWN = "/problems/outcome-unknown"


@pytest.fixture
def hosts(database_url: str, trained: Trained, tmp_path: Path) -> Iterator[list[Service]]:
    """Two hosts with two workers each, over one database."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(serve(database_url, trained.registry, log=tmp_path / f"host {one}"))
            for one in range(2)
        ]


@on_both
def test_fifty_at_once_over_four_workers_and_two_hosts_are_one_decision(
    hosts: list[Service], database_url: str
) -> None:
    """And fifty answers that are equal to the byte."""
    body = {**EXAMPLE, "reference": "fifty"}

    def ask(number: int) -> Answer:
        return hosts[number % 2].post("/api/predict", body, once="one of fifty")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 49
    assert decisions_by_reference(database_url) == {"fifty": 1}


@pytest.mark.parametrize("cut", Cut)
def test_a_commit_whose_answer_is_lost_is_found_out_before_the_client_is_answered(
    cut: Cut, server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """Whether the server got it or not: one decision, and 200."""
    with (
        between(server.port) as network,
        serve(through(address, network.port), trained.registry, log=tmp_path / "log") as service,
    ):
        network.cut_next(cut, stays_down=False)
        wait_until(lambda: service.post("/api/predict", EXAMPLE).status == 200, 10)
        body = {**EXAMPLE, "reference": "cut"}
        network.cut_next(cut, stays_down=False)
        answer = service.post("/api/predict", body)
        assert network.cuts > 0
    assert answer.status == 200, answer.body
    assert decisions_by_reference(address)["cut"] == 1


@pytest.mark.parametrize("cut", Cut)
def test_an_outcome_that_cannot_be_known_is_told_and_a_retry_with_the_key_is_safe(
    cut: Cut, server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """503 with the type and the id that the decision would have; afterwards it is there once."""
    body, once = {**EXAMPLE, "reference": "cut"}, str(uuid4())
    with (
        between(server.port) as network,
        serve(through(address, network.port), trained.registry, log=tmp_path / "log") as service,
    ):
        network.cut_next(cut, stays_down=True)
        answer = service.post("/api/predict", body, once=once)
        network.is_down = False
        assert (answer.status, answer.json["type"]) == (503, UNKNOWN), answer.body
        assert "Retry-After" in answer.headers
        wait_until(lambda: service.get("/api/health").status == 200, 15)
        look_up = service.get(f"/api/decisions/{answer.json['decision_id']}")
        assert look_up.status == (200 if cut is Cut.AFTER else 404)
        retried = service.post("/api/predict", body, once=once)
    assert retried.status == 200
    if cut is Cut.AFTER:
        assert retried.json["decision_id"] == answer.json["decision_id"]
    assert decisions_by_reference(address)["cut"] == 1


def test_a_commit_that_is_never_confirmed_is_unknown_and_a_retry_with_the_key_is_safe(
    server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """The server gets it and says nothing from then on, while all connections stay open."""
    body, once = {**EXAMPLE, "reference": "silence"}, str(uuid4())
    with (
        between(server.port) as network,
        serve(through(address, network.port), trained.registry, log=tmp_path / "log") as service,
    ):
        network.silent_after_commit = True
        began = time.monotonic()
        answer = service.post("/api/predict", body, once=once)
        assert time.monotonic() - began < 15
        assert (answer.status, answer.json["type"]) == (503, UNKNOWN), answer.body
        network.passing.set()
        wait_until(lambda: service.get("/api/health").status == 200, 15)
        retried = service.post("/api/predict", body, once=once)
    assert retried.status == 200
    assert retried.json["decision_id"] == answer.json["decision_id"]
    assert decisions_by_reference(address)["silence"] == 1


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_a_database_that_is_stopped_at_once_loses_and_doubles_nothing(
    times: int, server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """Clients send again under their keys until they are answered."""
    with (
        serve(address, trained.registry, log=tmp_path / "log") as service,
        retrying(6, lambda body, once: service.post("/api/predict", body, once=once)) as answered,
    ):
        for _ in range(times):
            enough = len(answered) + 30
            wait_until(lambda enough=enough: len(answered) > enough, 30, service.log.read_text)  # type: ignore[misc]
            time.sleep(random.uniform(0, 0.3))
            server.stop("QUIT")
            time.sleep(random.uniform(0.1, 1))
            server.start()
        enough = len(answered) + 30
        wait_until(lambda: len(answered) > enough, 30, service.log.read_text)
    found = decisions_by_reference(address)
    assert found == dict.fromkeys(answered, 1)
    print(f"{len(answered)} answered, {times} stops, 0 lost, 0 doubled")


@on_both
@pytest.mark.parametrize("times", [5, pytest.param(50, marks=pytest.mark.soak)])
def test_workers_that_are_killed_behind_nginx_lose_and_double_nothing(
    times: int, hosts: list[Service], database_url: str, tmp_path: Path
) -> None:
    """Two hosts behind the shipped nginx; what it cannot know, it calls unknown."""
    with (
        nginx(hosts, tmp_path) as front,
        retrying(6, lambda body, once: front.post("/api/predict", body, once=once)) as answered,
    ):
        for _ in range(times):
            time.sleep(random.uniform(0.1, 0.8))
            os.kill(random.choice(random.choice(hosts).workers()), signal.SIGKILL)
        enough = len(answered) + 30
        wait_until(lambda: len(answered) > enough, 60)
    found = decisions_by_reference(database_url)
    assert found == dict.fromkeys(answered, 1)
    print(f"{len(answered)} answered, {times} workers killed, 0 lost, 0 doubled")


def test_nginx_tells_a_request_that_was_lost_from_one_that_nobody_got(
    service: Service, tmp_path: Path
) -> None:
    """A host that took it may have decided; one that does not listen has not, and reading changes nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lost = replace(service, address=f"http://127.0.0.1:{silent.getsockname()[1]}")
        threading.Thread(target=take_and_hang_up, args=[silent], daemon=True).start()
        with nginx([lost], tmp_path) as front:
            posted = front.post("/api/predict", EXAMPLE)
            read = front.get("/api/model-info")
    nobody = replace(service, address=f"http://127.0.0.1:{free_port()}")
    with nginx([nobody], tmp_path) as front:
        unheard = front.post("/api/predict", EXAMPLE)
    assert [one.status for one in (posted, read, unheard)] == [503] * 3
    assert [one.json["type"] for one in (posted, read, unheard)] == [
        UNKNOWN,
        "about:blank",
        "about:blank",
    ]
    assert "same Idempotency-Key" in posted.json["detail"]
    assert "nothing was done" in unheard.json["detail"]
    assert service.get(UNKNOWN).status == 200


def take_and_hang_up(listener: socket.socket) -> None:
    """Read each request, and close its connection without an answer."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65_536)
