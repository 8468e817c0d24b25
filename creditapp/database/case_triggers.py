"""Triggers that end what people do with a case when it ends, for migrations.

A claim and an escalation go when the decision waits no more: with its review, or when it expires. Notes go
with the decision. The database itself does so, so that it is right whatever version of the code writes.
"""

from alembic import op

from creditapp.database.waiting_triggers import FUNCTION

ENDS = {
    "waiting_claim": "waiting_decision",
    "waiting_escalation": "waiting_decision",
    "case_note": "decision",
}
"""Each table, and the table with whose rows its rows go."""

DELETE = "DELETE FROM %I.{} WHERE decision_id = $1"


def create() -> None:
    """Make the triggers."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, other in ENDS.items():
        for statement in _sqlite(table, other) if is_sqlite else _postgresql(table, other):
            op.execute(statement)


def drop() -> None:
    """Drop the triggers, and what they call."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, other in ENDS.items():
        op.execute(f"DROP TRIGGER {table}_ends" + ("" if is_sqlite else f" ON {other}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION end_{table}()")


def _sqlite(table: str, other: str) -> tuple[str, ...]:
    delete = f"DELETE FROM {table} WHERE decision_id = OLD.decision_id"  # noqa: S608
    return (f"CREATE TRIGGER {table}_ends AFTER DELETE ON {other} BEGIN {delete}; END",)


def _postgresql(table: str, other: str) -> tuple[str, ...]:
    return (
        FUNCTION.format(f"end_{table}", DELETE.format(table), "OLD.decision_id"),
        f"CREATE TRIGGER {table}_ends AFTER DELETE ON {other} FOR EACH ROW "
        f"EXECUTE FUNCTION end_{table}()",
    )
