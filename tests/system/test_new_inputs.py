"""A field is added to a portfolio by its catalogue alone, and promoted under load: no request fails."""

import csv
import random
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.table import application_of
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.verification import verify
from tests.journeys import openapi_properties
from tests.portfolios import EXAMPLE, GERMAN, GERMAN_FOLDER
from tests.scored import scores_of, scoring
from tests.serving import Service, Trained, flask, serve, wait_until

WORKERS = 4
CLIENTS = 4
NEW = "Monthly savings"
FIELD = f"""
        - name: {NEW}
          type: number
          title: Saved each month
          constraints: {{minimum: 0, maximum: 100000}}
          creditapp: {{group: Accounts and property, unit: DM}}
"""


@dataclass(frozen=True)
class Place:
    """A running service over the default portfolio, and the folder of the portfolio with the new field."""

    service: Service
    database: Path
    registry: Path
    folder: Path

    def flask(self, *arguments: str) -> tuple[int, str]:
        """Run a command over the new portfolio: its exit code and what it prints."""
        places = {"database": self.database, "registry": self.registry}
        done = flask(*arguments, **places, CREDITAPP_PORTFOLIO=str(self.folder))
        return done.returncode, done.stdout + done.stderr

    def bundles(self) -> dict[str, Bundle]:
        """The deployed bundles by the version of their models."""
        with sqlite3.connect(self.database) as connection:
            query = (
                "SELECT model_version, content FROM deployment JOIN served_bundle "
                "ON digest = bundle_digest"
            )
            found = connection.execute(query).fetchall()
        connection.close()
        return {version: Bundle.unpack(packed) for version, packed in found}

    def forms_with_the_field(self) -> int:
        """In how many of twenty forms the new field stands."""
        return sum(NEW.replace(" ", "_").lower() in self.form() for _ in range(20))

    def form(self) -> str:
        """The page with the form, from any worker."""
        return self.service.get("/").body.decode()


def add_field(folder: Path) -> Path:
    """Copy the default portfolio, and add a field to its document and its data."""
    shutil.copytree(GERMAN_FOLDER, folder, ignore=shutil.ignore_patterns("taiwan"))
    document = folder / "datapackage.yaml"
    text = document.read_text()
    outcome = text.index(f"        - name: {GERMAN.outcome.name}")
    document.write_text(text[:outcome] + FIELD.lstrip("\n") + "\n" + text[outcome:])
    chance = random.Random(5)
    data = folder / GERMAN.data.path
    with data.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    good = [name.strip() for name in header].index(GERMAN.outcome.name)
    saved = [
        "" if chance.random() < 0.3 else str(chance.randint(0, 400 if row[good] == "2" else 900))
        for row in rows
    ]
    with data.open("w", newline="") as file:
        csv.writer(file).writerows(
            [[*header, NEW], *([*row, cell] for row, cell in zip(rows, saved, strict=True))]
        )
    return folder


def rows_of_the_data(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Applications of the default portfolio, which lack the new field."""
    with (GERMAN_FOLDER / catalogue.data.path).open(newline="") as file:
        table = list(csv.DictReader(file))[:100]
    return [
        {name: catalogue.by_name[name].from_cell(row[name]) for name in catalogue.feature_names}
        for row in table
    ]


@pytest.fixture
def place(trained: Trained, tmp_path: Path) -> Any:
    """A service with four workers."""
    database = Path(shutil.copy(trained.database, tmp_path / "creditapp.db"))
    registry = tmp_path / "registry"
    shutil.copytree(trained.registry.parent, registry)
    limits = {"CREDITAPP_SCORING_LIMIT": "100000000 per minute", "CREDITAPP_WORKERS": str(WORKERS)}
    with serve(database, registry / "mlflow.db", models=WORKERS, **limits) as service:
        yield Place(service, database, registry / "mlflow.db", add_field(tmp_path / "portfolio"))


@pytest.mark.soak
def test_a_field_is_promoted_under_load(place: Place) -> None:
    """Nothing fails, no answer mixes two models, and every worker's form and document follow."""
    code, printed = place.flask("train", "--quick")
    assert code == 0, printed
    rows = rows_of_the_data(GERMAN)
    with scoring(place.service, rows, CLIENTS) as traffic:
        code, printed = place.flask("promote", "2", "--override", "--reason", "one field more")
        assert code == 3, printed
        assert f'added: "{NEW}" (may be left out; accepted is a number from 0 to 100000' in printed
        assert "--accept-new-inputs" in printed
        assert place.forms_with_the_field() == 0
        accepted = (
            "promote",
            "2",
            "--override",
            "--accept-new-inputs",
            "--reason",
            "one field more",
        )
        code, printed = place.flask(*accepted)
        assert code == 0, printed
        wait_until(lambda: place.forms_with_the_field() == 20, 10)
        the_new_field_is_taken(place)
        code, printed = place.flask("rollback", "--reason", "one field less")
        assert code == 0, printed
        assert f'removed: "{NEW}"' in printed
        wait_until(lambda: place.forms_with_the_field() == 0, 10)
        the_new_field_is_refused(place)
    assert (traffic.failed, traffic.lost, traffic.mixed) == ([], 0, 0)
    assert {one.version for one in traffic.scored} == {"1", "2"}
    assert traffic.wrongly_named(scores_by_version(place, rows)) == []
    code, printed = place.flask("replay")
    assert code == 0, printed


def scores_by_version(place: Place, rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """What each version's bundle scores, by row, under its own catalogue."""
    return {
        version: scores_of(
            verify(bundle), [application_of(bundle.catalogue, row).answers for row in rows]
        )
        for version, bundle in place.bundles().items()
    }


def the_new_field_is_taken(place: Place) -> None:
    """In the answer, in the document, and in what is stored."""
    answer = place.service.post("/api/predict", {**EXAMPLE, NEW: 120})
    assert answer.status == 200, answer.body
    assert answer.json["model_version"] == "2"
    stored = place.service.get(f"/api/decisions/{answer.json['decision_id']}").json
    assert stored["application"][NEW] == 120
    assert NEW in openapi_properties(place.service)
    assert place.service.get("/api/catalogue").json["model_version"] == "2"


def the_new_field_is_refused(place: Place) -> None:
    """The message says what changed."""
    answer = place.service.post("/api/predict", {**EXAMPLE, NEW: 120})
    assert answer.status == 422
    assert f'since then: removed: "{NEW}"' in answer.json["detail"]
    assert NEW in answer.json["errors"]


def test_the_catalogue_with_the_field_differs_in_it_alone(tmp_path: Path) -> None:
    """What was added is one field of the document and one column of the data."""
    catalogue = read_portfolio(add_field(tmp_path / "portfolio"))
    assert set(catalogue.by_name) - set(GERMAN.by_name) == {NEW}
    assert catalogue.groups == GERMAN.groups
