"""The catalogue of a portfolio: its questions, its outcome, and what belongs to all of them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

from creditapp.applications.performance import USUAL, Performance
from creditapp.applications.questions import Answer, Date, Question, Role

REFERENCE = "reference"
"""The key of the client's own identifier."""


@dataclass(frozen=True)
class Outcome:
    """The column that says what became of a credit, with its values for good and for bad."""

    name: str
    good: tuple[Answer, ...]
    bad: tuple[Answer, ...]

    @property
    def values(self) -> Mapping[Answer, int]:
        """The model's class of each value: 1 good, 0 bad."""
        return {**dict.fromkeys(self.good, 1), **dict.fromkeys(self.bad, 0)}


@dataclass(frozen=True)
class DataFile:
    """The file with the portfolio's data, relative to its folder, and how a CSV file is written."""

    path: str
    encoding: str = "utf-8"
    delimiter: str = ","


@dataclass(frozen=True, eq=False, kw_only=True)
class Catalogue:
    """All that is declared of a portfolio; never changed, and passed from hand to hand.

    `questions` holds the features first, then what is recorded and not scored. `amount` and `term` name
    the questions that a letter cites. `reference_column` is the data's column with the applicant's
    reference. With `implied_day`, the day of the application has a question but no column in the data; the
    rows of the data count from the day `as_of` then. `performance` says which decisions turn out bad.
    `document` is what the catalogue was read from.
    """

    name: str
    title: str
    version: str
    outcome: Outcome
    outcome_question: Question
    questions: tuple[Question, ...]
    example: Mapping[str, Answer]
    data: DataFile
    performance: Performance = USUAL
    currency: str = ""
    amount: str = ""
    term: str = ""
    note: str = ""
    published_labels: str = ""
    reference_column: str = ""
    ignored: frozenset[str] = frozenset()
    as_of: str = ""
    implied_day: bool = False
    groups: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def features(self) -> tuple[Question, ...]:
        """The questions that a model may use."""
        return tuple(one for one in self.questions if one.role is Role.FEATURE)

    @cached_property
    def recorded(self) -> tuple[Question, ...]:
        """The questions that are accepted and recorded, but not scored; they may be left out."""
        return tuple(one for one in self.questions if one.role is not Role.FEATURE)

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """The questions by their names."""
        return {question.name: question for question in self.questions}

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, in their order."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def protected(self) -> tuple[str, ...]:
        """The names of the features that the law may forbid a lender to use."""
        return tuple(feature.name for feature in self.features if feature.protected)

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """The names of the features that may be left out."""
        return tuple(feature.name for feature in self.features if feature.optional)

    @cached_property
    def dates(self) -> tuple[Date, ...]:
        """The features that are dates."""
        return tuple(feature for feature in self.features if isinstance(feature, Date))

    @cached_property
    def application_date(self) -> Question | None:
        """The question for the day of the application, if there is one."""
        return next((one for one in self.questions if one.role is Role.DATE), None)

    @cached_property
    def names_to_score(self) -> tuple[str, ...]:
        """The answers that scoring needs: the features, and the day of the application for dates."""
        day = self.application_date if self.dates else None
        return (*self.feature_names, *([day.name] if day else []))

    @cached_property
    def required_keys(self) -> frozenset[str]:
        """The keys that an application must have."""
        return frozenset(one.name for one in self.features if not one.optional)

    @cached_property
    def reference_keys(self) -> tuple[str, ...]:
        """The keys of the client's own identifier; an application has one of them at most."""
        return tuple(dict.fromkeys([REFERENCE, self.reference_column or REFERENCE]))

    @cached_property
    def allowed_keys(self) -> frozenset[str]:
        """The keys that an application may have."""
        return frozenset({*self.by_name, *self.reference_keys})

    @cached_property
    def scored_answers(self) -> Callable[[Mapping[str, Any]], tuple[Answer, ...]]:
        """The function that takes the answers to the features out of a complete row."""
        if len(self.feature_names) > 1:
            return itemgetter(*self.feature_names)
        [only] = self.feature_names
        return lambda row: (row[only],)

    @cached_property
    def checks(self) -> tuple[tuple[str, Callable[[object], bool]], ...]:
        """The name of each feature, and the function that says whether it accepts an answer."""
        return tuple(
            (one.name, one.accepts if one.missing else one.accepts_value) for one in self.features
        )

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 digest of names, kinds, codes and limits, in hexadecimal.

        Two catalogues with the same fingerprint define the same model inputs.
        """
        signatures = [question.signature for question in self.questions]
        return hashlib.sha256(json.dumps(signatures).encode()).hexdigest()

    @cached_property
    def readers(self) -> Mapping[str, Any]:
        """For each question, the function that reads the text of a cell; short texts are cached."""
        return {name: _cached_reader(question) for name, question in self.by_name.items()}

    def used_features(self, *, protected: bool) -> tuple[Question, ...]:
        """The features of a model that is trained with, or without, protected answers."""
        return tuple(one for one in self.features if protected or not one.protected)


@dataclass(frozen=True)
class Application:
    """The answers of one applicant, and the client's own identifier for the application."""

    answers: Mapping[str, Answer]
    reference: str | None = None


def days_between(earlier: str, later: str) -> int:
    """The days from one date to another, both as YYYY-MM-DD."""
    return date.fromisoformat(later).toordinal() - date.fromisoformat(earlier).toordinal()


def _cached_reader(question: Question) -> Any:
    cached = lru_cache(maxsize=10_000)(question.from_cell)

    def read(text: str) -> Answer:
        # why: most cells of a table are short and repeat; long ones must not fill the memory.
        return cached(text) if len(text) <= LONGEST_CACHED else question.from_cell(text)

    return read


LONGEST_CACHED = 32
