"""The command that records the outcomes of a file."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import BadTable, InvalidSetting
from creditapp.identity.actors import operator
from creditapp.outcomes import recording
from creditapp.outcomes.reports import Faults, Report, read_report

SOME_WRONG = 1
AT_ONCE = 1_000
"""How many rows are recorded in one transaction, so that scoring does not wait for long."""

Row = tuple[int, dict[str, Any] | str]


@click.group("outcomes")
def outcomes() -> None:
    """Record what became of decisions."""


@outcomes.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_outcomes(file: Path) -> None:
    """Record the outcomes of a CSV or Parquet FILE; exit code 1 if some rows are wrong.

    The columns are decision_id or reference, kind, date, and if needed amount and withdrawn. What stands on
    record already is not recorded again, so an interrupted import is run again.
    """
    with errors_in_one_line():
        try:
            rows, new, wrong = _import(file)
        except OSError as error:
            raise BadTable(f"{error.filename}: {error.strerror}") from error
    known = rows - new - wrong
    click.echo(f"{rows} rows = {new} recorded + {known} known already + {wrong} wrong")
    sys.exit(SOME_WRONG if wrong else 0)


def _import(file: Path) -> tuple[int, int, int]:
    """Record the rows of a file; how many there are, how many are new, and how many wrong."""
    try:
        from creditapp.files.outcome_rows import rows_of
    except ImportError as error:
        raise InvalidSetting(
            "flask outcomes import needs PyArrow: install creditapp[files]"
        ) from error
    rows = new = wrong = 0
    for chunk in _chunks(rows_of(file)):
        recorded, faults = _record(chunk)
        for number, text in sorted(faults.items()):
            click.echo(f"line {number}: {text}", err=True)
        rows, new, wrong = rows + len(chunk), new + recorded, wrong + len(faults)
    return rows, new, wrong


def _record(chunk: list[Row]) -> tuple[int, dict[int, str]]:
    """Record the right rows; how many are new, and what is wrong with the others, by number."""
    faults: dict[int, str] = {}
    reports: dict[int, Report] = {}
    for number, values in chunk:
        report = values if isinstance(values, str) else read_report(values)
        if isinstance(report, Report):
            reports[number] = report
        else:
            faults[number] = report if isinstance(report, str) else _in_words(report)
    numbers = list(reports)
    recorded = recording.record(list(reports.values()), operator(), partly=True)
    faults |= {numbers[index]: _in_words(found) for index, found in recorded.wrong.items()}
    return recorded.new, faults


def _in_words(faults: Faults) -> str:
    return "; ".join(f"{name}: {text}" for name, texts in faults.items() for text in texts)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, AT_ONCE)):
        yield chunk


COMMANDS = (outcomes,)
