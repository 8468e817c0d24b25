"""Triggers that keep the table of the decisions that wait for a person, for migrations.

A decision waits from its referral to its first review. The database itself keeps the table, so that it is
right whatever version of the code writes. Make the triggers again after a batch operation of Alembic's on one
of the tables on SQLite: it makes the table anew, without triggers.
"""

from alembic import op

ADD, REMOVE = "add_waiting_decision", "remove_waiting_decision"

# why: the schema is named, as a temporary table of the session could have the name of the table.
FUNCTION = (
    "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "EXECUTE format('{}', TG_TABLE_SCHEMA) USING {}; RETURN NULL; END $$"
)
INSERT = "INSERT INTO %I.waiting_decision VALUES ($1)"
DELETE = "DELETE FROM %I.waiting_decision WHERE decision_id = $1"
FUNCTIONS = (
    FUNCTION.format(ADD, INSERT, "NEW.decision_id"),
    FUNCTION.format(REMOVE, DELETE, "NEW.decision_id"),
    FUNCTION.format(f"{REMOVE}_gone", DELETE, "OLD.decision_id"),
)

REFERRED, REVIEWED, EXPIRED = "decision_waits", "decision_waits_no_more", "decision_is_gone"


def create() -> None:
    """Make the triggers on decisions and reviews."""
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)


def drop() -> None:
    """Drop the triggers, and what they call."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for trigger, table in ((REFERRED, "decision"), (REVIEWED, "review"), (EXPIRED, "decision")):
        op.execute(f"DROP TRIGGER {trigger}" + ("" if is_sqlite else f" ON {table}"))
    if not is_sqlite:
        for function in (ADD, REMOVE, f"{REMOVE}_gone"):
            op.execute(f"DROP FUNCTION {function}()")


def _sqlite() -> tuple[str, ...]:
    insert = "INSERT INTO waiting_decision VALUES (NEW.decision_id)"
    delete = "DELETE FROM waiting_decision WHERE decision_id = {}.decision_id"
    return (
        f"CREATE TRIGGER {REFERRED} AFTER INSERT ON decision WHEN NEW.decision = 'refer' BEGIN {insert}; END",
        f"CREATE TRIGGER {REVIEWED} AFTER INSERT ON review BEGIN {delete.format('NEW')}; END",
        f"CREATE TRIGGER {EXPIRED} AFTER DELETE ON decision BEGIN {delete.format('OLD')}; END",
    )


def _postgresql() -> tuple[str, ...]:
    return (
        *FUNCTIONS,
        f"CREATE TRIGGER {REFERRED} AFTER INSERT ON decision FOR EACH ROW "
        f"WHEN (NEW.decision = 'refer') EXECUTE FUNCTION {ADD}()",
        f"CREATE TRIGGER {REVIEWED} AFTER INSERT ON review FOR EACH ROW EXECUTE FUNCTION {REMOVE}()",
        f"CREATE TRIGGER {EXPIRED} AFTER DELETE ON decision FOR EACH ROW "
        f"WHEN (OLD.decision = 'refer') EXECUTE FUNCTION {REMOVE}_gone()",
    )
