"""Reads the training data, checks each cell, and splits the rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.model_selection import train_test_split

from creditapp.applications.catalogue import FEATURES, Feature
from creditapp.applications.table import read_csv, wrong_answers
from creditapp.exceptions import BadTable
from creditapp.scoring.bundle import TARGET

TARGET_CODES = {1: 1, 2: 0}
"""The file's codes, 1 (good) and 2 (bad), and the model's classes for them, 1 and 0."""

HELD_OUT = 0.3
SEED = 42


@dataclass(frozen=True)
class Dataset:
    """The features as columns with the catalogue's names, and the target: 1 good, 0 bad."""

    features: pd.DataFrame
    target: "pd.Series[int]"

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class Split:
    """The rows to fit the model on, and the hold-out to evaluate it on."""

    training: Dataset
    held_out: Dataset


def load(path: Path) -> Dataset:
    """Load the whole data set.

    Raises:
        BadTable: the file is missing, empty or not CSV; a column is missing or unknown; a cell has no
            valid answer; a class has too few rows. The message names the file, the line and the column.
    """
    try:
        rows = _read(path)
        columns = {feature.name: _read_column(feature, rows) for feature in FEATURES}
        return Dataset(pd.DataFrame(columns), pd.Series(_read_target(rows), name=TARGET))
    except OSError as error:
        raise BadTable(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadTable(f"{path}: cannot be read: it is not UTF-8") from error
    except BadTable as error:
        raise BadTable(f"{path}: {error}") from error


def split(dataset: Dataset) -> Split:
    """Split the rows: 70 % to fit on and 30 % held out, stratified by the target, with a fixed seed."""
    parts = train_test_split(
        dataset.features,
        dataset.target,
        test_size=HELD_OUT,
        random_state=SEED,
        stratify=dataset.target,
    )
    features, held_out_features, target, held_out_target = parts
    return Split(Dataset(features, target), Dataset(held_out_features, held_out_target))


def _read(path: Path) -> list[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(read_csv(lines, extra_columns=[TARGET]))
    if not rows:
        raise BadTable("the file holds column names but no rows")
    return rows


def _read_column(feature: Feature, rows: list[tuple[int, dict[str, Any]]]) -> "pd.Series[Any]":
    answers = [row.get(feature.name, "") for _, row in rows]
    for position in wrong_answers(feature, answers):
        line, _ = rows[position]
        raise _bad_cell(line, feature.name, answers[position], str(feature.accepted))
    return pd.Series(answers, dtype="float64" if feature.kind == "numeric" else "object")


def _read_target(rows: list[tuple[int, dict[str, Any]]]) -> list[int]:
    for line, row in rows:
        if row.get(TARGET) not in TARGET_CODES:
            raise _bad_cell(line, TARGET, row.get(TARGET, ""), "1 for good or 2 for bad")
    target = [TARGET_CODES[row[TARGET]] for _, row in rows]
    for code, value in TARGET_CODES.items():
        if target.count(value) < 2:
            raise BadTable(
                f'column "{TARGET}" has {target.count(value)} rows of class {code}; '
                "at least 2 rows of each class are needed"
            )
    return target


def _bad_cell(line: int, column: str, cell: object, accepted: str) -> BadTable:
    fault = f'"{cell}" is not accepted' if cell != "" else "the cell is empty"
    return BadTable(f'line {line}, column "{column}": {fault}; accepted is {accepted}')
