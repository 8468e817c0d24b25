"""The model is changed under load, on every worker of a real service, with nothing lost.

The registry is a real MLflow tracking server with an artifact store of its own.
"""

import csv
import os
import pickle
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from creditapp.applications.questions import number_from_text
from creditapp.scoring.bundle import Bundle, digest
from creditapp.scoring.verification import verify
from creditapp.settings.paths import ROOT
from tests.portfolios import FEATURE_NAMES
from tests.scored import Traffic, scores_of, scoring
from tests.serving import Answer, Service, Trained, environment, serve, wait_until
from tests.tracking import TrackingServer, tracking_server

DATA = ROOT / "data" / "estadistical.csv"
MODEL = "RDF_score_pipeline"
WORKERS = 4
CLIENTS = 4
TRAIN = """
import sys
from pathlib import Path
from creditapp.serving.registry import Registry
from tests.portfolios import GERMAN
from training.run import train
from training.source import DataFile
for data in sys.argv[2:]:
    train(DataFile(GERMAN, Path(data)), Registry(sys.argv[1]), print)
"""
UNLIMITED = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute"}


Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Place:
    """A service, its database and its registry."""

    service: Service
    database: Path
    tracking: TrackingServer

    def point_alias_at(self, version: str) -> None:
        """Move the production alias in the registry, and tell nobody."""
        self._client().set_registered_model_alias(MODEL, "production", version)

    def tag_digest(self, version: str, digest: str) -> str:
        """Let the registry say another digest of a bundle; the one that it said before."""
        client = self._client()
        before = client.get_model_version(MODEL, version).tags["bundle_sha256"]
        client.set_model_version_tag(MODEL, version, "bundle_sha256", digest)
        return str(before)

    def _client(self) -> Any:
        import mlflow

        return mlflow.MlflowClient(self.tracking.address, self.tracking.address)

    def newest_generation(self) -> int:
        """The generation in force."""
        [[generation]] = self.ask("SELECT max(generation) FROM deployment")
        return int(generation)

    def ask(self, query: str) -> list[Any]:
        """Rows of the database."""
        with sqlite3.connect(self.database) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def has_converged(self) -> bool:
        """Whether all workers serve the generation in force."""
        newest = f" {float(self.newest_generation())}"
        lines = self.service.get("/metrics").body.decode().splitlines()
        served = [one for one in lines if one.startswith("creditapp_deployment_generation{")]
        return len(served) == WORKERS and all(one.endswith(newest) for one in served)

    def scores(self) -> dict[str, list[float]]:
        """What each version's deployed bundle scores, by row."""
        found = self.ask(
            "SELECT DISTINCT model_version, content FROM deployment JOIN served_bundle ON digest ="
            " bundle_digest WHERE generation > 1 AND model_version IN ('1', '2')"
        )
        return {
            version: scores_of(verify(Bundle.unpack(packed)), rows()) for version, packed in found
        }


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    """A tracking server with two versions that differ: of all the data, and of its first half."""
    folder = tmp_path_factory.mktemp("tracking")
    half = folder / "half.csv"
    half.write_text("".join(DATA.read_text().splitlines(keepends=True)[:501]))
    with tracking_server(folder) as server:
        subprocess.run(
            [sys.executable, "-c", TRAIN, server.address, DATA, half], cwd=ROOT, check=True
        )
        yield server


@pytest.fixture
def place(tracking: TrackingServer, trained: Trained, tmp_path: Path) -> Iterator[Place]:
    """A service with four workers that serves the first version of the tracking server."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    tracking.restart()
    settings = {"CREDITAPP_WORKERS": str(WORKERS), **UNLIMITED}
    with serve(database, tracking.address, models=WORKERS, **settings) as service:
        found = Place(service, database, tracking)
        found.point_alias_at("1")
        assert service.post("/api/reload-model").status == 200
        wait_until(found.has_converged, 10)
        yield found


def rows() -> list[dict[str, Any]]:
    """Rows of the data set to score."""
    with DATA.open(newline="") as lines:
        table = list(csv.DictReader(lines))[:200]
    return [{name: number_from_text(row[name]) for name in FEATURE_NAMES} for row in table]


def alternate(place: Place, traffic: Traffic, reloads: int) -> list[float]:
    """Switch from version to version; the seconds from each answer to the last worker's change."""
    took = []
    for number in range(reloads):
        version = "21"[number % 2]
        place.point_alias_at(version)
        done = place.service.post("/api/reload-model")
        answered = time.monotonic()
        assert done.status == 200, done.body
        assert done.json["model_version"] == version
        wait_until(place.has_converged, 10)
        converged = time.monotonic()
        took.append(converged - answered)
        time.sleep(0.3)
        assert traffic.versions_between(converged, time.monotonic()) == {version}
    return took


