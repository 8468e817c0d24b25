"""Reads the training data, checks each cell, and splits the rows."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from gzip import BadGzipFile
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import train_test_split

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Question, as_shown
from creditapp.applications.table import Columns, columns_of, wrong_answers
from creditapp.exceptions import BadTable
from training.data_file import read_rows
from training.frame import frame_of

HELD_OUT = 0.3
SEED = 42
CHUNK = 10_000
MOST_ERRORS = 100

Weights = npt.NDArray[np.float64]

Answers = Mapping[str, Sequence[Answer]]
"""The answers as given, by the names of their questions; each column has one answer per row."""


@dataclass(frozen=True)
class Dataset:
    """Rows of a portfolio's data, and their target: 1 good, 0 bad.

    `answers` are those that scoring needs, as they are given. `target` has the shape (rows,), and so have
    `weights`: how much each row counts in a fit. Without weights, each counts once.
    """

    catalogue: Catalogue
    answers: Answers
    target: "pd.Series[int]"
    weights: Weights | None = None

    def __len__(self) -> int:
        return len(self.target)

    @cached_property
    def columns(self) -> Columns:
        """The features as columns; a date is the number of days before the application."""
        return columns_of(self.catalogue, self.rows())

    @cached_property
    def features(self) -> pd.DataFrame:
        """The frame that the pipeline is fitted on."""
        return frame_of(self.catalogue, self.columns)

    @property
    def applicants(self) -> "Dataset":
        """All who applied: more than these rows, where they hold accepted credits alone."""
        return self

    def rows(self) -> list[dict[str, Answer]]:
        """The answers of each row."""
        names = list(self.answers)
        return [
            dict(zip(names, row, strict=True)) for row in zip(*self.answers.values(), strict=True)
        ]

    @property
    def days(self) -> Sequence[str] | None:
        """The day of each row's application, if the data have it."""
        question = self.catalogue.application_date
        if question is None or question.name not in self.answers or self.catalogue.implied_day:
            return None
        return [day or "" for day in self.answers[question.name]]

    def take(self, places: Sequence[int] | npt.NDArray[np.int64]) -> Self:
        """The rows at these places."""
        answers = {
            name: [column[place] for place in places] for name, column in self.answers.items()
        }
        target = self.target.to_numpy()[list(places)]
        return replace(
            self,
            answers=answers,
            target=pd.Series(target, name=self.target.name),
            weights=None if self.weights is None else self.weights[list(places)],
        )

    def to_fit(self, seed: int) -> "Dataset":
        """The rows that a model of these rows is fitted on: the same ones."""
        return self


@dataclass(frozen=True)
class Split:
    """The rows to fit the model on, and the hold-out to evaluate it on.

    `from_day` is the first day of the hold-out if the rows were split by time; empty for a random split.
    """

    training: Dataset
    held_out: Dataset
    from_day: str = ""


