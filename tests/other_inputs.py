"""German credit with other inputs: one field more, which may be left out, one less, and another limit."""

from pathlib import Path
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import document_of
from tests.changed_portfolios import changed, fields_of
from tests.portfolios import EXAMPLE, GERMAN, GERMAN_FOLDER

ADDED = "Monthly savings"
REMOVED = "Number of existing credits at this bank"
LIMITED, OLD_LIMIT, NEW_LIMIT = "Duration in month", 120, 100

DIFFERENCES = [
    f'removed: "{REMOVED}"',
    f'added: "{ADDED}" (may be left out; accepted is a number from 0 to 100000; also null)',
    f'changed: "{LIMITED}" accepts an integer from 1 to {NEW_LIMIT}; '
    f"before: an integer from 1 to {OLD_LIMIT}",
]
OTHER_EXAMPLE = {name: answer for name, answer in EXAMPLE.items() if name != REMOVED}


def _change(document: dict[str, Any]) -> None:
    fields = {field["name"]: field for field in fields_of(document)}
    fields[REMOVED]["creditapp"] = {"role": "ignored"}
    fields[LIMITED]["constraints"]["maximum"] = NEW_LIMIT
    fields_of(document).append(
        {
            "name": ADDED,
            "title": "Monthly savings",
            "type": "number",
            "constraints": {"minimum": 0, "maximum": 100_000},
            "creditapp": {"group": "The loan", "unit": "DM"},
        }
    )
    document["creditapp"]["example"] = OTHER_EXAMPLE


OTHER: Catalogue = changed(GERMAN, _change)


def write_portfolio(folder: Path) -> None:
    """Write the document and its data: the rows of German credit with a column more, blank here and there."""
    (folder / "datapackage.json").write_text(document_of(OTHER))
    header, *rows = (GERMAN_FOLDER / GERMAN.data.path).read_text().splitlines()
    savings = ["" if number % 5 == 0 else str(number * 37 % 900) for number in range(len(rows))]
    lines = [f"{header},{ADDED}", *map(",".join, zip(rows, savings, strict=True))]
    (folder / OTHER.data.path).write_text("\n".join(lines) + "\n")
