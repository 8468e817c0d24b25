"""How much one client may ask for: counted by key or person, else by address; a batch costs its rows.

Where the shared storage is away, each process counts for itself until it is back.
"""

import logging
import math
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, StorageTypes, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from creditapp.exceptions import LimitReached
from creditapp.settings.settings import Settings

REFUSALS = "100 per minute"
"""How many worthless keys one address may show before it is not listened to at all."""
SECONDS_WITHOUT_STORAGE = 5
"""How long the shared storage is left alone after it did not answer."""
SECONDS_BETWEEN_SWEEPS = 60.0
"""How often counters of the past are looked for in this process's memory."""

log = logging.getLogger(__name__)
_rate = lru_cache(parse)


@dataclass
class Sweeper:
    """Takes the place of a memory's timer, a thread begun a hundred times a second under load."""

    memory: MemoryStorage
    next_at: float = 0.0

    def is_alive(self) -> bool:
        """Asked at each count, whether a timer is still on its way; now and then sweeps instead."""
        if time.monotonic() >= self.next_at:
            self.next_at = time.monotonic() + SECONDS_BETWEEN_SWEEPS
            for key in list(self.memory.expirations):
                self.memory.get(key)  # which forgets a counter whose time is over
        return True


@dataclass
class Allowances:
    """What clients have left, in the shared storage or, where that is away, in this process."""

    shared: SlidingWindowCounterRateLimiter
    own: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: _counter_in(MemoryStorage())
    )
    away_until: float = 0.0

    def spend(self, text: str, scope: str, client: str, cost: int = 1) -> None:
        """Take so much from a client's allowance in a scope.

        Raises:
            LimitReached: it has not that much left; nothing is taken.
        """
        rate = _rate(text)
        if time.monotonic() >= self.away_until:
            try:
                return _spend(self.shared, rate, scope, client, cost)
            except StorageError as error:
                self.away_until = time.monotonic() + SECONDS_WITHOUT_STORAGE
                log.warning("the storage of limits is away: %r", error.storage_error)
        return _spend(self.own, rate, scope, client, cost)


def _counter_in(storage: StorageTypes) -> SlidingWindowCounterRateLimiter:
    if isinstance(storage, MemoryStorage):
        storage.timer.cancel()
        storage.timer = Sweeper(storage)  # type: ignore[assignment]
    return SlidingWindowCounterRateLimiter(storage)


def _spend(
    counter: SlidingWindowCounterRateLimiter,
    rate: RateLimitItem,
    scope: str,
    client: str,
    cost: int,
) -> None:
    if not counter.hit(rate, scope, client, cost=cost):
        seconds = counter.get_window_stats(rate, scope, client).reset_time - time.time()
        raise LimitReached(str(rate), max(1, math.ceil(seconds)))


def init_app(app: Flask, settings: Settings) -> None:
    """Count where the settings say."""
    storage = storage_from_string(
        settings.limits_storage, wrap_exceptions=True, **_options(settings.limits_storage)
    )
    app.extensions["allowances"] = Allowances(_counter_in(storage))


def spend_applications(number: int) -> None:
    """Take so many applications from the client's allowance.

    Raises:
        LimitReached: it has not that many left; none are taken.
    """
    _allowances().spend(_settings().scoring_limit, "applications", _client(), number)


def spend_sign_in(name: str) -> None:
    """Take an attempt from the address's allowance, and from the name's.

    Raises:
        LimitReached: one of them has none left.
    """
    for client in (_address(), f"name:{name}"):
        _allowances().spend(_settings().sign_in_limit, "sign-in", client)


def spend_refusal() -> None:
    """Take a worthless key from the address's allowance.

    Raises:
        LimitReached: it has shown too many.
    """
    _allowances().spend(REFUSALS, "refusals", _address())


def _options(storage: str) -> dict[str, Any]:
    """A storage that is away is given up quickly, and a local count takes over."""
    if storage.startswith("memory://"):
        return {}
    return {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}


def _allowances() -> Allowances:
    allowances: Allowances = current_app.extensions["allowances"]
    return allowances


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _client() -> str:
    principal = g.get("principal")
    return principal.label if principal and principal.is_known else _address()


def _address() -> str:
    return f"address:{request.remote_addr}"
