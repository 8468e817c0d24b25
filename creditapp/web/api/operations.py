"""The OpenAPI operation of a view, declared beside its route and its access."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

EVERYWHERE = (400, 429, 503)
"""The problems of every route: an unknown host name, too many requests, and nobody who answers nginx."""

OF_ACCESS = (401, 403)
"""The problems of every route that is not open to anyone."""

OF_INPUT = (413, 415, 422)
"""The problems of every route that reads a JSON body."""

OF_KEY = (409, 410, 413, 422)
"""The problems of every route that takes an `Idempotency-Key`."""

OF_QUERY = (422,)
"""The problems of every route with parameters in its address."""


class Body(Enum):
    """What a route reads; its schema follows from the served model's catalogue."""

    APPLICATION = "application"
    BATCH = "batch"
    OUTCOMES = "outcomes"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What the documentation says of a route.

    `problems` are those that follow neither from its access nor from what it reads.
    `once`: a repeat with the same `Idempotency-Key` gets the first answer.
    `unavailable` is said instead of a problem document where the answer to 503 has the answer's schema.
    """

    tag: str
    summary: str
    answer: type[Schema]
    answer_example: object = None
    body: Body | None = None
    query: type[Schema] | None = None
    problems: tuple[int, ...] = ()
    unavailable: str = ""
    once: bool = False

    def statuses(self, *, is_guarded: bool) -> tuple[int, ...]:
        """The statuses of its problems, in order."""
        kinds = {
            OF_ACCESS: is_guarded,
            OF_INPUT: self.body is not None,
            OF_KEY: self.once,
            OF_QUERY: self.query is not None,
        }
        applying = (status for kind, applies in kinds.items() if applies for status in kind)
        return tuple(sorted({*EVERYWHERE, *self.problems, *applying}))


def operation(declared: Operation) -> Callable[[View], View]:
    """Declare the operation of a view; goes below the route and the access."""

    def declare(view: View) -> View:
        view.operation = declared  # type: ignore[attr-defined]
        return view

    return declare


def operation_of(view: Callable[..., Any]) -> Operation:
    """The operation of a view.

    Raises:
        AttributeError: the view declares none.
    """
    declared: Operation = view.operation  # type: ignore[attr-defined]
    return declared
