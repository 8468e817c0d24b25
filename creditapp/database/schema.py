"""Whether the database's schema is the one this version of the code needs."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from creditapp.database.engine import db
from creditapp.database.session import database_failures
from creditapp.settings.paths import ROOT


def is_at_head() -> bool:
    """Whether all migrations are applied, and none that this version does not know.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    known = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    with database_failures("the database cannot be read"), db.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    return set(applied) == set(known)
