"""Triggers that make the database refuse to change the rows of a table, for migrations.

They protect against statements on rows, not against somebody with DDL rights, who can drop them.
"""

from collections.abc import Sequence

from alembic import op

REFUSE = "refuse_append_only_change"
"""The trigger function that all tables share on PostgreSQL."""

CREATE_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
)
DROP_FUNCTION = f"DROP FUNCTION IF EXISTS {REFUSE}()"

ERASABLE = frozenset({"decision_answers", "review_note"})
"""The append-only tables whose rows may be deleted, and never changed."""

RECORD = ERASABLE | {
    "audit_event",
    "challenger",
    "challenger_score",
    "decision",
    "deployment",
    "erasure",
    "policy",
    "proposal",
    "proposal_decision",
    "review",
    "served_bundle",
}
"""The append-only tables that hold the record, and are sealed."""

SEALS = frozenset({"seal_block", "seal_part"})
"""The append-only tables that hold the seals themselves."""


def protect(table: str, key: Sequence[str], *, erasable: bool = False) -> None:
    """Protect a table in a migration.

    Do so again after a batch operation of Alembic's on SQLite: it makes the table anew, without triggers.

    Args:
        table: Its name.
        key: The columns of its primary key. It must have no other unique constraint.
        erasable: Whether rows may be deleted.
    """
    for statement in protection(table, key, op.get_bind().dialect.name, erasable=erasable):
        op.execute(statement)


def release(table: str) -> None:
    """Take the protection of a table away in a migration, erasable or not."""
    for statement in removal(table, op.get_bind().dialect.name):
        op.execute(statement)


def protection(
    table: str, key: Sequence[str], dialect: str, *, erasable: bool = False
) -> list[str]:
    """The statements that protect a table; `protect` explains the arguments."""
    if dialect == "sqlite":
        return _sqlite_protection(table, key, erasable=erasable)
    verbs = "UPDATE OR TRUNCATE" if erasable else "UPDATE OR DELETE OR TRUNCATE"
    return [
        CREATE_FUNCTION,
        f"CREATE TRIGGER {table}_append_only BEFORE {verbs} ON {table} EXECUTE FUNCTION {REFUSE}()",
    ]


def removal(table: str, dialect: str) -> list[str]:
    """The statements that take the protection of a table away; the shared function stays."""
    if dialect == "sqlite":
        triggers = [_trigger(table, what) for what in ("update", "delete", "replace")]
        return [f"DROP TRIGGER IF EXISTS {trigger}" for trigger in triggers]
    return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"]


def _sqlite_protection(table: str, key: Sequence[str], *, erasable: bool) -> list[str]:
    # REPLACE deletes the old row without its delete trigger. A new row replaces one with the same key,
    # or with the same rowid, which a statement can name although no table declares it.
    same_key = " AND ".join(f"{column} = NEW.{column}" for column in key)
    same_row = f"SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR ({same_key})"  # noqa: S608
    events = {"update": "UPDATE", "delete": "DELETE", "replace": "INSERT"}
    if erasable:
        del events["delete"]
    conditions = {"replace": f"WHEN EXISTS ({same_row}) "}
    return [
        f"CREATE TRIGGER {_trigger(table, what)} BEFORE {event} ON {table} {conditions.get(what, '')}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for what, event in events.items()
    ]


def _trigger(table: str, what: str) -> str:
    return f"{table}_append_only_{what}"
