"""A lender's own portfolio: drafted, checked, trained and served by the real commands."""

import csv
import gzip
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.table import application_of
from creditapp.exceptions import BadTable
from tests.clients import csrf_token
from tests.serving import Browser, Service, flask, serve
from training.data_file import read_rows

ROWS = 400


@dataclass(frozen=True)
class Lender:
    """A served portfolio: its folder, its service, and how to sign in."""

    folder: Path
    database: Path
    registry: Path
    service: Service
    password: str

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue of the folder."""
        return read_portfolio(self.folder)

    @cached_property
    def applications(self) -> list[dict[str, Any]]:
        """The first rows of the data, as a program sends them."""
        path = self.folder / self.catalogue.data.path
        rows = read_rows(self.catalogue, path, [self.catalogue.outcome_question])
        applications = []
        for _, row in rows:
            assert not isinstance(row, BadTable)
            row.pop(self.catalogue.outcome.name)
            applications.append(dict(application_of(self.catalogue, row).answers))
            if len(applications) == ROWS:
                break
        return applications

    @cached_property
    def decided(self) -> list[dict[str, Any]]:
        """The decisions on these rows, with their reasons."""
        body = {"applications": self.applications, "reasons": True}
        answer = self.service.post("/api/predict-batch", body)
        assert answer.status == 200, answer.body
        predictions: list[dict[str, Any]] = answer.json["predictions"]
        return predictions

    @cached_property
    def declined(self) -> dict[str, Any]:
        """The first declined application of them."""
        return next(one for one in self.decided if one["decision"] == "decline")

    @cached_property
    def browser(self) -> Browser:
        """The admin, signed in."""
        browser = Browser(self.service)
        token = csrf_token(browser.get("/sign-in").body.decode())
        form = {"csrf_token": token, "name": "admin", "password": self.password}
        assert browser.post("/sign-in", form).status == 302
        return browser

    def page(self, path: str) -> str:
        """A page that the admin sees."""
        answer = self.browser.get(path)
        assert answer.status == 200, answer.body
        return answer.body.decode()

    def flask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command over this portfolio."""
        return flask(
            *arguments,
            database=self.database,
            registry=self.registry,
            CREDITAPP_PORTFOLIO=str(self.folder),
        )

    def data_without_outcome(self, path: Path) -> int:
        """Write the first lines of the data file without the outcome; the number of rows."""
        data = self.folder / self.catalogue.data.path
        opened = gzip.open if data.suffix == ".gz" else open
        with opened(data, "rt", encoding=self.catalogue.data.encoding, newline="") as lines:
            rows = list(csv.reader(lines, delimiter=self.catalogue.data.delimiter))[: ROWS + 1]
        outcome = [name.strip() for name in rows[0]].index(self.catalogue.outcome.name)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([*row[:outcome], *row[outcome + 1 :]] for row in rows)
        return len(rows) - 1


def draft(data: Path, outcome: str, bad: str, folder: Path) -> None:
    """Draft a portfolio from a data file, and take the draft as it is."""
    places = {"database": folder.with_suffix(".db"), "registry": folder.with_suffix(".mlflow.db")}
    out = f"--out={folder}"
    done = flask("portfolio", "infer", str(data), "--outcome", outcome, "--bad", bad, out, **places)
    assert done.returncode == 0, done.stdout + done.stderr
    refused = flask("portfolio", "check", str(folder), **places)
    marked = "review:" in (folder / "datapackage.yaml").read_text()
    assert refused.returncode == (2 if marked else 0), refused.stdout + refused.stderr
    accepted = flask("portfolio", "check", str(folder), "--accept-draft", **places)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr


@contextmanager
def served(folder: Path, home: Path) -> Iterator[Lender]:
    """Train, register and serve a portfolio, as `make run` does."""
    database, registry = home / "creditapp.db", home / "mlflow.db"
    portfolio = {"CREDITAPP_PORTFOLIO": str(folder)}
    done = flask("prepare", database=database, registry=registry, **portfolio)
    assert done.returncode == 0, done.stdout + done.stderr
    [password] = re.findall(r"name admin, password (\S+)", done.stdout)
    with serve(
        database, registry, CREDITAPP_SCORING_LIMIT="1000000 per minute", **portfolio
    ) as service:
        yield Lender(folder, database, registry, service, password)


def replayed(output: str) -> Sequence[int]:
    """How many decisions `flask replay` scored again, and how many differ."""
    [numbers] = re.findall(r"(\d+) decisions scored again, (\d+) differ", output)
    return [int(number) for number in numbers]


def openapi_properties(service: Service) -> dict[str, Any]:
    """The fields of an application in the OpenAPI document."""
    document = json.loads(service.get("/openapi.json").body)
    properties: dict[str, Any] = document["components"]["schemas"]["Application"]["properties"]
    return properties
