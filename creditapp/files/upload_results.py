"""The results of an uploaded file: as Parquet for programs, and as CSV that a spreadsheet may open."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from creditapp.files.part import RESULT, WRONG
from creditapp.spreadsheets import safe_cell

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Counted:
    """How many rows a file has, how many of them were wrong, and the version that scored the others.

    `outcomes` says by decision how many of the others have it.
    """

    rows: int
    wrong: int
    model_version: str | None
    outcomes: Mapping[str, int]


def write_for_people(results: Path, wrong: Path, place: Path) -> Counted:
    """Write the results and the wrong rows as CSV without formulas, and count them.

    `results` is the Parquet file of `flask score`, and `wrong` the CSV file of its wrong rows.

    Raises:
        OSError: the folder cannot be written to.
    """
    with pq.ParquetFile(results) as file:
        scored = file.metadata.num_rows
        first = next(file.iter_batches(1, columns=["model_version"]), None)
        outcomes = _count_outcomes(file)
        write_safe_csv(place / "results.csv", tuple(RESULT), _rows(file))
    with wrong.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        reader = csv.reader(lines)
        next(reader)
        refused = write_safe_csv(place / "wrong-rows.csv", tuple(WRONG), reader)
    version = first["model_version"][0].as_py() if first and len(first) else None
    return Counted(scored + refused, refused, version, outcomes)


def write_safe_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows as CSV; a text that a spreadsheet would take for a formula begins with an apostrophe.

    Returns the number of rows.
    """
    draft = path.with_name(f".{path.name}")
    with draft.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        count = 0
        for row in rows:
            writer.writerow([safe_cell(cell) for cell in row])
            count += 1
    draft.replace(path)
    return count


def _count_outcomes(file: pq.ParquetFile) -> Mapping[str, int]:
    counts = file.read(["decision"])["decision"].value_counts()
    return {one["values"]: one["counts"] for one in counts.to_pylist()}


def _rows(file: pq.ParquetFile) -> Iterator[Sequence[Any]]:
    for batch in file.iter_batches(ROWS_AT_ONCE):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
