"""How a process begins: it reads `.env` files, and ends where a setting is wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flask.cli import load_dotenv
from flask.helpers import get_load_dotenv

from creditapp.exceptions import InvalidSetting


def read_dotenv_files() -> None:
    """Read `.env` and `.flaskenv` as the `flask` command does, so that the service has the same settings.

    What is set in the environment stays. `FLASK_SKIP_DOTENV=1` skips the files, for the command too.
    """
    if get_load_dotenv():
        load_dotenv()


@contextmanager
def wrong_settings_end_the_process() -> Iterator[None]:
    """End the process at a wrong setting, with its message and exit code 2."""
    try:
        yield
    except InvalidSetting as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
