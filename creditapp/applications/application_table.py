"""Many applications as columns: checked, completed and written without an object for each of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Any

import numpy as np

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.questions import Answer, Question, Role
from creditapp.applications.table import Columns, days_before, is_reference, today
from creditapp.columns import Column, Places, Truths


class Absent(Enum):
    """What stands in a column where an application does not have the key."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, eq=False)
class ApplicationTable(Sequence[Application]):
    """Applications of one catalogue: a column for each key that some of them have.

    A valid application becomes an object when it is looked at. `refused` are the rows that are wrong by
    their keys alone.
    """

    catalogue: Catalogue
    columns: Mapping[str, Column]
    refused: Truths

    @classmethod
    def of_columns(
        cls, catalogue: Catalogue, given: Mapping[str, Column], rows: int
    ) -> "ApplicationTable":
        """The table of some columns under allowed keys, completed as `application_of` completes a row."""
        columns = dict(given)
        for name in catalogue.feature_names:
            column = columns.get(name, Column.same(ABSENT, rows))
            columns[name] = _filled(column, None) if name in catalogue.optional else column
        if catalogue.dates and (day := catalogue.application_date):
            columns[day.name] = _filled(columns.get(day.name, Column.same(ABSENT, rows)), today())
        return cls(catalogue, columns, np.zeros(rows, dtype=np.bool_))

    @classmethod
    def of_rows(cls, catalogue: Catalogue, rows: Sequence[object]) -> "ApplicationTable":
        """The table of rows as JSON has them; a row is refused if it is no object or has unknown keys."""
        objects: list[dict[str, Any]] = [row if isinstance(row, dict) else {} for row in rows]
        layouts = Column.of(list(map(tuple, objects)))
        names = dict.fromkeys(chain.from_iterable(layouts.distinct))
        known = [name for name in names if name in catalogue.allowed_keys]
        given = {name: Column.of([row.get(name, ABSENT) for row in objects]) for name in known}
        table = cls.of_columns(catalogue, given, len(rows))
        unknown = layouts.where(lambda keys: not catalogue.allowed_keys.issuperset(keys))
        unnamed = Column.of(list(map(type, rows))).where(lambda kind: not issubclass(kind, dict))
        return cls(catalogue, table.columns, unknown | unnamed)

    def __len__(self) -> int:
        return len(self.refused)

    def wrong(self) -> Truths:
        """The rows that are not valid applications: exactly those that the schema refuses."""
        wrong = self.refused.copy()
        for question in self.catalogue.questions:
            if question.name in self.columns:
                wrong |= self.columns[question.name].where(_refusal(question))
        given = [self.columns[key] for key in self._reference_keys]
        for column in given:
            wrong |= column.where(lambda one: one is not ABSENT and not is_reference(one))
        if len(given) > 1:
            wrong |= np.logical_and(*(column.where(_is_given) for column in given))
        return wrong

    def take(self, rows: Places) -> "ApplicationTable":
        """The table of some rows."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return ApplicationTable(self.catalogue, columns, self.refused[rows])

    def without(self, wrong: Truths) -> "ApplicationTable":
        """The table without the rows that are wrong."""
        return self.take(np.flatnonzero(~wrong)) if wrong.any() else self

    def scored(self) -> Columns:
        """The columns of the features of valid applications; a date is the days before the application."""
        columns = {name: self.columns[name] for name in self.catalogue.feature_names}
        if day := self.catalogue.application_date:
            for question in self.catalogue.dates:
                pairs = columns[question.name].beside(self.columns[day.name])
                columns[question.name] = pairs.each(_days(question))
        return columns

    def references(self) -> Column:
        """The client's own identifiers of valid applications; none where it sent none."""
        given = [_filled(self.columns[key], None) for key in self._reference_keys]
        if not given:
            return Column.same(None, len(self))
        return given[0] if len(given) == 1 else given[0].beside(given[1]).each(_either)

    def row(self, place: int) -> dict[str, Answer]:
        """One row as it was given, with its reference."""
        values = {name: column[place] for name, column in self.columns.items()}
        return {name: value for name, value in values.items() if value is not ABSENT}

    def __getitem__(self, place: Any) -> Any:
        """One valid application."""
        answers = self.row(place)
        references = [answers.pop(key) for key in self._reference_keys if key in answers]
        return Application(answers, references[0] if references else None)

    def as_json(self) -> list[str]:
        """The answers of each valid application as JSON."""
        answers = [name for name in self.columns if name in self.catalogue.by_name]
        parts = [_fragments(name, self.columns[name]).values() for name in answers]
        return ["{" + "".join(row)[2:] + "}" for row in zip(*parts, strict=True)]

    @property
    def _reference_keys(self) -> list[str]:
        return [key for key in self.catalogue.reference_keys if key in self.columns]


def wrong_rows(catalogue: Catalogue, rows: Sequence[object]) -> set[int]:
    """The positions of the rows that are not valid applications.

    The check accepts exactly what the schema accepts, and is faster for many rows.
    """
    return set(np.flatnonzero(ApplicationTable.of_rows(catalogue, rows).wrong()).tolist())


def _filled(column: Column, value: Answer) -> Column:
    """A column with a value where an application does not have the key."""
    return column.each(lambda one: value if one is ABSENT else one)


def _refusal(question: Question) -> Callable[[Any], bool]:
    """The test for an answer that is wrong; what is recorded and not scored may be absent."""
    if question.role is Role.FEATURE:
        return lambda answer: not question.accepts(answer)
    return lambda answer: answer is not ABSENT and not question.accepts(answer)


def _days(question: Question) -> Callable[[Any], Any]:
    """The function that makes days of a date and the day of the application."""
    return lambda pair: days_before(question, *pair)


def _is_given(value: object) -> bool:
    return value is not ABSENT


def _either(pair: tuple[Any, Any]) -> Any:
    return pair[1] if pair[0] is None else pair[0]


def _fragments(name: str, column: Column) -> Column:
    """Each answer as a part of a JSON object, behind a comma; empty where the key is absent."""
    key = f", {json.dumps(name)}: "
    return column.each(lambda answer: "" if answer is ABSENT else key + json.dumps(answer))
