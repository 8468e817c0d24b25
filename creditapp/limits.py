"""How much one client may ask for: counted by key or person, else by address; a batch costs its rows.

Where the shared storage is away, each process counts for itself until it is back.
"""

import math
import time

from flask import current_app, g, request
from flask_limiter import Limiter

REFUSALS = "100 per minute"
"""How many worthless keys one address may show before it is not listened to at all."""


def _client() -> str:
    principal = g.get("principal")
    return principal.label if principal and principal.is_known else _address()


def _address() -> str:
    return f"address:{request.remote_addr}"


def _scoring_limit() -> str:
    return str(current_app.config["SETTINGS"].scoring_limit)


def _sign_in_limit() -> str:
    return str(current_app.config["SETTINGS"].sign_in_limit)


limiter = Limiter(
    key_func=_client,
    strategy="sliding-window-counter",
    in_memory_fallback_enabled=True,
)


def seconds_until_reset() -> int:
    """When to try again, after a limit was reached in this request."""
    reached = limiter.current_limit
    return max(1, math.ceil(reached.reset_at - time.time())) if reached else 1


def spend_applications(number: int) -> None:
    """Take so many applications from the client's allowance.

    Raises:
        RateLimitExceeded: it has not that many left; none are taken.
    """
    g.cost = number
    _spend_applications()


@limiter.shared_limit(_scoring_limit, scope="applications", cost=lambda: int(g.cost))
def _spend_applications() -> None:
    pass


def spend_sign_in(name: str) -> None:
    """Take an attempt from the address's allowance, and from the name's.

    Raises:
        RateLimitExceeded: one of them has none left.
    """
    g.name = name
    _spend_sign_in()


@limiter.shared_limit(_sign_in_limit, scope="sign-in", key_func=_address)
@limiter.shared_limit(_sign_in_limit, scope="sign-in", key_func=lambda: f"name:{g.name}")
def _spend_sign_in() -> None:
    pass


@limiter.shared_limit(REFUSALS, scope="refusals", key_func=_address)
def spend_refusal() -> None:
    """Take a worthless key from the address's allowance.

    Raises:
        RateLimitExceeded: it has shown too many.
    """
