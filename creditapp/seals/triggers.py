"""Checks that the triggers of the append-only tables are there, as they were made, and switched on."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from creditapp.database import append_only
from creditapp.database.engine import Base
from creditapp.seals.faults import Findings, Kind

SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL = """
SELECT tgname, tgtype, tgenabled, prosrc, tgqual IS NULL AS always
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE NOT tgisinternal AND pg_table_is_visible(pg_class.oid)
"""
BEFORE, DELETE, UPDATE, TRUNCATE = 2, 8, 16, 32
"""The bits of `tgtype` in PostgreSQL's pg_trigger.h; a trigger for whole statements has no bit of its own."""

SWITCHED_ON = ("O", "A")


def check_triggers(session: Session, findings: Findings) -> None:
    """Name each trigger that is missing, changed or switched off."""
    dialect = session.get_bind().dialect.name
    check = _check_sqlite if dialect == "sqlite" else _check_postgresql
    for table in sorted(append_only.RECORD | append_only.SEALS):
        for trigger, wrong in check(session, table).items():
            findings.add(Kind.TRIGGER, f"{trigger} {wrong}", table)


def _check_sqlite(session: Session, table: str) -> dict[str, str]:
    key = [column.name for column in Base.metadata.tables[table].primary_key]
    statements = append_only.protection(
        table, key, "sqlite", erasable=table in append_only.ERASABLE
    )
    found = {str(name): str(sql) for name, sql in session.execute(text(SQLITE))}
    declared = {statement.split()[2]: statement for statement in statements}
    return _differences(declared, found)


def _check_postgresql(session: Session, table: str) -> dict[str, str]:
    name = f"{table}_append_only"
    verbs = UPDATE | TRUNCATE | (0 if table in append_only.ERASABLE else DELETE)
    body = append_only.CREATE_FUNCTION.split("$$")[1]
    declared = {name: f"{BEFORE | verbs} {body} True"}
    found, off = {}, []
    for row in session.execute(text(POSTGRESQL)):
        found[row.tgname] = f"{row.tgtype} {row.prosrc} {row.always}"
        if _letter(row.tgenabled) not in SWITCHED_ON:
            off.append(row.tgname)
    wrong = _differences(declared, found)
    return wrong or dict.fromkeys(set(declared) & set(off), "is switched off")


def _differences(declared: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """The declared triggers that are not there as declared, and what is wrong with each."""
    return {
        name: "is missing" if name not in found else "was changed"
        for name, statement in declared.items()
        if found.get(name) != statement
    }


def _letter(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
