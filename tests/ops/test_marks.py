"""The dashboard marks a change of the model or the policy, and nothing else."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.serving import ROOT

DASHBOARD = ROOT / "ops/grafana/provisioning/dashboards/credit-score-dashboard.json"
MARKS: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["annotations"]["list"]
SERIES = {
    "Another model": 'creditapp_model_in_force{version="%s", deployment="%s", instance="%s"}',
    "Another policy": 'creditapp_policy_in_force{policy="%s-%s", instance="%s"}',
}
each_mark = pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark["name"])


def seen(mark: dict[str, Any], series: dict[str, str], at: str, folder: Path) -> list[str]:
    """The labels with which promtool finds a mark at a moment."""
    file = folder / "case.yml"
    document = {
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": v} for name, v in series.items()],
                "promql_expr_test": [
                    {"expr": mark["expr"], "eval_time": at, "exp_samples": [{"labels": "no_such"}]}
                ],
            }
        ],
    }
    file.write_text(json.dumps(document))
    command = ["promtool", "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    [got] = [line for line in (done.stdout + done.stderr).splitlines() if "got:" in line]
    return [
        one for one in got.partition("got:")[2].strip().split(", {") if one not in ("nil", "[]")
    ]


@each_mark
def test_a_change_is_marked_for_a_minute(mark: dict[str, Any], tmp_path: Path) -> None:
    """With the new one's labels, once all workers of all hosts have it."""
    name = SERIES[mark["name"]]
    series = {
        name % (1, 1, "a"): "1x40 0x80",
        name % (2, 2, "a"): "_x40 1x80",
        name % (1, 1, "b"): "1x42 0x80",
        name % (2, 2, "b"): "_x42 1x80",
    }
    assert seen(mark, series, "9m", tmp_path) == []
    [found] = seen(mark, series, "11m", tmp_path)
    assert '"2' in found
    assert seen(mark, series, "13m", tmp_path) == []


@each_mark
def test_a_restart_is_not_marked(mark: dict[str, Any], tmp_path: Path) -> None:
    """The series ends and begins again, or that of the model before last goes."""
    name = SERIES[mark["name"]]
    series = {name % (1, 1, "a"): "0x40", name % (2, 2, "a"): "1x40 _x8 1x80"}
    for at in ("10m15s", "11m", "12m", "12m15s", "12m30s", "13m"):
        assert seen(mark, series, at, tmp_path) == []
