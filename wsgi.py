"""The application for gunicorn and for the `flask` command."""

import os

from creditapp.loading import loading_code
from creditapp.settings.safeguards import checked_settings
from creditapp.settings.start import read_dotenv_files, wrong_settings_end_the_process

os.umask(0o077)  # what is written here is nobody else's to read

with wrong_settings_end_the_process():
    read_dotenv_files()
    settings = checked_settings()

if os.environ.get("FLASK_RUN_FROM_CLI"):
    # A command has no metrics to share; the client would look for the folder while it is imported.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)

with loading_code():
    from creditapp.factory import create_app

with wrong_settings_end_the_process():
    app = create_app(settings)
