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

REFUSE_UNEXPIRED = "refuse_unexpired_deletion"
"""PostgreSQL's trigger function that lets rows go once they expired, given the column of their time."""

# why: the schema is named, as a temporary table of the session could have the name of the table.
CREATE_EXPIRY_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {REFUSE_UNEXPIRED}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
    "DECLARE expired boolean; BEGIN EXECUTE format("
    "'SELECT EXISTS (SELECT 1 FROM %I.expiry WHERE table_name = $1 AND before > ($2).%I)', "
    "TG_TABLE_SCHEMA, TG_ARGV[0]) INTO expired USING TG_TABLE_NAME, OLD; "
    "IF expired THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
)
DROP_EXPIRY_FUNCTION = f"DROP FUNCTION IF EXISTS {REFUSE_UNEXPIRED}()"

ERASABLE = frozenset({"decision_answers", "letter_reason", "review_note"})
"""The append-only tables whose rows may be deleted, and never changed."""

EXPIRING = {
    "audit_event": "at",
    "challenger_score": "scored_at",
    "decision": "timestamp",
    "decision_correction": "corrected_at",
    "erasure": "erased_at",
    "outcome": "recorded_at",
    "review": "reviewed_at",
}
"""The append-only tables whose rows may go once an expiry covers them, with the column of their time."""

RECORD = (
    ERASABLE
    | EXPIRING.keys()
    | {
        "challenger",
        "deployment",
        "expiry",
        "policy",
        "proposal",
        "proposal_decision",
        "served_bundle",
    }
)
"""The append-only tables that hold the record, and are sealed."""

SEALS = frozenset({"seal_block", "seal_part"})
"""The append-only tables that hold the seals themselves."""


def protect(
    table: str, key: Sequence[str], *, erasable: bool = False, expires_by: str = ""
) -> None:
    """Protect a table in a migration.

    Do so again after a batch operation of Alembic's on SQLite: it makes the table anew, without triggers.

    Args:
        table: Its name.
        key: The columns of its primary key. It must have no other unique constraint.
        erasable: Whether rows may be deleted.
        expires_by: The column of a row's time, if rows may be deleted once an expiry of the table is on
            record with a later `before`.
    """
    dialect = op.get_bind().dialect.name
    for statement in protection(table, key, dialect, erasable=erasable, expires_by=expires_by):
        op.execute(statement)


def release(table: str) -> None:
    """Take the protection of a table away in a migration, whatever may be deleted."""
    for statement in removal(table, op.get_bind().dialect.name):
        op.execute(statement)


def protection(
    table: str, key: Sequence[str], dialect: str, *, erasable: bool = False, expires_by: str = ""
) -> list[str]:
    """The statements that protect a table; `protect` explains the arguments."""
    if dialect == "sqlite":
        return _sqlite_protection(table, key, erasable=erasable, expires_by=expires_by)
    verbs = "UPDATE OR TRUNCATE" if erasable or expires_by else "UPDATE OR DELETE OR TRUNCATE"
    statements = [
        CREATE_FUNCTION,
        f"CREATE TRIGGER {table}_append_only BEFORE {verbs} ON {table} EXECUTE FUNCTION {REFUSE}()",
    ]
    if expires_by:
        statements += [
            CREATE_EXPIRY_FUNCTION,
            f"CREATE TRIGGER {_trigger(table, 'delete')} BEFORE DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION {REFUSE_UNEXPIRED}('{expires_by}')",
        ]
    return statements


def protection_today(table: str, key: Sequence[str], dialect: str) -> list[str]:
    """The statements that protect a table of the record or of the seals as it is protected now."""
    expires_by = EXPIRING.get(table, "")
    return protection(table, key, dialect, erasable=table in ERASABLE, expires_by=expires_by)


def removal(table: str, dialect: str) -> list[str]:
    """The statements that take the protection of a table away; the shared function stays."""
    if dialect == "sqlite":
        triggers = [_trigger(table, what) for what in ("update", "delete", "replace")]
        return [f"DROP TRIGGER IF EXISTS {trigger}" for trigger in triggers]
    triggers = [f"{table}_append_only", _trigger(table, "delete")]
    return [f"DROP TRIGGER IF EXISTS {trigger} ON {table}" for trigger in triggers]


def _sqlite_protection(
    table: str, key: Sequence[str], *, erasable: bool, expires_by: str
) -> list[str]:
    # REPLACE deletes the old row without its delete trigger. A new row replaces one with the same key,
    # or with the same rowid, which a statement can name although no table declares it.
    same_key = " AND ".join(f"{column} = NEW.{column}" for column in key)
    same_row = f"SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR ({same_key})"  # noqa: S608
    events = {"update": "UPDATE", "delete": "DELETE", "replace": "INSERT"}
    if erasable:
        del events["delete"]
    conditions = {"replace": f"WHEN EXISTS ({same_row}) "}
    if expires_by:
        covering = (
            f"SELECT 1 FROM expiry WHERE table_name = '{table}' AND before > OLD.{expires_by}"  # noqa: S608
        )
        conditions["delete"] = f"WHEN NOT EXISTS ({covering}) "
    return [
        f"CREATE TRIGGER {_trigger(table, what)} BEFORE {event} ON {table} {conditions.get(what, '')}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for what, event in events.items()
    ]


def _trigger(table: str, what: str) -> str:
    return f"{table}_append_only_{what}"