def assert_nothing_was_lost(place: Place, traffic: Traffic) -> None:
    """Each request was answered, and each answer names the model that scored it."""
    scores = place.scores()
    differ = [abs(a - b) > 1e-3 for a, b in zip(scores["1"], scores["2"], strict=True)]
    assert sum(differ) > 190
    assert (traffic.lost, traffic.failed, traffic.mixed) == (0, [], 0)
    assert traffic.wrongly_named(scores) == []
    assert {one.version for one in traffic.scored} <= {"1", "2"}


def test_reloads_under_load_lose_no_request_and_name_the_model_that_scored(place: Place) -> None:
    """Single and batch requests while the alias moves to and fro; every worker follows each time."""
    with scoring(place.service, rows(), CLIENTS) as traffic:
        alternate(place, traffic, 2)
        before = place.tag_digest("2", "0" * 64)
        place.point_alias_at("2")
        refuse(place, 409, "altered since it was registered")
        place.tag_digest("2", before)
        place.tracking.stop()
        refuse(place, 503, "the model registry cannot be reached or read")
    assert_nothing_was_lost(place, traffic)
    [[refusals]] = place.ask("SELECT count(*) FROM audit_event WHERE action = 'model refused'")
    assert refusals == 2
    failures = 'model_load_attempts_total{status="failure"} 2.0'
    assert failures in place.service.get("/metrics").body.decode()
    a_worker_is_killed(place)


def a_worker_is_killed(place: Place) -> None:
    """The one that takes its place serves the version in force, though the registry is away."""
    killed = place.service.workers()[0]
    with scoring(place.service, rows(), CLIENTS) as traffic:
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: killed not in place.service.workers(), 20)
        wait_until(place.has_converged, 20)
    assert (traffic.failed, traffic.mixed) == ([], 0)
    assert traffic.wrongly_named(place.scores()) == []
    assert {one.version for one in traffic.scored} == {"1"}


def refuse(place: Place, status: int, reason: str) -> Answer:
    """Switch, and be refused; what is served stays."""
    before = place.newest_generation()
    refused = place.service.post("/api/reload-model")
    assert refused.status == status, refused.body
    assert reason in refused.json["detail"]
    assert place.newest_generation() == before
    return refused


def reload_while_killing(place: Place, reloads: int) -> None:
    """Switch from version to version while a worker is killed again and again; at last all agree."""
    stop = threading.Event()
    with scoring(place.service, rows(), CLIENTS) as traffic:
        killer = threading.Thread(target=keep_killing, args=[place.service, stop])
        killer.start()
        for number in range(reloads):
            place.point_alias_at("21"[number % 2])
            reload_until_answered(place.service)
        stop.set()
        killer.join()
        wait_until(place.has_converged, 20, place.service.log.read_text)
        last = time.monotonic()
        time.sleep(0.5)
    assert traffic.versions_between(last, time.monotonic()) == {"21"[(reloads - 1) % 2]}
    assert traffic.failed == []
    assert traffic.mixed == 0
    assert traffic.wrongly_named(place.scores()) == []
    print(f"{traffic.requests} requests, {traffic.lost} lost with the worker that had them")


def keep_killing(service: Service, stop: threading.Event) -> None:
    """Kill one worker after another, without a word."""
    while not stop.wait(random.uniform(1, 5)):
        os.kill(random.choice(service.workers()), signal.SIGKILL)


def reload_until_answered(service: Service) -> None:
    """Ask again where the worker that was asked is killed, or the command that it left is under way."""
    while True:
        try:
            if service.post("/api/reload-model").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)


@pytest.mark.soak
def test_fifty_reloads_under_load(place: Place) -> None:
    """The figures of docs/model-lifecycle.md."""
    with scoring(place.service, rows(), CLIENTS) as traffic:
        took = sorted(alternate(place, traffic, 50))
    assert_nothing_was_lost(place, traffic)
    print(
        f"\n{len(took)} reloads under {traffic.requests} requests of {len(traffic.scored)} applications:"
        f" {len(traffic.failed) + traffic.lost} failed, 0 scored by another model than they name;"
        f" all {WORKERS} workers converged within {took[len(took) // 2]:.2f} s (median),"
        f" {took[-1]:.2f} s (longest) of the answer"
    )


@pytest.mark.soak
def test_twenty_reloads_while_workers_are_killed(place: Place) -> None:
    """The figures of docs/model-lifecycle.md."""
    reload_while_killing(place, reloads=20)


