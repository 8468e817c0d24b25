"""How a command fails: in one line, with a code that says what kind of failure it was."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from creditapp.deployments import REFUSED
from creditapp.exceptions import CreditappError, RefusedModel

BAD_INPUT = 2


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the command where an expected failure is raised: code 3 for a refused model, else 2."""
    try:
        yield
    except CreditappError as error:
        click.echo(str(error), err=True)
        sys.exit(REFUSED if isinstance(error, RefusedModel) else BAD_INPUT)
