"""Every figure of a benchmark, kept under `build/` for whoever wants more than the table."""

import json
from typing import Any

from tests.serving import ROOT

FOLDER = ROOT / "build" / "bench"


def keep(name: str, figures: Any) -> None:
    """Write the figures of one benchmark to a file of its name."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(figures, indent=1))
