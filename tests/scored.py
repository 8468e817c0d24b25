"""Clients that keep scoring single applications and batches, and a look at which model really scored them."""

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from creditapp.applications.table import columns_of
from creditapp.scoring.scorer import Scorer
from tests.serving import Answer, Service

LARGEST_BATCH = 20


@dataclass(frozen=True)
class Scored:
    """One application's answer: when it was asked for, by which version it says it was scored."""

    asked_at: float
    version: str
    row: int
    probability: float


@dataclass
class Traffic:
    """What the clients met; `lost` are answers that never came, `failed` those that were no 200."""

    scored: list[Scored] = field(default_factory=list)
    requests: int = 0
    lost: int = 0
    failed: list[bytes] = field(default_factory=list)
    mixed: int = 0

    def wrongly_named(self, scores: Mapping[str, Sequence[float]]) -> list[Scored]:
        """The answers that another model scored than they say; `scores` are by version and row."""
        return [
            one for one in self.scored if abs(scores[one.version][one.row] - one.probability) > 1e-9
        ]

    def versions_between(self, start: float, end: float) -> set[str]:
        """The versions of the answers that were asked for within a time."""
        return {one.version for one in self.scored if start < one.asked_at < end}


def scores_of(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """The scores of some rows, each alone."""
    alone = [scorer.probabilities(columns_of(scorer.catalogue, [row])) for row in rows]
    return [float(one) for one in np.concatenate(alone)]


@contextmanager
def scoring(service: Service, rows: Sequence[Mapping[str, Any]], clients: int) -> Iterator[Traffic]:
    """Let clients score for the length of the block."""
    traffic = Traffic()
    stop = threading.Event()
    arguments = (service, rows, traffic, stop)
    threads = [threading.Thread(target=_keep_scoring, args=arguments) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _keep_scoring(
    service: Service, rows: Sequence[Mapping[str, Any]], traffic: Traffic, stop: threading.Event
) -> None:
    while not stop.is_set():
        places = random.sample(range(len(rows)), random.choice([1, 1, LARGEST_BATCH]))
        asked_at = time.monotonic()
        traffic.requests += 1
        try:
            answer = _ask(service, [rows[place] for place in places])
        except OSError:
            traffic.lost += 1
            continue
        if answer.status == 200:
            _note(traffic, asked_at, places, answer.json)
        else:
            traffic.failed.append(answer.body)


def _ask(service: Service, applications: Sequence[Mapping[str, Any]]) -> Answer:
    if len(applications) == 1:
        return service.post("/api/predict", applications[0])
    return service.post("/api/predict-batch", {"applications": applications})


def _note(traffic: Traffic, asked_at: float, places: list[int], answer: Any) -> None:
    predictions = answer.get("predictions", [answer])
    traffic.mixed += {one["model_version"] for one in predictions} != {answer["model_version"]}
    traffic.scored.extend(
        Scored(asked_at, one["model_version"], place, one["probability_good_credit"])
        for place, one in zip(places, predictions, strict=True)
    )
