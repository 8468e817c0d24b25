"""Faults under load: the rows of docs/reliability.md.

In each, clients send applications and batches under keys until they are answered. Afterwards no answered
decision is lost, none is doubled, no batch is half there, and the sealed record has no fault.
"""

import fcntl
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import NullPool, create_engine

from creditapp.factory import create_app
from creditapp.seals.sealer import seal
from creditapp.seals.signatures import by_id, create_key, read_key
from creditapp.seals.verification import verify
from creditapp.settings.settings import Settings
from tests.cut_connection import between, through
from tests.engines import on_both
from tests.load import decisions_by_reference, retrying
from tests.moved_clock import MovedClock
from tests.nginx import nginx
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import (
    ROOT,
    Answer,
    Service,
    Trained,
    address_of,
    environment,
    free_port,
    serve,
    wait_until,
)
from tests.small_disk import small_disk
from tests.unreliable_disk import UnreliableDisk

BATCH = 40
LONGEST_ANSWER = 15.0
"""Seconds; a database that says nothing is given up before."""


@dataclass
class Seen:
    """What clients saw, and how long the service did not answer after the fault ended."""

    answered: list[str]
    recovery: float = 0.0
    slowest: float = 0.0
    batches: list[str] = field(default_factory=list)


@contextmanager
def under_fire(front: Service) -> Iterator[Seen]:
    """Send single applications and batches under keys for the length of the block."""
    durations: list[float] = []

    def single(body: object, once: str) -> Answer:
        with timed(durations):
            return front.post("/api/predict", body, once=once)

    def batch(body: object, once: str) -> Answer:
        rows = [{**dict(body), "reference": f"batch {once}"}] * BATCH  # type: ignore[call-overload]
        with timed(durations):
            return front.post("/api/predict-batch", {"applications": rows}, once=f"batch {once}")

    with retrying(4, single) as answered, retrying(2, batch) as batches:
        seen = Seen(answered)
        wait_until(lambda: len(answered) > 20, 30, front.log.read_text)
        yield seen
        began, enough = time.monotonic(), len(answered) + 5
        wait_until(lambda: len(answered) > enough, 30, front.log.read_text)
        seen.recovery = time.monotonic() - began
    seen.batches, seen.slowest = batches, max(durations)


@contextmanager
def timed(durations: list[float]) -> Iterator[None]:
    """Note how long the block took."""
    began = time.monotonic()
    yield
    durations.append(time.monotonic() - began)


def assert_whole(seen: Seen, database: str, settings: Settings, folder: Path) -> None:
    """Each answered application has one decision, each batch is whole, and the seals are valid."""
    found = decisions_by_reference(database)
    expected = dict.fromkeys(seen.answered, 1)
    expected |= {f"batch {name}": BATCH for name in seen.batches}
    assert found == expected
    engine = create_engine(address_of(database), poolclass=NullPool)
    with engine.connect() as connection:
        query = "SELECT request_id, channel FROM decision"
        sizes = Counter(connection.exec_driver_sql(query).all())
    assert {size for (_, channel), size in sizes.items() if channel == "batch"} <= {BATCH}
    file = folder / "seal-key.pem"
    key = read_key(file) if file.exists() else create_key(file)
    with create_app(replace(settings, database_url=database)).app_context():
        seal(key, None, everything=True)
        assert list(map(str, verify(by_id([key.public]), None, full=True).faults)) == []
    print(
        f"{len(seen.answered)} answered and {len(seen.batches)} batches; 0 lost, 0 doubled, 0 half"
    )
    print(
        f"answers again {seen.recovery:.1f} s after the fault; slowest answer {seen.slowest:.1f} s"
    )


@dataclass
class Host:
    """One host, which may be ended and started again at its port."""

    stack: ExitStack
    database: str
    trained: Trained
    log: Path
    more: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def start(self) -> Service:
        """Start it, and wait until it has a model."""
        self.service = self.stack.enter_context(
            serve(self.database, self.trained.registry, log=self.log, port=self.port, **self.more)
        )
        return self.service

    def kill(self) -> None:
        """Kill the master and the workers at once."""
        master = psutil.Process(self.service.process.pid)
        for process in [master, *master.children()]:
            process.kill()
        self.service.process.wait()


