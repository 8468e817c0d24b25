"""The commands for files that people upload: check and score them, now or for ever."""

import logging
import os
import time

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import CreditappError, InvalidSetting
from creditapp.files import upload_process
from creditapp.files.uploads import WORK
from creditapp.settings.current import current_settings

NICENESS = 10
"""Requests go first; a person who waits for a check is as good as one."""

log = logging.getLogger(__name__)


@click.group("uploads")
def uploads_group() -> None:
    """Check and score the files that people upload on the page Files."""


@uploads_group.command("work")
@click.argument("kind", type=click.Choice(list(WORK)))
@click.option("--has-place", is_flag=True, hidden=True)
def work(kind: str, has_place: bool) -> None:
    """Check, or score, all files that wait for it; the service starts this by itself."""
    if kind == "score":
        os.nice(NICENESS)
    with errors_in_one_line():
        try:
            from creditapp.files import upload_work
        except ImportError as error:
            raise _missing() from error
        upload_work.work(kind, current_settings(), has_place=has_place)


@uploads_group.command("serve")
@click.option(
    "--every",
    type=click.IntRange(1, 3600),
    default=2,
    show_default=True,
    help="How many seconds to wait before it looks again.",
)
def serve(every: int) -> None:
    """Check and score files as they come, beside a service that has no Dask; ends at a signal."""
    with errors_in_one_line():
        if not upload_process.can_score():
            raise _missing()
    while True:
        try:
            upload_process.tend(current_settings())
        except CreditappError as error:
            log.warning("the uploaded files were not looked at; trying again: %s", error)
        time.sleep(every)


def _missing() -> InvalidSetting:
    return InvalidSetting("uploaded files need Dask and PyArrow: install creditapp[files]")


COMMANDS = (uploads_group,)
"""Check and score the files that people upload."""
