"""The application for gunicorn and for the `flask` command."""

import sys

from creditapp.exceptions import InvalidSetting
from creditapp.factory import create_app

try:
    app = create_app()
except InvalidSetting as error:
    print(error, file=sys.stderr)
    raise SystemExit(2) from None
