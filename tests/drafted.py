"""Small data files for drafts, and what is drafted from them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import yaml

from training.drafts.infer import infer

ROWS = 200
_CHANCE = Random(1)
BAD = ["1" if _CHANCE.random() < 0.2 else "0" for _ in range(ROWS)]
"""The outcome of most tests: about every fifth row is bad."""

Columns = Mapping[str, Sequence[object]]


def repeated(*cells: object) -> list[object]:
    """The cells again and again, to the length of the outcome."""
    return [cells[row % len(cells)] for row in range(ROWS)]


def write_csv(path: Path, columns: Columns, separator: str = ",", encoding: str = "utf-8") -> Path:
    """Write columns to a CSV file."""
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def drafted(folder: Path, columns: Columns) -> dict[str, Any]:
    """The document drafted from columns and the usual outcome, as a parser reads it."""
    path = write_csv(
        folder / "loans.csv", {"amount": repeated(*range(100, 161)), **columns, "bad": BAD}
    )
    infer(path, "bad", ["1"], folder / "portfolio")
    document: dict[str, Any] = yaml.safe_load(
        (folder / "portfolio" / "datapackage.yaml").read_text()
    )
    return document


def fields_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of a document by name."""
    return {field["name"]: field for field in document["resources"][0]["schema"]["fields"]}


def field_of(folder: Path, cells: Sequence[object], name: str = "x") -> dict[str, Any]:
    """The field drafted from one column."""
    return fields_of(drafted(folder, {name: cells}))[name]


def reviews_of(field: dict[str, Any]) -> str:
    """The review marks of a field, as one text."""
    marks = field.get("creditapp", {}).get("review", [])
    return "\n".join([marks] if isinstance(marks, str) else marks)
