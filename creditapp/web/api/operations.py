"""The OpenAPI operation of a view, declared beside its route and its access."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

OF_INPUT = (400, 413, 415, 422, 429, 503)
"""The problems of every route that reads a JSON body and scores."""

OF_KEY = (400, 409, 410, 422, 503)
"""The problems of every route that takes an `Idempotency-Key`."""


class Body(Enum):
    """What a route reads; its schema follows from the served model's catalogue."""

    APPLICATION = "application"
    BATCH = "batch"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What the documentation says of a route; 401 and 403 follow from its access.

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

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses of its problems, in order."""
        return tuple(sorted({*self.problems, *(OF_KEY if self.once else ())}))


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
