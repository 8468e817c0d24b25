"""Checks that the triggers of the append-only tables are there, as they were made, and switched on."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from creditapp.database import append_only
from creditapp.database.engine import Base
from creditapp.seals.faults import Findings, Kind

SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL = """
SELECT tgname, tgtype, tgenabled, prosrc, tgqual IS NULL AS always, encode(tgargs, 'hex') AS arguments
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE NOT tgisinternal AND pg_table_is_visible(pg_class.oid)
"""
ROW, BEFORE, DELETE, UPDATE, TRUNCATE = 1, 2, 8, 16, 32
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
    statements = append_only.protection_today(table, key, "sqlite")
    found = {str(name): str(sql) for name, sql in session.execute(text(SQLITE))}
    declared = {statement.split()[2]: statement for statement in statements}
    return _differences(declared, found)


def _check_postgresql(session: Session, table: str) -> dict[str, str]:
    declared = _declared_in_postgresql(table)
    found, off = {}, []
    for row in session.execute(text(POSTGRESQL)):
        found[row.tgname] = f"{row.tgtype} {row.prosrc} {row.always} {row.arguments}"
        if _letter(row.tgenabled) not in SWITCHED_ON:
            off.append(row.tgname)
    wrong = _differences(declared, found)
    return wrong or dict.fromkeys(set(declared) & set(off), "is switched off")


def _declared_in_postgresql(table: str) -> dict[str, str]:
    """The triggers of a table by their names: when and for what they run, their function and its argument."""
    expires_by = append_only.EXPIRING.get(table)
    verbs = UPDATE | TRUNCATE | (0 if expires_by or table in append_only.ERASABLE else DELETE)
    body = append_only.CREATE_FUNCTION.split("$$")[1]
    declared = {f"{table}_append_only": f"{BEFORE | verbs} {body} True "}
    if expires_by:
        body = append_only.CREATE_EXPIRY_FUNCTION.split("$$")[1]
        argument = f"{expires_by}\0".encode().hex()
        declared[f"{table}_append_only_delete"] = f"{ROW | BEFORE | DELETE} {body} True {argument}"
    return declared


def _differences(declared: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """The declared triggers that are not there as declared, and what is wrong with each."""
    return {
        name: "is missing" if name not in found else "was changed"
        for name, statement in declared.items()
        if found.get(name) != statement
    }


def _letter(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
