"""Drafts the whole catalogue of a data file."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from gzip import BadGzipFile
from pathlib import Path
from typing import Any

from creditapp.exceptions import BadTable
from training.drafts.application_dates import mark_dates
from training.drafts.columns import draft_columns
from training.drafts.credit import Credit, mark_credit
from training.drafts.example import example_of
from training.drafts.fields import DraftField
from training.drafts.identifiers import mark_identifiers
from training.drafts.leaks import mark_leaks
from training.drafts.outcome import Outcome, read_outcome
from training.drafts.postal_codes import ignore_postal_codes
from training.drafts.protection import mark_protected
from training.drafts.row_order import describe_order
from training.drafts.source import Source, open_source
from training.drafts.survey import Survey, survey


@dataclass(frozen=True)
class Draft:
    """A drafted catalogue: its fields in the order of the file, and what is said of the whole."""

    source: Source
    rows: int
    outcome: Outcome
    fields: list[DraftField]
    credit: Credit
    example: dict[str, Any]
    as_of: str | None
    notes: list[str]

    @property
    def reviews(self) -> list[tuple[str, str]]:
        """What a person must decide: the field, and the question."""
        return [(field.name, text) for field in self.fields for text in field.reviews]


def draft(path: Path, outcome: str, bad: Sequence[str]) -> Draft:
    """Read a data file once, and draft its catalogue.

    Raises:
        BadTable: the file is no table, or its outcome cannot be read as good and bad.
        OSError: the file cannot be read.
    """
    source, whole = _read(path)
    result = read_outcome(whole, outcome.strip(), bad)
    fields = draft_columns(whole, result.field.name)
    mark_identifiers(fields, whole)
    ignore_postal_codes(fields.values())
    as_of = mark_dates(fields, whole)
    mark_leaks(fields, whole, result)
    mark_protected(fields.values())
    credit = mark_credit(fields.values())
    if not any(field.is_scored for field in fields.values()):
        raise BadTable(
            f"{path}: no column is left to score by; found are only identifiers, free texts, "
            "constants and what is known after the outcome"
        )
    everything = {**fields, result.field.name: result.field}
    dated = any(field.type == "date" and field.is_scored for field in fields.values())
    return Draft(
        source,
        whole.rows,
        result,
        [everything[name] for name in source.names],
        credit,
        example_of(fields, whole),
        as_of if dated else None,
        describe_order(fields, whole, result),
    )


def _read(path: Path) -> tuple[Source, Survey]:
    try:
        source = open_source(path)
        return source, survey(source)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise BadTable(f"{path}: the file is damaged, or is not packed as .gz") from error
