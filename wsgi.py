"""The application for gunicorn and for the `flask` command."""

import os
import sys

from creditapp.exceptions import InvalidSetting
from creditapp.settings.safeguards import checked_settings

os.umask(0o077)  # what is written here is nobody else's to read

try:
    settings = checked_settings()
except InvalidSetting as error:
    print(error, file=sys.stderr)
    raise SystemExit(2) from None

if os.environ.get("FLASK_RUN_FROM_CLI"):
    # A command has no metrics to share; the client would look for the folder while it is imported.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

from creditapp.factory import create_app

app = create_app(settings)
