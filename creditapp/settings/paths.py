"""Where the project's own files are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder."""

DEFAULT_PORTFOLIO = ROOT / "data"
"""The portfolio that is served unless another one is named."""

METRICS_LOCK = "in-use"
"""The file in the metrics folder that a service locks."""

INSTANCE = ROOT / "instance"
"""What this installation keeps for itself: the SQLite database, and a development secret."""
