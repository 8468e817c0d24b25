"""Scoring by the challenger: in the background, after the answer, and without delaying it."""

import logging
import math
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from flask import Flask, current_app

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.table import application_of, is_application
from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.challenger.scores import UNFIT, ShadowScore
from creditapp.decisions.decide import decided
from creditapp.decisions.log import NewDecision
from creditapp.exceptions import BrokenBundle
from creditapp.observability import metrics
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Score, Scorer
from creditapp.scoring.verification import verify
from creditapp.serving import deployments

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""The length of the queue in each process; when it is full, applications are dropped and counted."""

SECONDS_BETWEEN_TURNS = 0.25
"""Applications of this time are scored and written together, so there are few extra commits."""

SECONDS_AFTER_REFUSAL = 60.0
"""A challenger that cannot be loaded is tried again after this time."""

RANDOM_BITS = 32
"""The number of last bits of a decision id that select it; a version 7 UUID ends in 62 random bits."""


@dataclass(frozen=True)
class Contender:
    """A loaded challenger."""

    row: Challenger
    scorer: Scorer


class Waiting(NamedTuple):
    """A recorded decision in the queue, with its application and policy."""

    decision_id: UUID
    application: Application
    policy: Policy


class Shadow:
    """The queue of this process, and the challenger that scores it."""

    def __init__(self) -> None:
        self._contender: Contender | None = None
        self._refused: int | None = None
        self._retry_at = 0.0
        self._waiting: queue.Queue[Waiting] = queue.Queue(MOST_WAITING)
        self._offered = threading.Event()

    def offer(
        self,
        decisions: Sequence[NewDecision],
        applications: Sequence[Application],
        policy: Policy,
    ) -> None:
        """Queue the challenger's share of recorded decisions; drop those that do not fit."""
        contender = self._contender
        # why: after a promotion the challenger can be the served model; nothing is left to compare.
        if contender is None or contender.row.model_version == decisions[0].model_version:
            return
        chosen = [
            Waiting(decision.decision_id, application, policy)
            for decision, application in zip(decisions, applications, strict=True)
            if is_chosen(decision.decision_id, contender.row.share)
        ]
        for place, waiting in enumerate(chosen):
            try:
                self._waiting.put_nowait(waiting)
            except queue.Full:
                metrics.count_shadowed("dropped", len(chosen) - place)
                break
        if chosen:
            self._offered.set()

    def start(self, app: Flask) -> None:
        """Start a thread that scores the queue whenever something is in it."""
        threading.Thread(target=self._work_for_ever, args=[app], daemon=True).start()

    def look(self) -> float:
        """Take over the challenger in force; return how long that is good for without news.

        Raises:
            DatabaseUnavailable: it cannot be read.
        """
        row = challengers.in_force()
        if row is None or self._contender is None or row.id != self._contender.row.id:
            self._contender = self._load(row) if row else None
        return math.inf

    def work_off(self) -> None:
        """Score and record the queue; failures are counted, not raised."""
        if waiting := list(self._take_all()):
            self._score(waiting)

    def _load(self, row: Challenger) -> Contender | None:
        if row.id == self._refused and time.monotonic() < self._retry_at:
            return None
        try:
            contender = Contender(row, verify(Bundle.unpack(_bundle_of(row))))
        except BrokenBundle as error:
            self._refused, self._retry_at = row.id, time.monotonic() + SECONDS_AFTER_REFUSAL
            log.error("challenger %s cannot be loaded: %s", row.id, error)
            return None
        log.info(
            "challenger: version %s now scores a share of %s of the applications",
            row.model_version,
            row.share,
        )
        return contender

    def _take_all(self) -> Iterator[Waiting]:
        while not self._waiting.empty():
            yield self._waiting.get_nowait()

    def _score(self, waiting: Sequence[Waiting]) -> None:
        contender = self._contender
        if contender is None:
            metrics.count_shadowed("dropped", len(waiting))
            return
        try:
            _record(contender, waiting)
        except Exception:
            # why: the challenger must never affect decisions, whatever fails here.
            metrics.count_shadowed("failed", len(waiting))
            log.exception("the challenger could not score or record %s applications", len(waiting))
            return
        metrics.count_shadowed("scored", len(waiting))

    def _work_for_ever(self, app: Flask) -> None:
        pause = threading.Event()
        with app.app_context():
            while True:
                self._offered.wait()
                pause.wait(SECONDS_BETWEEN_TURNS)
                self._offered.clear()
                self.work_off()


def is_chosen(decision_id: UUID, share: float) -> bool:
    """Whether a decision is in the challenger's share; the answer is the same in every process."""
    return (decision_id.int & (1 << RANDOM_BITS) - 1) < share * (1 << RANDOM_BITS)


def of_app(app: Flask) -> Shadow:
    """The shadow of a Flask application."""
    shadow: Shadow = app.extensions["shadow"]
    return shadow


def init_app(app: Flask) -> None:
    """Create the shadow of a Flask application, and connect it to the application's decisions."""
    app.extensions["shadow"] = Shadow()
    decided.connect(_offer)


def _offer(
    _sender: object,
    decisions: Sequence[NewDecision],
    applications: Sequence[Application],
    policy: Policy,
) -> None:
    of_app(current_app).offer(decisions, applications, policy)


def _bundle_of(row: Challenger) -> bytes:
    return deployments.load_bundle(row.bundle_digest or "")


def _record(contender: Contender, waiting: Sequence[Waiting]) -> None:
    """Score and record what fits the challenger's inputs; of the rest, record that it does not fit."""
    catalogue = contender.scorer.catalogue
    fitted = [_fit(catalogue, one.application) for one in waiting]
    scored = [(one, fit) for one, fit in zip(waiting, fitted, strict=True) if fit]
    scores = contender.scorer.score([fit for _, fit in scored]) if scored else []
    outcomes = {
        one.decision_id: ShadowScore(score.probability_good, _outcome(one, fit, catalogue, score))
        for (one, fit), score in zip(scored, scores, strict=True)
    }
    challenger_scores.record(
        contender.row.id,
        {one.decision_id: outcomes.get(one.decision_id, UNFIT) for one in waiting},
    )


def _fit(catalogue: Catalogue, application: Application) -> Application | None:
    """The application as the challenger's catalogue has it; none if it lacks or refuses an answer."""
    known = catalogue.by_name
    row = {name: answer for name, answer in application.answers.items() if name in known}
    return application_of(catalogue, row) if is_application(catalogue, row) else None


def _outcome(
    decision: Waiting, application: Application, catalogue: Catalogue, score: Score
) -> str:
    """The decision that the same policy gives for the challenger's score."""
    return decision.policy.outcome(
        decision.policy.risk_level(score.probability_good),
        catalogue,
        application.answers,
        outside_training=bool(score.outside_training),
    )
