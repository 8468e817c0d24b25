"""How a command fails: with one line, and an exit code for the kind of failure."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from creditapp.exceptions import (
    ChangeUnderWay,
    CreditappError,
    DatabaseUnavailable,
    ProposalClosed,
    RefusedModel,
    RowsRefused,
)
from creditapp.phrase_documents import as_document
from creditapp.serving.remote_commands import CLOSED, REFUSED, UNDER_WAY

BAD_INPUT = 2
CHECK_DATABASE = "check that DATABASE_URL answers, and that flask db upgrade was run"
EXIT_CODES: dict[type[CreditappError], int] = {
    RefusedModel: REFUSED,
    ChangeUnderWay: UNDER_WAY,
    ProposalClosed: CLOSED,
}


@contextmanager
def errors_in_one_line(*, as_json: bool = False) -> Iterator[None]:
    """End the command at an expected failure, with its text and the exit code for its kind."""
    try:
        yield
    except DatabaseUnavailable as error:
        text = str(error) if isinstance(error, RowsRefused) else f"{error}; {CHECK_DATABASE}"
        _print(text, text, as_json=as_json)
        sys.exit(BAD_INPUT)
    except CreditappError as error:
        _print(str(error), error.phrase, as_json=as_json)
        sys.exit(EXIT_CODES.get(type(error), BAD_INPUT))


def _print(text: str, phrase: object, *, as_json: bool) -> None:
    """Print the text; as JSON with its template and values too, which the caller can translate."""
    if as_json:
        click.echo(json.dumps({"error": text, "phrase": as_document(phrase)}))
    else:
        click.echo(text, err=True)