@contextmanager
def behind_nginx(
    hosts: int, database: str, trained: Trained, folder: Path
) -> Iterator[tuple[Service, list[Host]]]:
    """Some hosts over one database, behind nginx."""
    with ExitStack() as stack:
        made = [Host(stack, database, trained, folder / f"host-{n}.log") for n in range(hosts)]
        front = stack.enter_context(nginx([host.start() for host in made], folder))
        yield front, made


@pytest.mark.soak
@on_both
def test_the_master_and_all_workers_are_killed_in_the_middle_of_batches(
    database_url: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Both hosts at once, and each is started again; twice."""
    with (
        behind_nginx(2, database_url, trained, tmp_path) as (front, hosts),
        under_fire(front) as seen,
    ):
        for _ in range(2):
            time.sleep(0.7)
            for host in hosts:
                host.kill()
            for host in hosts:
                host.start()
    assert_whole(seen, database_url, settings, tmp_path)


@pytest.mark.soak
@on_both
def test_one_of_two_hosts_is_killed(
    database_url: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """The other one answers, behind nginx."""
    with (
        behind_nginx(2, database_url, trained, tmp_path) as (front, hosts),
        under_fire(front) as seen,
    ):
        hosts[0].kill()
        before = len(seen.answered)
        wait_until(lambda: len(seen.answered) > before + 50, 30)
    assert_whole(seen, database_url, settings, tmp_path)


def test_another_process_holds_the_lock_of_sqlite(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """For eight seconds; requests wait or are told to come again."""
    with (
        serve(database, trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
        Path(f"{database}-turn").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        time.sleep(8)
        fcntl.flock(lock, fcntl.LOCK_UN)
    assert_whole(seen, address_of(database), settings, tmp_path)


def test_the_disk_under_sqlite_is_full(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """No file of the workers may grow for three seconds; then there is room again."""
    probe = {**EXAMPLE, "reference": "probe"}
    with (
        serve(database, trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
    ):
        limit_files(service, 4096)
        wait_until(lambda: service.post("/api/predict", probe, once="probe").status == 503, 5)
        assert service.get("/api/health").status == 503
        time.sleep(3)
        limit_files(service, resource.RLIM_INFINITY)
        wait_until(lambda: service.post("/api/predict", probe, once="probe").status == 200, 10)
    seen.answered.append("probe")
    assert_whole(seen, address_of(database), settings, tmp_path)


def limit_files(service: Service, size: int) -> None:
    """Let no file of the workers grow beyond so many bytes."""
    for pid in service.workers():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_fsync_fails_under_sqlite(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """For three seconds, as on a disk that breaks; nothing is answered that is not on it."""
    disk = UnreliableDisk(database, tmp_path, keeps_journal=False)
    probe = {**EXAMPLE, "reference": "probe"}
    with (
        serve(database, trained.registry, log=tmp_path / "log", **disk.environment) as service,
        under_fire(service) as seen,
    ):
        disk.fail(True)
        wait_until(lambda: service.post("/api/predict", probe, once="probe").status == 503, 15)
        assert service.get("/api/health").status == 503
        time.sleep(3)
        disk.fail(False)
        wait_until(lambda: service.post("/api/predict", probe, once="probe").status == 200, 15)
    seen.answered.append("probe")
    assert_whole(seen, address_of(database), settings, tmp_path)


@pytest.mark.soak
def test_the_power_fails_under_sqlite(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Three times, all processes end at once in a sync, and writes that were not synced are lost."""
    disk = UnreliableDisk(database, tmp_path, keeps_journal=True)
    lost = 0
    with ExitStack() as stack:
        host = Host(stack, str(address_of(database)), trained, tmp_path / "log", disk.environment)
        service = host.start()
        with under_fire(service) as seen:
            for _ in range(3):
                time.sleep(random.uniform(0.5, 1.5))
                disk.hold()
                host.kill()
                lost += disk.lose_what_was_not_synced()
                host.start()
    assert lost > 0
    print(f"{lost} writes lost")
    assert_whole(seen, address_of(database), settings, tmp_path)


@pytest.mark.soak
def test_the_disk_under_the_log_is_full(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Decisions and seals go on, workers and hosts start, and lines are written again with room."""
    address = address_of(database)
    with (
        small_disk(tmp_path / "disk") as disk,
        serve(database, trained.registry, log=disk.folder / "log") as service,
        sealing(address, trained, tmp_path, log=disk.folder / "sealer.log") as blocks,
        under_fire(service) as seen,
    ):
        disk.fill()
        os.kill(service.workers()[0], signal.SIGKILL)
        answers, sealed = len(seen.answered) + 100, blocks() + 2
        wait_until(lambda: len(seen.answered) > answers, 30)
        wait_until(lambda: blocks() > sealed, 20)
        assert service.get("/api/health").status == 200
        with serve(database, trained.registry, log=disk.folder / "other.log") as other:
            assert other.get("/api/health").status == 200
        disk.free()
        assert service.get("/api/health").status == 200
        wait_until(lambda: "GET /api/health 200" in service.log.read_text(), 10)
    assert_whole(seen, address, settings, tmp_path)


@pytest.mark.soak
def test_fsync_fails_under_postgresql(
    server: Postgresql, address: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """It ends itself, as it must, and is started again once the disk is well."""
    disk = UnreliableDisk(server.folder / "data", server.folder, keeps_journal=False)
    restart(server, disk)
    with (
        serve(address, trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
    ):
        disk.fail(True)
        assert server.process
        assert server.process.wait(timeout=30) != 0
        assert service.get("/api/health").status == 503
        disk.fail(False)
        server.start()
    assert_whole(seen, address, settings, tmp_path)


@pytest.mark.soak
def test_the_power_fails_under_postgresql(
    server: Postgresql, address: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Three times, all its processes end at once in a sync, and writes that were not synced are lost."""
    disk = UnreliableDisk(server.folder / "data", server.folder, keeps_journal=True)
    restart(server, disk)
    lost = 0
    with (
        serve(address, trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
    ):
        for _ in range(3):
            time.sleep(random.uniform(0.5, 1.5))
            disk.hold()
            server.kill()
            lost += disk.lose_what_was_not_synced()
            server.start()
    assert lost > 0
    print(f"{lost} writes lost")
    assert_whole(seen, address, settings, tmp_path)


def restart(server: Postgresql, disk: UnreliableDisk) -> None:
    """Let a server work on a disk from now on."""
    server.stop()
    server.environment = disk.environment
    server.start()


def test_postgresql_becomes_read_only(
    server: Postgresql, address: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """As a replica is after a switch; health says so, and the same workers go on afterwards."""
    name = address.rpartition("/")[2]
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with (
        serve(address, trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
    ):
        server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        server.run(ended)
        wait_until(lambda: service.get("/api/health").status == 503, 10)
        time.sleep(2)
        server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
        server.run(ended)
        wait_until(lambda: service.get("/api/health").status == 200, 20)
    assert_whole(seen, address, settings, tmp_path)


@pytest.mark.soak
def test_the_network_to_postgresql_swallows_everything(
    server: Postgresql, address: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Its connections stay open and say nothing for 20 s, and then deliver what they held."""
    with (
        between(server.port) as network,
        serve(through(address, network.port), trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
    ):
        network.passing.clear()
        assert_silence_is_bounded(service, seconds=20)
        network.passing.set()
        wait_until(lambda: service.get("/api/health").status == 200, 20)
    assert seen.slowest < LONGEST_ANSWER
    assert_whole(seen, address, settings, tmp_path)


@pytest.mark.soak
def test_postgresql_hangs(
    server: Postgresql, address: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """All of its processes stand still for 20 s, and then go on with what they had."""
    with (
        serve(address, trained.registry, log=tmp_path / "log") as service,
        under_fire(service) as seen,
    ):
        with server.standing_still():
            assert_silence_is_bounded(service, seconds=20)
        wait_until(lambda: service.get("/api/health").status == 200, 20)
    assert seen.slowest < LONGEST_ANSWER
    assert_whole(seen, address, settings, tmp_path)


def assert_silence_is_bounded(service: Service, seconds: float) -> None:
    """For so long, each request is answered in time, and with 503."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        answer = service.post("/api/predict", EXAMPLE)
        assert answer.status == 503, answer.body
        assert time.monotonic() - began < LONGEST_ANSWER
        assert service.get("/api/health").status == 503


def test_the_folder_of_the_metrics_is_gone(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """While the service runs; decisions go on."""
    folder = tmp_path / "metrics"
    folder.mkdir(mode=0o700)
    where = {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    with (
        serve(database, trained.registry, log=tmp_path / "log", **where) as service,
        under_fire(service) as seen,
    ):
        shutil.rmtree(folder)
        before = len(seen.answered)
        wait_until(lambda: len(seen.answered) > before + 50, 30)
    assert_whole(seen, address_of(database), settings, tmp_path)


@pytest.mark.soak
@on_both
def test_the_clock_is_set_back_and_forth(
    database_url: str, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """By a day each way, while a sealer runs; workers that start in between make their ids by that clock."""
    clock = MovedClock(tmp_path)
    # why: a key is free again after its hours, and a clock that jumps over them ends them at once.
    more = {**clock.environment, "CREDITAPP_IDEMPOTENCY_HOURS": "48"}
    app = create_app(replace(settings, database_url=database_url))
    with (
        serve(database_url, trained.registry, log=tmp_path / "log", **more) as service,
        sealing(database_url, trained, tmp_path, **clock.environment) as blocks,
        app.app_context(),
    ):
        with under_fire(service) as seen:
            for days in (-1, 0, 1, 0):
                clock.move(timedelta(days=days))
                os.kill(service.workers()[0], signal.SIGKILL)
                answers, sealed = len(seen.answered) + 50, blocks() + 2
                wait_until(lambda enough=answers: len(seen.answered) > enough, 30)  # type: ignore[misc]
                wait_until(lambda enough=sealed: blocks() > enough, 20)  # type: ignore[misc]
        wait_until(lambda: verify(None, None, full=True).unsealed == 0, 20)
        assert list(map(str, verify(None, None, full=True).faults)) == []
    assert_whole(seen, database_url, settings, tmp_path)


@contextmanager
def sealing(
    database: str, trained: Trained, folder: Path, log: Path | None = None, **more: str
) -> Iterator[Callable[[], int]]:
    """Let a sealer run each second for the length of the block; how many blocks there are."""
    key = folder / "seal-key.pem"
    create_key(key)
    engine = create_engine(address_of(database), poolclass=NullPool)
    log = log or folder / "sealer.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "seal", "--every", "1"],
            cwd=ROOT,
            env=environment(database, trained.registry, CREDITAPP_SEAL_KEY=str(key), **more),
            stdout=output,
            stderr=output,
        )

    def blocks() -> int:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM seal_block").scalar_one())

    try:
        wait_until(lambda: blocks() > 0, 20, log.read_text)
        yield blocks
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.soak
def test_a_graceful_stop_under_two_hundred_connections(
    database: Path, settings: Settings, trained: Trained, tmp_path: Path
) -> None:
    """Accepted requests end, the others are sent again to the host that is started after it."""
    with behind_nginx(1, address_of(database), trained, tmp_path) as (front, [host]):

        def post(body: object, once: str) -> Answer:
            return front.post("/api/predict", body, once=once)

        with retrying(200, post) as answered:
            wait_until(lambda: len(answered) > 200, 60)
            host.service.process.send_signal(signal.SIGTERM)
            assert host.service.process.wait(timeout=40) == 0
            host.start()
            enough = len(answered) + 200
            wait_until(lambda: len(answered) > enough, 60)
    assert_whole(Seen(answered), address_of(database), settings, tmp_path)
