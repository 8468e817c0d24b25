"""What an outage leaves in the log: a line for each request that failed, and no flood."""

from collections import Counter
from pathlib import Path

import pytest

from creditapp.identity import api_keys
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE
from tests.postgresql import Postgresql
from tests.serving import Trained, flask, serve

REQUESTS = 60


def test_an_outage_of_the_database_is_a_line_for_each_request(
    server: Postgresql, address: str, trained: Trained, tmp_path: Path
) -> None:
    """With the cause in it, and with no traceback; background threads say it once a minute."""
    added = flask("key", "add", "x", "--scope", "predict", database=address, registry=":memory:")
    key = added.stdout.split()[-1]
    log = tmp_path / "log"
    with serve(address, trained.registry, log=log) as service:
        service.post("/api/predict", EXAMPLE, key)
        before = len(log.read_text().splitlines())
        server.stop()
        answers = [service.post("/api/predict", EXAMPLE, key) for _ in range(REQUESTS)]
        lines = log.read_text().splitlines()[before:]
        server.start()
    assert Counter(answer.status for answer in answers) == {503: REQUESTS}
    for answer in answers:
        [line] = [one for one in lines if answer.json["request_id"] in one]
        assert " 503 " in line
        assert "the database cannot be read: OperationalError" in line
    assert not [line for line in lines if "Traceback" in line]
    assert len(lines) < REQUESTS + 20


def test_an_unexpected_failure_is_one_line_with_its_traceback(
    client: StrictClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The line of the request itself."""

    def fail(_: str) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(api_keys, "holder", fail)
    answer = client.get("/api/model-info", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 500
    [record] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "unexpected error: ZeroDivisionError('a fault')" in record.getMessage()
    assert record.exc_info is not None
