"""Rate limits: counted by key or person, else by address; a batch costs its number of applications.

While the shared storage does not answer, each process counts by itself.
"""

import logging
import math
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self, cast

from flask import Flask, current_app, g, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.storage.base import SlidingWindowCounterSupport
from limits.strategies import SlidingWindowCounterRateLimiter

from creditapp.exceptions import LimitReached
from creditapp.settings.current import current_settings
from creditapp.settings.settings import Settings
from creditapp.web.addresses import client_network

REFUSALS = "100 per minute"
"""How many refused requests one address may make before it is refused without a look at its key."""
CODES = "20 per hour"
"""How many codes of a second factor may be tried for one name."""
MOST_COUNTED = 2
"""How many times the limit requests are counted, the refused ones included."""
SECONDS_WITHOUT_STORAGE = 5
"""How long the shared storage is left alone after it did not answer."""

SECONDS_BETWEEN_SWEEPS = 10

log = logging.getLogger(__name__)
_parse_rate = lru_cache(parse)


class SweptSeldom(MemoryStorage):
    """Counts in this process; drops what is over every few seconds.

    By itself the library starts a thread for that ten milliseconds after a request.
    """

    _sweep: threading.Timer
    _sweeps_from = 0.0

    @property  # type: ignore[override]
    def timer(self) -> Self:
        """What the library starts, unless it is alive: this, until it is time to sweep again."""
        return self

    @timer.setter
    def timer(self, sweep: threading.Timer) -> None:
        self._sweep = sweep

    def is_alive(self) -> bool:
        """Whether it is too early to sweep."""
        return time.monotonic() < self._sweeps_from

    def start(self) -> None:
        """Sweep, in a thread."""
        self._sweeps_from = time.monotonic() + SECONDS_BETWEEN_SWEEPS
        self._sweep.start()


@dataclass
class Allowances:
    """What clients have left, in the shared storage, or in this process while that does not answer."""

    shared: SlidingWindowCounterRateLimiter
    own: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(SweptSeldom())
    )
    retry_storage_at: float = 0.0

    def spend(self, rate: str, scope: str, client: str, cost: int = 1) -> None:
        """Take `cost` from a client's allowance in a scope; a negative cost gives it back.

        Raises:
            LimitReached: less than that is left. Where nothing at all is left, the request counts all the
                same: who goes on without pause is let through less often than who waits.
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
    if limiter.hit(limit, scope, client, cost=cost) or cost < 0:
        return
    key, period = limit.key_for(scope, client), limit.get_expiry()
    if not limiter.test(limit, scope, client):
        # why: no more than that, so that a pause always ends the wait.
        _windows(limiter).acquire_sliding_window_entry(key, MOST_COUNTED * limit.amount, period)
    raise LimitReached(str(limit), _seconds_until_free(limiter, limit, key, cost))


def _seconds_until_free(
    limiter: SlidingWindowCounterRateLimiter, limit: RateLimitItem, key: str, cost: int
) -> int:
    """After how many seconds without a request so much is left; at most two periods."""
    wait: float
    period, room = limit.get_expiry(), limit.amount - cost + 1
    before, before_ends, now, now_ends = _windows(limiter).get_sliding_window(key, period)
    if room <= 0:
        wait = 2 * period
    elif now < room:
        wait = before_ends - (room - now) * period / max(before, 1)
    else:
        # why: a period's count weighs less and less in the period after it.
        wait = now_ends - period + max(0, period - room * period / now)
    return max(1, math.floor(wait) + 1)


def _windows(limiter: SlidingWindowCounterRateLimiter) -> SlidingWindowCounterSupport:
    return cast(SlidingWindowCounterSupport, limiter.storage)


def init_app(app: Flask, settings: Settings) -> None:
    """Count in the storage of the settings."""
    storage = _storage(settings.limits_storage)
    app.extensions["allowances"] = Allowances(SlidingWindowCounterRateLimiter(storage))


def is_storage_answering() -> bool:
    """Whether the shared storage answers now, with the password and the database of its address."""
    storage = _allowances().shared.storage
    try:
        # why: a look at a counter, as a storage may answer a ping and refuse the password.
        storage.get("creditapp/check")
    except StorageError:
        return False
    return True


def spend_applications(number: int) -> None:
    """Take a number of applications from the client's allowance.

    Raises:
        LimitReached: fewer are left; none are taken.
    """
    _allowances().spend(current_settings().scoring_limit, "applications", _client(), number)


def spend_outcomes(number: int) -> None:
    """Take a number of outcomes from the client's allowance, which is as large as that of applications.

    Raises:
        LimitReached: fewer are left; none are taken.
    """
    _allowances().spend(current_settings().scoring_limit, "outcomes", _client(), number)


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


def give_back_sign_in(name: str) -> None:
    """Give back an attempt that was right: only wrong ones are limited."""
    # why: it is taken before the check, as many guesses at once would all find something left.
    for client in (_address(), f"name:{name}"):
        _allowances().spend(current_settings().sign_in_limit, "sign-in", client, -1)


def give_back_external_sign_in() -> None:
    """Give back both steps of a sign-in with the identity provider."""
    _allowances().spend(current_settings().sign_in_limit, "external", _address(), -2)


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


def give_back_code(name: str) -> None:
    """Give back an attempt to enter a code that was right."""
    _allowances().spend(CODES, "codes", f"name:{name}", -1)


def spend_refusal() -> None:
    """Take a refused request from the address's allowance.

    Raises:
        LimitReached: none is left.
    """
    _allowances().spend(REFUSALS, "refusals", _address())


def _storage(address: str) -> Storage:
    """The storage of an address, with short time-outs, so that the local count takes over quickly."""
    if address.startswith("memory://"):
        return SweptSeldom()
    seconds = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    return cast(Storage, storage_from_string(address, wrap_exceptions=True, **seconds))


def _allowances() -> Allowances:
    allowances: Allowances = current_app.extensions["allowances"]
    return allowances


def _client() -> str:
    principal = g.get("principal")
    return principal.label if principal and principal.is_known else _address()


def _address() -> str:
    return f"address:{client_network(request.remote_addr or '')}"
