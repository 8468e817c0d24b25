"""The trigger by which a corrected decision waits no more, for migrations.

A correction is worked on in place of the decision that it corrects. The database itself takes the earlier one
out of the queue, so that it is right whatever version of the code writes.
"""

from alembic import op

from creditapp.database.waiting_triggers import DELETE, FUNCTION

TRIGGER = "decision_is_corrected"
REMOVE = "remove_corrected_decision"


def create() -> None:
    """Make the trigger on corrections."""
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql():
        op.execute(statement)


def drop() -> None:
    """Drop the trigger, and what it calls."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"DROP TRIGGER {TRIGGER}" + ("" if is_sqlite else " ON decision_correction"))
    if not is_sqlite:
        op.execute(f"DROP FUNCTION {REMOVE}()")


def _sqlite() -> tuple[str, ...]:
    delete = "DELETE FROM waiting_decision WHERE decision_id = NEW.corrects"
    return (f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON decision_correction BEGIN {delete}; END",)


def _postgresql() -> tuple[str, ...]:
    return (
        FUNCTION.format(REMOVE, DELETE, "NEW.corrects"),
        f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON decision_correction FOR EACH ROW "
        f"EXECUTE FUNCTION {REMOVE}()",
    )
