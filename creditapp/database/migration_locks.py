"""How a migration waits for PostgreSQL's locks without holding up the service.

A migration that waits for a table, which a backup reads, makes every later statement on this table wait too.
So a migration waits for a short time, lets the others go first, and tries again.
"""

import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from creditapp.exceptions import MigrationStopped

LOCK_SECONDS = 2
"""How long others may be held up by one attempt."""
PAUSE_SECONDS = 3
ATTEMPTS = 10
STATEMENT_SECONDS = 60
"""How long one statement of a migration may take, unless the operator allows more."""

LOCK_NOT_AVAILABLE, QUERY_CANCELED = "55P03", "57014"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""

BLOCKERS = text(
    "SELECT DISTINCT coalesce(nullif(a.application_name, ''), 'a program'), a.pid,"
    " extract(epoch FROM now() - a.xact_start)::int AS seconds"
    " FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation"
    " WHERE l.granted AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    " AND a.datname = current_database() AND a.pid <> pg_backend_pid()"
    " AND a.xact_start < now() - interval '1 second' ORDER BY seconds DESC LIMIT 3"
)


def try_with_patience(
    engine: Engine, migrate: Callable[[], None], say: Callable[[str], None], seconds: int
) -> None:
    """Migrate; where a table is in use, let the others go first and try again.

    `seconds` is what `limit_waiting` set for one statement.

    Raises:
        MigrationStopped: a table was in use at each attempt, or one statement took too long; nothing was
            changed.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return migrate()
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state == QUERY_CANCELED:
                raise MigrationStopped(
                    f"one statement took longer than {seconds} s and was ended; nothing was changed. "
                    "Migrate in a quiet hour, and allow more with --statement-seconds; decisions may wait"
                ) from error
            if state != LOCK_NOT_AVAILABLE:
                raise
            reason = _describe_blockers(engine)
            if attempt == ATTEMPTS:
                raise MigrationStopped(
                    f"a table is in use{reason}; nothing was changed. Migrate again when it is free"
                ) from error
        say(f"database: a table is in use{reason}; trying again in {PAUSE_SECONDS} s")
        time.sleep(PAUSE_SECONDS)
    raise AssertionError("the last attempt returns or raises")


def limit_waiting(connection: Connection, seconds: int) -> None:
    """Limit how long a transaction waits for a table, and how long one statement takes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))


def _describe_blockers(engine: Engine) -> str:
    """Which programs have had locks for more than a second; nothing of what they do."""
    with engine.connect() as connection:
        rows = connection.execute(BLOCKERS).all()
    if not rows:
        return ""
    found = (f"{name} (process {pid}, for {seconds} s)" for name, pid, seconds in rows)
    return f" by {', '.join(found)}"
