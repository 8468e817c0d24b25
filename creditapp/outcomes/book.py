"""The lender's own book: past decisions with their answers and what became of them, to train on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.performance import Performance
from creditapp.applications.questions import Answer


class Part(StrEnum):
    """Where a decision belongs; each belongs to one part, and only the first three hold rows to train on.

    A declined one is as old as a mature one, so that both come from the same period. Erased answers and
    other inputs are counted among those only that would be trained on.
    """

    GOOD = "good"
    BAD = "bad"
    DECLINED = "declined"
    UNDECIDED = "referred and not decided"
    NOT_TAKEN_UP = "not taken up"
    NOT_MATURE = "not mature"
    ERASED = "with erased answers"
    OTHER_INPUTS = "with other inputs"


class Extract(NamedTuple):
    """The decisions of a portfolio since a time, as they are known at a later time, `as_of`.

    `performance` says what counts as bad, and when a decision is mature.
    """

    portfolio: str
    performance: Performance
    since: datetime | None
    as_of: datetime


class PastDecision(NamedTuple):
    """A decision of the book, with its day in UTC and the probability of good credit that it was made by."""

    decision_id: UUID
    day: str
    probability: float
    part: Part
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Book:
    """The good, bad and declined decisions of an extract, oldest first, and how many are in each part.

    `catalogue` is that of the newest mature one; decisions under another catalogue are left out, and
    `other_versions` are the models that made them.
    """

    extract: Extract
    catalogue: Catalogue
    counts: Mapping[Part, int]
    decisions: Sequence[PastDecision]
    other_versions: Sequence[str]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the ids, days and parts; answers never change under an id."""
        lines = [f"{one.decision_id} {one.day} {one.part}\n" for one in self.decisions]
        return hashlib.sha256("".join([self.catalogue.fingerprint, *lines]).encode()).hexdigest()
