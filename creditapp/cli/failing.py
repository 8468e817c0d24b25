"""How a command fails: in one line, with a code that says what kind of failure it was."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from creditapp.deployments import REFUSED
from creditapp.exceptions import CreditappError, RefusedModel

BAD_INPUT = 2


@contextmanager
def in_one_line(*, as_json: bool = False) -> Iterator[None]:
    """End the command where an expected failure is raised: code 3 for a refused model, else 2."""
    try:
        yield
    except CreditappError as error:
        click.echo(json.dumps({"error": str(error)}) if as_json else str(error), err=not as_json)
        sys.exit(REFUSED if isinstance(error, RefusedModel) else BAD_INPUT)
    except SQLAlchemyError:
        click.echo("DATABASE_URL: the database does not answer, or has no such tables", err=True)
        sys.exit(BAD_INPUT)
