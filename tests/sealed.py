"""A sealed record for tests, with somebody who may change everything in it."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from creditapp.database import append_only
from creditapp.database.engine import Base, db
from creditapp.seals.faults import Kind, Report
from creditapp.seals.heads import WrittenHeads
from creditapp.seals.sealer import Sealed, seal
from creditapp.seals.signatures import SigningKey, by_id, create_key
from creditapp.seals.verification import verify
from tests.clients import StrictClient, example


@dataclass
class Record:
    """A sealed record, its key, and the heads that are kept elsewhere."""

    app: Flask
    client: StrictClient
    key: SigningKey
    heads: WrittenHeads
    decisions: list[str]

    def decide(self, count: int = 10) -> list[str]:
        """Make some decisions more; their ids."""
        made = []
        for number in range(count):
            body = example(reference=f"r{number}", Age_in_years=20 + number)
            made.append(self.client.post("/api/predict", json=body).get_json()["decision_id"])
        self.decisions += made
        return made

    def seal(self) -> Sealed:
        """Seal what is new."""
        with self.app.app_context():
            return seal(self.key, self.heads, everything=True)

    def verify(self, *, full: bool = True, elsewhere: bool = False) -> Report:
        """Verify it; `elsewhere` compares with the heads that are kept elsewhere."""
        with self.app.app_context():
            heads = self.heads if elsewhere else None
            return verify(by_id([self.key.public]), heads, full=full)

    def attack(self, *statements: str, **values: object) -> None:
        """Run statements as somebody who may do everything, and put the triggers back."""
        with self.app.app_context(), db.engine.begin() as connection:
            dialect = connection.dialect.name
            for table in append_only.RECORD | append_only.SEALS:
                for removal in append_only.removal(table, dialect):
                    connection.execute(text(removal))
            for statement in statements:
                connection.execute(text(statement), values)
            for table in append_only.RECORD | append_only.SEALS:
                key = [column.name for column in Base.metadata.tables[table].primary_key]
                for line in append_only.protection_today(table, key, dialect):
                    connection.execute(text(line))

    def id(self, number: int) -> str:
        """The id of a decision as the database stores it."""
        is_sqlite = self.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
        return self.decisions[number].replace("-", "") if is_sqlite else self.decisions[number]


def new_record(app: Flask, client: StrictClient, folder: Path) -> Record:
    """A record with nothing in it but what the application was prepared with."""
    key = create_key(folder / "key.pem")
    return Record(app, client, key, WrittenHeads(folder / "heads.jsonl"), [])


def kinds(report: Report) -> list[Kind]:
    """The kinds of the faults that were found."""
    return [fault.kind for fault in report.faults]
