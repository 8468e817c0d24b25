"""Reads and writes the validation report of a registered version, with the registry's client."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditapp.scoring.bundle import FIRST_FAMILY

METADATA_FILE = "model_metadata.json"
REPORT_FOLDER = "validation"
REPORT_FILE = f"{REPORT_FOLDER}/report.json"
METRIC_PREFIX = "validation_"


@dataclass(frozen=True)
class TrainingRecord:
    """What the registry holds of the training of a version.

    Attributes:
        params: as they were logged; the registry keeps texts.
        metadata: the document of the training; empty for versions that have none.
    """

    version: str
    run_id: str
    family: str
    bundle_digest: str
    params: Mapping[str, str]
    metadata: Mapping[str, Any]

    @property
    def uses_protected(self) -> bool:
        """Whether the model uses protected answers."""
        return self.params.get("protected") != "False"


def training_record(client: Any, registered: Any, digest_tag: str) -> TrainingRecord:
    """The record of a registered version."""
    run_id = str(registered.run_id)
    metadata = read_text(client, run_id, METADATA_FILE)
    return TrainingRecord(
        version=str(registered.version),
        run_id=run_id,
        family=registered.tags.get("family", FIRST_FAMILY),
        bundle_digest=registered.tags.get(digest_tag, ""),
        params=dict(client.get_run(run_id).data.params),
        metadata=json.loads(metadata) if metadata else {},
    )


def log_report(
    client: Any, run_id: str, files: Mapping[str, str], metrics: Mapping[str, float]
) -> None:
    """Log the files of a report, and its metrics with their prefix; they replace an earlier report."""
    for name, text in files.items():
        client.log_text(run_id, text, f"{REPORT_FOLDER}/{name}")
    for name, value in metrics.items():
        client.log_metric(run_id, f"{METRIC_PREFIX}{name}", value)


def measures_of(metrics: Mapping[str, float]) -> dict[str, float]:
    """The measures of a report among the metrics of a run, without their prefix."""
    return {
        name.removeprefix(METRIC_PREFIX): value
        for name, value in metrics.items()
        if name.startswith(METRIC_PREFIX)
    }


def read_report(client: Any, run_id: str) -> dict[str, Any] | None:
    """The report of a run; None if there is none."""
    text = read_text(client, run_id, REPORT_FILE)
    report: dict[str, Any] | None = json.loads(text) if text else None
    return report


def read_text(client: Any, run_id: str, path: str) -> str | None:
    """A text file of a run; None if there is none."""
    folder = str(Path(path).parent)
    listed = client.list_artifacts(run_id, None if folder == "." else folder)
    if path not in {file.path for file in listed}:
        return None
    with tempfile.TemporaryDirectory() as place:
        return Path(client.download_artifacts(run_id, path, place)).read_text(encoding="utf-8")
