"""Who approved a version for production, and why."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Approval:
    """The approval of a promotion; `overridden` are the conditions that did not hold."""

    by: str
    reason: str
    overridden: Sequence[str] = ()
