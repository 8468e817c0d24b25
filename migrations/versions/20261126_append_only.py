"""append-only tables"""

from alembic import op

from creditapp.database import append_only

revision = "b7d1f3a92c58"
down_revision = "a4e8c1d73b95"
branch_labels = None
depends_on = None

KEYS = {
    "decision": ["decision_id"],
    "deployment": ["generation"],
    "served_bundle": ["digest"],
    "audit_event": ["id"],
    "policy": ["version"],
    "challenger": ["id"],
    "challenger_score": ["decision_id", "challenger_id"],
    "review": ["id"],
    "decision_answers": ["decision_id"],
    "review_note": ["review_id"],
}
ERASABLE = {"decision_answers", "review_note"}

OLD_MESSAGES = {
    "audit_event": "events are only ever added",
    "policy": "policies are only ever added",
    "challenger": "challengers are only ever added to",
    "challenger_score": "challengers are only ever added to",
    "review": "reviews are only ever added",
    "review_note": "the words of a review are kept or erased",
}
OLD_FUNCTIONS = {
    table: "refuse_change" if table == "audit_event" else f"refuse_{table}_change"
    for table in OLD_MESSAGES
}


def upgrade() -> None:
    for table in OLD_MESSAGES:
        for statement in _old_removal(table, op.get_bind().dialect.name):
            op.execute(statement)
    for table, key in KEYS.items():
        append_only.protect(table, key, erasable=table in ERASABLE)


def downgrade() -> None:
    for table in KEYS:
        append_only.release(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(append_only.DROP_FUNCTION)
    for table in OLD_MESSAGES:
        for statement in _old_protection(table, op.get_bind().dialect.name):
            op.execute(statement)


def _old_removal(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_{what}" for what in _old_events(table)]
    return [f"DROP TRIGGER {table}_is_kept ON {table}", f"DROP FUNCTION {OLD_FUNCTIONS[table]}()"]


def _old_protection(table: str, dialect: str) -> list[str]:
    message = OLD_MESSAGES[table]
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_{what} BEFORE {event} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for what, event in _old_events(table).items()
        ]
    verbs = "UPDATE" if table in ERASABLE else "UPDATE OR DELETE OR TRUNCATE"
    return [
        f"CREATE FUNCTION {OLD_FUNCTIONS[table]}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
        f"CREATE TRIGGER {table}_is_kept BEFORE {verbs} ON {table} "
        f"EXECUTE FUNCTION {OLD_FUNCTIONS[table]}()",
    ]


def _old_events(table: str) -> dict[str, str]:
    """What each old trigger of SQLite's comes before, by the last part of its name."""
    same_key = " AND ".join(f"{column} = NEW.{column}" for column in KEYS[table])
    same_row = f"SELECT 1 FROM {table} WHERE {same_key}"  # noqa: S608
    events = {
        "update": f"UPDATE ON {table}",
        "delete": f"DELETE ON {table}",
        "replace": f"INSERT ON {table} WHEN EXISTS ({same_row})",
    }
    if table in ERASABLE:
        del events["delete"]
    return events
