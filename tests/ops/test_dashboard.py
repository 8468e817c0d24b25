"""The dashboard's form: what Grafana needs to show it, and a person to read it."""

import json
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.serving import ROOT

GRAFANA = ROOT / "ops/grafana/provisioning"
DASHBOARD: dict[str, Any] = json.loads(
    (GRAFANA / "dashboards/credit-score-dashboard.json").read_text()
)
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
DOCUMENTED = (
    "Prediction volume",
    "Latency of predictions",
    "Error rate",
    "Models loaded",
    "Good and bad",
)


def load(path: str) -> Any:
    """A provisioning file."""
    return yaml.safe_load((GRAFANA / path).read_text())


def test_the_documented_panels_are_there_in_their_kinds() -> None:
    """Volume, latency, errors, model status, and the pie."""
    kinds = {panel["title"]: panel["type"] for panel in PANELS}
    assert [kinds[title] for title in DOCUMENTED] == [
        "timeseries",
        "timeseries",
        "timeseries",
        "stat",
        "piechart",
    ]


def test_ids_and_titles_are_unique() -> None:
    """Grafana tells panels apart by their ids, people by their titles."""
    for key in ("id", "title"):
        values = [panel[key] for panel in PANELS]
        assert len(set(values)) == len(values)


def test_no_panel_lies_on_another_or_beyond_the_24_columns() -> None:
    """Every cell of the grid belongs to one panel at most."""
    cells = []
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells.append(
            {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
        )
    assert all(not one & other for one, other in combinations(cells, 2))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_each_panel_explains_itself(panel: dict[str, Any]) -> None:
    """A description, a unit, thresholds in order, an empty state, and our data source."""
    defaults = panel["fieldConfig"]["defaults"]
    assert len(panel["description"]) > 20
    assert defaults["unit"]
    assert defaults["noValue"]
    steps = defaults["thresholds"]["steps"]
    assert steps[0]["value"] is None
    limits = [step["value"] for step in steps[1:]]
    assert limits == sorted(limits)
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert {source["uid"] for source in sources} == {"prometheus"}
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)


def test_the_error_rate_has_its_threshold() -> None:
    """Five percent, drawn as a line."""
    [panel] = [panel for panel in PANELS if panel["title"] == "Error rate"]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["thresholds"]["steps"][-1] == {"color": "red", "value": 0.05}
    assert defaults["custom"]["thresholdsStyle"] == {"mode": "line"}


def test_the_provisioned_source_and_folder_are_those_the_dashboard_needs() -> None:
    """The uid that the panels name, and the folder that the file lies in."""
    [source] = load("datasources/prometheus.yml")["datasources"]
    assert (source["uid"], source["type"]) == ("prometheus", "prometheus")
    [provider] = load("dashboards/provider.yml")["providers"]
    mounted = Path("/etc/grafana/provisioning/dashboards")
    assert Path(provider["options"]["path"]) == mounted
    [variable] = DASHBOARD["templating"]["list"]
    assert (variable["name"], variable["datasource"]["uid"]) == ("instance", "prometheus")


def test_it_is_what_grafanas_published_schema_allows(tmp_path: Path) -> None:
    """By Grafana's own types and the TypeScript compiler: an unknown or missing key is an error."""
    assert compile_against_schema(DASHBOARD, tmp_path) == ""
    wrong = {**DASHBOARD, "panels": [{**PANELS[0], "colour": "red"}]}
    assert "'\"colour\"' does not exist" in compile_against_schema(wrong, tmp_path)


def compile_against_schema(dashboard: dict[str, Any], folder: Path) -> str:
    """What the compiler says of a dashboard."""
    schema = ROOT / "tests/ops/schema"
    for name in ("schema.ts", "node_modules"):
        if not (folder / name).exists():
            (folder / name).symlink_to(schema / name)
    file = folder / "dashboard.ts"
    file.write_text(
        'import type { PlainDashboard } from "./schema.js";\n'
        f"export const dashboard: PlainDashboard = {json.dumps(dashboard)};\n"
    )
    options = ["--noEmit", "--strict", "--skipLibCheck", "--preserveSymlinks"]
    modules = ["--module", "nodenext", "--moduleResolution", "nodenext", "--target", "es2022"]
    compiler = schema / "node_modules/.bin/tsc"
    done = subprocess.run(
        [compiler, *options, *modules, str(file)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_every_panel_and_every_alert_is_explained_to_the_person_on_call() -> None:
    """In docs/operations.md, under its own name."""
    text = (ROOT / "docs/operations.md").read_text()
    for panel in PANELS:
        assert f"| {panel['title']} |" in text
