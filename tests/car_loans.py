"""Synthetic car loans whose scores become worse half way: NannyML's data, of which tests alone make use.

`tests/install-packages` fetches them (Apache License 2.0). The first 50,000 rows are the reference, the next
50,000 the analysis; of these, from row 25,000 on, nearly nobody earns 60,000 or more.
"""

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.journeys import draft

FOLDER = Path(__file__).parents[1] / "build" / "car-loans"
LEFT_OUT = ("y_pred_proba", "y_pred", "repaid")
"""The columns that another model added, and the outcome."""

FALL = 25_000
"""The first row of the analysis after the fall."""


class Loan(NamedTuple):
    """The cells of an application, when it was made after the first one, and whether it was repaid."""

    cells: dict[str, str]
    after: timedelta
    repaid: bool


def read_analysis() -> Sequence[Loan]:
    """The rows of the analysis, oldest first."""
    with (FOLDER / "synthetic_car_loan_analysis_target.csv").open() as file:
        repaid = {row["id"]: row["repaid"] == "1" for row in csv.DictReader(file)}
    with (FOLDER / "synthetic_car_loan_analysis.csv").open() as file:
        rows = list(csv.DictReader(file))
    first = datetime.fromisoformat(rows[0]["timestamp"])
    return [
        Loan(
            {name: cell for name, cell in row.items() if name not in LEFT_OUT},
            datetime.fromisoformat(row["timestamp"]) - first,
            repaid[row["id"]],
        )
        for row in rows
    ]


def draft_portfolio(home: Path) -> Path:
    """Draft a portfolio from the reference, in which a credit is mature after a month."""
    with (FOLDER / "synthetic_car_loan_reference.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in LEFT_OUT]
    data = home / "reference.csv"
    with data.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "repaid"])
        writer.writerows([*(row[name] for name in names), row["repaid"][0]] for row in rows)
    folder = home / "portfolio"
    draft(data, "repaid", "0", folder)
    path = folder / "datapackage.yaml"
    document = yaml.safe_load(path.read_text())
    document["creditapp"]["performance"] = {"bad": ["defaulted"], "window_months": 1}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return folder
