"""The challenger in the shadow: it scores some decisions too, after their answer and never in its way."""

import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from flask import Flask, current_app

from creditapp.applications.catalogue import Application
from creditapp.challenger import assignments as challengers
from creditapp.challenger import scores as challenger_scores
from creditapp.challenger.assignments import Challenger
from creditapp.decisions.decide import decided
from creditapp.decisions.log import NewDecision
from creditapp.exceptions import BrokenBundle, DatabaseUnavailable
from creditapp.observability import metrics
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Score, Scorer
from creditapp.scoring.verification import verify
from creditapp.serving import deployments

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Applications that may wait in one process; what comes while so many wait is dropped and counted."""

SECONDS_BETWEEN_TURNS = 0.25
"""What has come meanwhile is scored and written at once: few commits stand beside those of decisions."""

SECONDS_AFTER_REFUSAL = 60.0
RANDOM_BITS = 32
"""So many of an id's last bits choose what is scored; a version 7 UUID ends in 62 random ones."""


@dataclass(frozen=True)
class Contender:
    """A challenger that is loaded."""

    row: Challenger
    scorer: Scorer


class Waiting(NamedTuple):
    """A decision that was made, and what it was made on and by."""

    decision_id: UUID
    application: Application
    policy: Policy


class Shadow:
    """What waits in this process, and the challenger that it waits for."""

    def __init__(self) -> None:
        self._contender: Contender | None = None
        self._refused: int | None = None
        self._again_at = 0.0
        self._waiting: queue.Queue[Waiting] = queue.Queue(MOST_WAITING)

    def offer(
        self,
        decisions: Sequence[NewDecision],
        applications: Sequence[Application],
        policy: Policy,
    ) -> None:
        """Let the challenger's share of recorded decisions wait; for which there is no room, drop."""
        contender = self._contender
        if contender is None or contender.row.model_version == decisions[0].model_version:
            return
        chosen = [
            Waiting(decision.decision_id, application, policy)
            for decision, application in zip(decisions, applications, strict=True)
            if is_chosen(decision.decision_id, contender.row.share)
        ]
        for place, one in enumerate(chosen):
            try:
                self._waiting.put_nowait(one)
            except queue.Full:
                metrics.count_shadowed("dropped", len(chosen) - place)
                return

    def follow(self, app: Flask) -> None:
        """Look for a challenger and score what waits, in a thread of this process for ever."""
        threading.Thread(target=self._work_for_ever, args=[app], daemon=True).start()

    def take_turn(self) -> None:
        """Look for a challenger once, and score what waits.

        Raises:
            DatabaseUnavailable: the challenger cannot be read; what waits goes on waiting.
        """
        self._look()
        if waiting := list(self._all_waiting()):
            self._score(waiting)

    def _look(self) -> None:
        row = challengers.in_force()
        if row is None or self._contender is None or row.id != self._contender.row.id:
            self._contender = self._loaded(row) if row else None

    def _loaded(self, row: Challenger) -> Contender | None:
        if row.id == self._refused and time.monotonic() < self._again_at:
            return None
        try:
            contender = Contender(row, verify(Bundle.unpack(_bundle_of(row))))
        except BrokenBundle as error:
            self._refused, self._again_at = row.id, time.monotonic() + SECONDS_AFTER_REFUSAL
            log.error("challenger %s cannot be loaded: %s", row.id, error)
            return None
        log.info("version %s scores %s of decisions too", row.model_version, row.share)
        return contender

    def _all_waiting(self) -> Iterator[Waiting]:
        while not self._waiting.empty():
            yield self._waiting.get_nowait()

    def _score(self, waiting: Sequence[Waiting]) -> None:
        """Whatever goes wrong here is counted, and has happened to nobody's answer."""
        contender = self._contender
        if contender is None:
            metrics.count_shadowed("dropped", len(waiting))
            return
        try:
            _record(contender, waiting)
        except Exception:  # of the engine or the database: decisions go on
            metrics.count_shadowed("failed", len(waiting))
            log.exception("the challenger failed")
            return
        metrics.count_shadowed("scored", len(waiting))

    def _work_for_ever(self, app: Flask) -> None:
        pause = threading.Event()
        with app.app_context():
            while True:
                try:
                    self.take_turn()
                except DatabaseUnavailable as error:
                    log.warning("no look for a challenger: %s", error)
                except Exception:  # the next turn may succeed
                    log.exception("looking for a challenger failed")
                pause.wait(SECONDS_BETWEEN_TURNS)


def is_chosen(decision_id: UUID, share: float) -> bool:
    """Whether a decision is among the share that is scored too: the same ones wherever it is asked."""
    return (decision_id.int & (1 << RANDOM_BITS) - 1) < share * (1 << RANDOM_BITS)


def of_app(app: Flask) -> Shadow:
    """The shadow that belongs to an application."""
    shadow: Shadow = app.extensions["shadow"]
    return shadow


def init_app(app: Flask) -> None:
    """Give an application a shadow of its own, which listens to its decisions."""
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
    scores = contender.scorer.score([one.application for one in waiting])
    challenger_scores.record(
        contender.row.id,
        [one.decision_id for one in waiting],
        [score.probability_good for score in scores],
        [_decision(one, score) for one, score in zip(waiting, scores, strict=True)],
    )


def _decision(one: Waiting, score: Score) -> str:
    """What the policy of the decision makes of the challenger's score."""
    return one.policy.outcome(
        one.policy.risk_level(score.probability_good),
        one.application.answers,
        outside_training=bool(score.outside_training),
    )
