"""Rate limits: counted by key or person, else by address; a batch costs its number of applications.

While the shared storage does not answer, each process counts by itself.
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
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from creditapp.exceptions import LimitReached
from creditapp.settings.current import current_settings
from creditapp.settings.settings import Settings

REFUSALS = "100 per minute"
"""How many refused requests one address may make before it is refused without a look at its key."""
CODES = "20 per hour"
"""How many codes of a second factor may be tried for one name."""
SECONDS_WITHOUT_STORAGE = 5
"""How long the shared storage is left alone after it did not answer."""

log = logging.getLogger(__name__)
_parse_rate = lru_cache(parse)


@dataclass
class Allowances:
    """What clients have left, in the shared storage, or in this process while that does not answer."""

    shared: SlidingWindowCounterRateLimiter
    own: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage())
    )
    retry_storage_at: float = 0.0

    def spend(self, rate: str, scope: str, client: str, cost: int = 1) -> None:
        """Take `cost` from a client's allowance in a scope.

        Raises:
            LimitReached: less than that is left; nothing is taken.
        """
        limit = _parse_rate(rate)
        if time.monotonic() >= self.retry_storage_at:
            try:
                return _spend(self.shared, limit, scope, client, cost)
            except StorageError as error:
                self.retry_storage_at = time.monotonic() + SECONDS_WITHOUT_STORAGE
                log.warning("the storage of rate limits does not answer: %r", error.storage_error)
        return _spend(self.own, limit, scope, client, cost)


def _spend(
    limiter: SlidingWindowCounterRateLimiter,
    limit: RateLimitItem,
    scope: str,
    client: str,
    cost: int,
) -> None:
    if not limiter.hit(limit, scope, client, cost=cost):
        seconds = limiter.get_window_stats(limit, scope, client).reset_time - time.time()
        raise LimitReached(str(limit), max(1, math.ceil(seconds)))


def init_app(app: Flask, settings: Settings) -> None:
    """Count in the storage of the settings."""
    storage = storage_from_string(
        settings.limits_storage, wrap_exceptions=True, **_options(settings.limits_storage)
    )
    app.extensions["allowances"] = Allowances(SlidingWindowCounterRateLimiter(storage))


def spend_applications(number: int) -> None:
    """Take a number of applications from the client's allowance.

    Raises:
        LimitReached: fewer are left; none are taken.
    """
    _allowances().spend(current_settings().scoring_limit, "applications", _client(), number)


def spend_reading() -> None:
    """Take a look at a decision, or at a page of a list of them, from the client's allowance.

    Raises:
        LimitReached: none is left.
    """
    _allowances().spend(current_settings().reading_limit, "reading", _client())


def spend_sign_in(name: str) -> None:
    """Take an attempt from the address's allowance, and from the name's.

    Raises:
        LimitReached: one of them has none left.
    """
    for client in (_address(), f"name:{name}"):
        _allowances().spend(current_settings().sign_in_limit, "sign-in", client)


def spend_external_sign_in() -> None:
    """Take an attempt to sign in with the identity provider from the address's allowance.

    Raises:
        LimitReached: none is left.
    """
    _allowances().spend(current_settings().sign_in_limit, "external", _address())


def spend_code(name: str) -> None:
    """Take an attempt to enter a code from the name's allowance: a code has six digits.

    Raises:
        LimitReached: none is left.
    """
    _allowances().spend(CODES, "codes", f"name:{name}")


def spend_refusal() -> None:
    """Take a refused request from the address's allowance.

    Raises:
        LimitReached: none is left.
    """
    _allowances().spend(REFUSALS, "refusals", _address())


def _options(storage: str) -> dict[str, Any]:
    """Short time-outs, so that the local count takes over quickly."""
    if storage.startswith("memory://"):
        return {}
    return {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}


def _allowances() -> Allowances:
    allowances: Allowances = current_app.extensions["allowances"]
    return allowances


def _client() -> str:
    principal = g.get("principal")
    return principal.label if principal and principal.is_known else _address()


def _address() -> str:
    return f"address:{request.remote_addr}"
