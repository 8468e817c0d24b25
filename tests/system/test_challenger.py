"""A challenger beside a real service under load: it works, it is overwhelmed, it fails."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from creditapp.scoring.bundle import Bundle
from creditapp.scoring.verification import verify
from tests.portfolios import EXAMPLE
from tests.scored import Traffic, scores_of, scoring
from tests.serving import Service, Trained, flask, serve, wait_until

CLIENTS = 4
UNLIMITED = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute"}
ROWS = [{**EXAMPLE, "Credit amount": float(amount)} for amount in range(500, 15_500, 100)]


@dataclass(frozen=True)
class Place:
    """A service and its database."""

    service: Service
    database: Path

    def counted(self, result: str) -> int:
        """What all workers counted of the challenger."""
        lines = self.service.get("/metrics").body.decode().splitlines()
        name = f'creditapp_challenger_total{{result="{result}"}} '
        return int(sum(float(one.removeprefix(name)) for one in lines if one.startswith(name)))

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement gives in the database."""
        with sqlite3.connect(self.database, timeout=10) as connection:
            found = connection.execute(statement).fetchall()
        connection.close()
        return found


@pytest.fixture
def place(trained: Trained, tmp_path: Path) -> Iterator[Place]:
    """A service that serves version 1, and version 2 as its challenger for every decision."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    registry = Path(shutil.copy(trained.registry, tmp_path / "mlflow.db"))
    shutil.copytree(trained.registry.parent / "mlruns", tmp_path / "mlruns")
    with serve(database, registry, **UNLIMITED) as service:
        for command in (
            ["train", "--without-protected"],
            ["challenge", "2", "--share", "1", "--reason", "to compare"],
        ):
            done = flask(*command, database=database, registry=registry)
            assert done.returncode == 0, done.stderr
        yield Place(service, database)


def answer_all(place: Place, seconds: float, batch: int = 0) -> Traffic:
    """Clients score for so long, and meanwhile batches of a size come; every answer is version 1's own."""
    with scoring(place.service, ROWS, CLIENTS) as traffic:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if batch:
                applications = [EXAMPLE] * batch
                done = place.service.post("/api/predict-batch", {"applications": applications})
                assert done.status == 200, done.body
            time.sleep(0.1)
    [[content]] = place.run(
        "SELECT content FROM deployment JOIN served_bundle ON digest = bundle_digest"
    )
    assert isinstance(content, bytes)
    scores = {"1": scores_of(verify(Bundle.unpack(content)), ROWS)}
    assert (traffic.lost, traffic.failed, traffic.mixed) == (0, [], 0)
    assert {one.version for one in traffic.scored} == {"1"}
    assert traffic.wrongly_named(scores) == []
    return traffic


def three_challengers(place: Place, seconds: float) -> None:
    """The one that works, with more than it can take, and without the table that it writes to."""
    wait_until(lambda: answer_all(place, 0.3) and place.counted("scored"), 10)
    works = answer_all(place, seconds)
    wait_until(lambda: place.counted("scored") >= works.requests, 20)
    assert place.counted("failed") == 0

    overwhelmed = answer_all(place, seconds, batch=5000)
    assert place.counted("dropped") > 0

    place.run("DROP TABLE challenger_score")
    fails = answer_all(place, seconds)
    wait_until(lambda: place.counted("failed") > 0, 10)
    requests = works.requests, overwhelmed.requests, fails.requests
    outcomes = {result: place.counted(result) for result in ("scored", "dropped", "failed")}
    print(
        f"requests beside one that works, is overwhelmed, fails: {requests}; decisions: {outcomes}"
    )


def test_no_challenger_costs_an_answer(place: Place) -> None:
    """Whatever becomes of the challenger, each request is answered by the served model."""
    three_challengers(place, seconds=1.5)


@pytest.mark.soak
def test_no_challenger_costs_an_answer_for_long(place: Place) -> None:
    """The figures of docs/model-lifecycle.md."""
    three_challengers(place, seconds=20)