@pytest.mark.soak
def test_a_tracking_server_that_is_away_for_a_minute(place: Place) -> None:
    """Reloads are refused within seconds, nothing else is; when it is back, a reload succeeds."""
    refused = []
    with scoring(place.service, rows(), CLIENTS) as traffic:
        place.point_alias_at("2")
        place.tracking.stop()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            start = time.monotonic()
            refuse(place, 503, "the model registry cannot be reached or read")
            refused.append(time.monotonic() - start)
        place.tracking.restart()
        assert place.service.post("/api/reload-model").json["model_version"] == "2"
    assert_nothing_was_lost(place, traffic)
    print(
        f"\na minute without the tracking server: {len(refused)} reloads refused,"
        f" each within {max(refused):.0f} s; {traffic.requests} requests, 0 failed"
    )


def with_metadata(**changes: Any) -> Change:
    """The bundle with some of its metadata changed."""
    return lambda packed: changed(packed, **changes)


def changed(packed: bytes, **changes: Any) -> bytes:
    """A bundle with other metadata, whole and sealed."""
    bundle = Bundle.unpack(packed)
    return replace(bundle, metadata=replace(bundle.metadata, **changes)).pack()


def with_inputs(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """The bundle with other columns."""
    return lambda packed: changed(
        packed, inputs=change(dict(Bundle.unpack(packed).metadata.inputs))
    )


def with_golden_rows_off(packed: bytes) -> bytes:
    """The bundle whose known rows scored otherwise when it was made."""
    bundle = Bundle.unpack(packed)
    probabilities = [p + 1e-5 for p in bundle.golden.probabilities]
    return replace(bundle, golden=replace(bundle.golden, probabilities=probabilities)).pack()


UNFIT: dict[str, tuple[Change, str]] = {
    "a missing feature": (with_inputs(lambda all_: dict(list(all_.items())[1:])), "lacks"),
    "an extra feature": (
        with_inputs(lambda all_: {**all_, "Shoe size": {"ordinal": ["x"]}}),
        "Shoe size",
    ),
    "swapped classes": (with_metadata(classes=[1, 0]), "in the order [1, 0]"),
    "another catalogue": (with_metadata(fingerprint="other"), "another catalogue"),
    "golden rows off": (with_golden_rows_off, "differ by"),
    "a pickle": (
        lambda packed: replace(Bundle.unpack(packed), model=pickle.dumps(print)).pack(),
        "cannot be run",
    ),
}


@pytest.mark.soak
def test_every_kind_of_unfit_model_under_load(place: Place) -> None:
    """Each is refused with its reason, and answers go on."""
    file = place.tracking.bundle("2")
    whole = file.read_bytes()
    with scoring(place.service, rows(), CLIENTS) as traffic:
        place.point_alias_at("2")
        file.write_bytes(whole[:-100])
        refuse(place, 409, "altered since it was registered")
        for change, reason in UNFIT.values():
            file.write_bytes(change(whole))
            place.tag_digest("2", digest(file.read_bytes()))
            refuse(place, 409, reason)
        file.write_bytes(whole)
        place.tag_digest("2", digest(whole))
        refuse_for_want_of_room(place)
        deploy_what_no_worker_can_load(place)
        assert place.service.post("/api/reload-model").json["model_version"] == "2"
        wait_until(place.has_converged, 10)
    assert_nothing_was_lost(place, traffic)
    print(f"\n{len(UNFIT) + 3} failures under {traffic.requests} requests: 0 failed")


def refuse_for_want_of_room(place: Place) -> None:
    """Deploy where what is fetched is put on a disk smaller than the bundle."""
    before = place.newest_generation()
    folder = place.database.parent / "small"
    folder.mkdir()
    mounted = 'mount -t tmpfs -o size=40k small "$TMPDIR" && exec "$@"'
    done = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted, "sh"),
            *(sys.executable, "-m", "flask", "deploy"),
        ],
        cwd=ROOT,
        env=environment(place.database, place.tracking.address, TMPDIR=str(folder)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "the bundle cannot be fetched" in done.stderr
    assert place.newest_generation() == before


def deploy_what_no_worker_can_load(place: Place) -> None:
    """A row that somebody wrote past all checks: workers stay with what they serve."""
    with sqlite3.connect(place.database, timeout=10) as connection:
        connection.execute("INSERT INTO served_bundle VALUES ('0', x'00')")
        connection.execute(
            "INSERT INTO deployment (model_name, model_version, bundle_digest, deployed_at, reason)"
            " VALUES ('RDF_score_pipeline', '9', '0', '2026-01-01', 'broken')"
        )
    connection.close()
    said = "cannot be served: the stored bundle was altered"
    wait_until(lambda: place.service.log.read_text().count(said) >= WORKERS, 10)
