"""The scrape survives what lies in the folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from creditapp.settings.paths import ROOT
from tests.clients import StrictClient

SCRAPE = """
from creditapp.observability import metrics
metrics.count_decisions([1, 1, 0], ["approve", "approve", "refer"])
from prometheus_client import generate_latest
print(generate_latest(metrics._registry()).decode())
"""

BROKEN = {
    "empty": b"",
    "short": b"\x01",
    "zeros": b"\x00" * 4096,
    "garbage": b"\xff" * 4096,
    "a length and nothing": b"\xff\xff\x00\x00" + b"\x00" * 100,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_costs_nobody_the_scrape(tmp_path: Path, content: bytes) -> None:
    """A worker that died while it made its file leaves such a one behind."""
    for name in ("counter_99999.db", "gauge_livesum_99999.db", "histogram_99999.db"):
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", SCRAPE],
        cwd=ROOT,
        env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 'creditapp_decisions_total{decision="approve"} 2.0' in done.stdout


def test_a_choice_of_names_is_no_error(client: StrictClient) -> None:
    """Everything is shown."""
    answer = client.get("/metrics?name[]=x")
    assert answer.status_code == 200
    assert "credit_predictions_total" in answer.text


@pytest.mark.soak
def test_ten_thousand_unknown_addresses_add_no_series(client: StrictClient) -> None:
    """All of them are one label."""
    for path in ("/unknown", "/metrics"):  # each has its own series from its first request on
        client.get(path)
    before = series(client)
    for number in range(10_000):
        client.get(f"/unknown/{number}")
    assert series(client) == before


def series(client: StrictClient) -> set[str]:
    """The names and labels of all samples, without their values."""
    lines = client.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def test_methods_that_http_does_not_know_are_one(client: StrictClient) -> None:
    """Each would be a series, and somebody's words."""
    for number in range(20):
        answer = client.open("/api/live", method=f"METHOD{number}")
        assert answer.status_code == 405
    assert "METHOD1" not in client.get("/metrics").text