def load(catalogue: Catalogue, path: Path) -> Dataset:
    """Load the whole data set.

    Raises:
        BadTable: the file is missing, empty or not a table; a column is missing or unknown; a cell has no
            valid answer; a class has too few rows. The message names the file, the line and the column.
    """
    try:
        return _load(catalogue, path)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise BadTable(f"{path}: the file is damaged, or is not packed as .gz") from error
    except OSError as error:
        raise BadTable(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        encoding = catalogue.data.encoding.upper()
        raise BadTable(f"{path}: cannot be read: it is not {encoding}") from error
    except BadTable as error:
        raise BadTable(f"{path}: {error}") from error


def split(dataset: Dataset) -> Split:
    """Split the rows: about 70 % to fit on and 30 % held out.

    By time where the portfolio's data have the day of the application: the newest rows are held out.
    Otherwise at random, stratified by the target, with a fixed seed.

    Raises:
        BadTable: the newest rows have one outcome only.
    """
    parts = split_by_time(dataset)
    if parts is None:
        return split_at_random(dataset)
    for part, which in ((parts.training, "before"), (parts.held_out, "from")):
        if part.target.nunique() < 2:
            raise BadTable(
                f"the rows {which} {parts.from_day} on have one outcome only; a hold-out by time "
                "needs both (take the role date from the field to split at random)"
            )
    return parts


def split_by_time(dataset: Dataset) -> Split | None:
    """Hold out the newest rows, about 30 %, by whole days; None if the rows have no days, or one only."""
    days = dataset.days
    if days is None or len(set(days)) < 2:
        return None
    ordered = sorted(set(days))
    counts = np.cumsum(_counts(days))
    shares = np.abs(counts[:-1] / len(days) - (1 - HELD_OUT))
    first_held_out = ordered[int(np.argmin(shares)) + 1]
    training = [place for place, day in enumerate(days) if day < first_held_out]
    held_out = [place for place, day in enumerate(days) if day >= first_held_out]
    return Split(dataset.take(training), dataset.take(held_out), from_day=first_held_out)


def split_at_random(dataset: Dataset) -> Split:
    """Split the rows: 70 % to fit on and 30 % held out, stratified by the target, with a fixed seed."""
    training, held_out = train_test_split(
        np.arange(len(dataset)),
        test_size=HELD_OUT,
        random_state=SEED,
        stratify=dataset.target,
    )
    return Split(dataset.take(training), dataset.take(held_out))


def _counts(days: Sequence[str]) -> list[int]:
    """The number of rows of each day, in the order of the days."""
    _, counts = np.unique(np.array(days), return_counts=True)
    return [int(count) for count in counts]


class Errors:
    """The wrong cells of a data file: all are counted, and the first ones kept."""

    def __init__(self) -> None:
        self._count = 0
        self._first: list[str] = []

    def add(self, line: int, column: str, cell: Answer, accepted: object) -> None:
        """Note a wrong cell."""
        is_empty = cell is None or cell == ""
        fault = "the cell is empty" if is_empty else f'"{as_shown(cell)}" is not accepted'
        self.add_text(f'line {line}, column "{column}": {fault}; accepted is {accepted}')

    def add_text(self, text: str) -> None:
        """Note an error."""
        self._count += 1
        if len(self._first) < MOST_ERRORS:
            self._first.append(text)

    def refuse(self) -> None:
        """End the reading if there was an error.

        Raises:
            BadTable: with the first errors, and their number if there are several.
        """
        if self._count == 1:
            raise BadTable(self._first[0])
        if self._count:
            shown = f"the first {MOST_ERRORS} are:" if self._count > MOST_ERRORS else "they are:"
            lines = "\n".join(f"  {text}" for text in self._first)
            raise BadTable(f"{self._count} errors; {shown}\n{lines}")


def _load(catalogue: Catalogue, path: Path) -> Dataset:
    errors = Errors()
    day = None if catalogue.implied_day else catalogue.application_date
    extra = [catalogue.outcome_question, *catalogue.features, *([day] if day else [])]
    columns: dict[str, list[Answer]] = {name: [] for name in _names_to_read(catalogue)}
    target: list[int] = []
    rows = read_rows(catalogue, path, extra)
    accepted = {name: _accepted_in(path, catalogue.by_name[name]) for name in columns}
    while chunk := list(islice(rows, CHUNK)):
        _read_chunk(catalogue, chunk, columns, target, errors, accepted)
    errors.refuse()
    if not target:
        raise BadTable("the file holds column names but no rows")
    _check_target(catalogue, target)
    if catalogue.implied_day and catalogue.application_date:
        columns[catalogue.application_date.name] = [catalogue.as_of] * len(target)
    return Dataset(catalogue, columns, pd.Series(target, name=catalogue.outcome.name))


def _names_to_read(catalogue: Catalogue) -> list[str]:
    day = catalogue.application_date
    names = [*catalogue.feature_names]
    return names if day is None or catalogue.implied_day else [*names, day.name]


def _read_chunk(
    catalogue: Catalogue,
    chunk: Sequence[tuple[int, dict[str, Any] | BadTable]],
    columns: dict[str, list[Answer]],
    target: list[int],
    errors: Errors,
    accepted: Mapping[str, object],
) -> None:
    rows = []
    for line, row in chunk:
        if isinstance(row, BadTable):
            errors.add_text(str(row))
        else:
            rows.append((line, row))
    wrong: list[tuple[int, str, Answer, object]] = []
    for name, column in columns.items():
        question = catalogue.by_name[name]
        answers = [row.get(name) for _, row in rows]
        wrong.extend(
            (rows[place][0], name, answers[place], accepted[name])
            for place in wrong_answers(question, answers)
        )
        column.extend(answers)
    classes = catalogue.outcome.values
    for line, row in rows:
        outcome = row.get(catalogue.outcome.name)
        if type(outcome) in (int, float, str, bool) and outcome in classes:
            target.append(classes[outcome])
        else:
            wrong.append((line, catalogue.outcome.name, outcome, _accepted(catalogue)))
    for error in sorted(wrong, key=lambda one: one[0]):
        errors.add(*error)


def _accepted_in(path: Path, question: Question) -> object:
    is_parquet = path.name.endswith(".parquet")
    return question.accepted if is_parquet else question.accepted_in_cells


def _accepted(catalogue: Catalogue) -> str:
    good, bad = catalogue.outcome.good, catalogue.outcome.bad
    good_texts, bad_texts = (" or ".join(map(as_shown, values)) for values in (good, bad))
    return f"{good_texts} for good or {bad_texts} for bad"


def _check_target(catalogue: Catalogue, target: Sequence[int]) -> None:
    codes = {1: catalogue.outcome.good, 0: catalogue.outcome.bad}
    for value, values in codes.items():
        if target.count(value) < 2:
            raise BadTable(
                f'column "{catalogue.outcome.name}" has {target.count(value)} rows of class '
                f"{' or '.join(map(as_shown, values))}; at least 2 rows of each class are needed"
            )
