"""How a command fails: in one line, with a code that says what kind of failure it was."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from creditapp.exceptions import ChangeUnderWay, CreditappError, RefusedModel
from creditapp.serving.remote_commands import REFUSED, UNDER_WAY

BAD_INPUT = 2
NO_DATABASE = "DATABASE_URL: the database does not answer, or has no such tables"
CODES: dict[type[CreditappError], int] = {RefusedModel: REFUSED, ChangeUnderWay: UNDER_WAY}


@contextmanager
def in_one_line(*, as_json: bool = False) -> Iterator[None]:
    """End the command where an expected failure is raised, with the code for its kind."""
    try:
        yield
    except CreditappError as error:
        _say(str(error), as_json=as_json)
        sys.exit(CODES.get(type(error), BAD_INPUT))
    except SQLAlchemyError:
        _say(NO_DATABASE, as_json=as_json)
        sys.exit(BAD_INPUT)


def _say(text: str, *, as_json: bool) -> None:
    click.echo(json.dumps({"error": text}) if as_json else text, err=not as_json)
