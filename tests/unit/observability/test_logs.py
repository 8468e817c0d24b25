"""The lines of the log."""

import json
import logging
import logging.config
import time

import pytest

from creditapp.observability import logs


@pytest.mark.parametrize("production", [True, False])
def test_times_are_in_utc_and_say_so(production: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the machine is."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    configured = logs.config(production=production)["formatters"]["line"]
    formatter = logging.config.DictConfigurator({}).configure_formatter(configured)
    record = logging.makeLogRecord(
        {"msg": "x", "request_id": "-", "created": 86_400.25, "msecs": 250.0}
    )
    line = formatter.format(record)
    monkeypatch.undo()
    time.tzset()
    shown = json.loads(line)["asctime"] if production else line.split()[0]
    assert shown == "1970-01-02T00:00:00.250Z"
