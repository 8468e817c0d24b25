"""The database's schema, and whether this version of the code can work with it.

A migration either *expands* the schema, so that the code before it goes on with the new schema, or it
*contracts* it. Each applied migration is on record with its kind. So an older version, which does not know
the newer migrations, can tell that they suit it. The rule for migrations is in CONTRIBUTING.md.
"""

from datetime import UTC, datetime
from enum import StrEnum

from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, String, delete, insert, inspect, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime, db
from creditapp.database.session import database_failures
from creditapp.settings.paths import ROOT


class Kind(StrEnum):
    """What a migration does to the code before it."""

    EXPAND = "expand"
    CONTRACT = "contract"


class State(StrEnum):
    """How the schema fits this version of the code."""

    NEWEST = "newest"
    NEWER = "newer"
    """It has migrations that this version does not know, and that all expand it."""
    OTHER = "other"
    """A migration is missing, or one that this version does not know contracted the schema."""


class SchemaStep(Base):
    """A migration that is applied; those from before this table are not in it."""

    __tablename__ = "schema_step"

    revision: Mapped[str] = mapped_column(String(32), primary_key=True)
    follows: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(10))
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)


def state() -> State:
    """How the schema fits this version of the code.

    Raises:
        DatabaseUnavailable: the database cannot be read.
    """
    known = newest_known()
    with (
        database_failures("the database cannot be read", "reading"),
        db.engine.connect() as connection,
    ):
        applied = MigrationContext.configure(connection).get_current_revision()
        if applied == known:
            return State.NEWEST
        is_newer = applied is not None and _leads_to(connection, known, applied)
    return State.NEWER if is_newer else State.OTHER


def newest_known() -> str:
    """The newest migration of this version of the code."""
    [head] = ScriptDirectory(str(ROOT / "migrations")).get_heads()
    return head


def keep_record(connection: Connection, step: MigrationInfo) -> None:
    """Put an applied migration on record, or take one that was taken back off the record."""
    if not inspect(connection).has_table(SchemaStep.__tablename__):
        return
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    for revision in step.up_revision_ids:
        if step.is_upgrade:
            connection.execute(insert(SchemaStep).values(_row(scripts.get_revision(revision))))
        else:
            connection.execute(delete(SchemaStep).where(SchemaStep.revision == revision))


def _row(script: Script) -> dict[str, object]:
    return {
        "revision": script.revision,
        "follows": script.down_revision,
        "kind": Kind(script.module.kind),
        "applied_at": datetime.now(UTC),
    }


def _leads_to(connection: Connection, known: str, applied: str) -> bool:
    """Whether the steps after a known migration all expand the schema, and end at the applied one."""
    if not inspect(connection).has_table(SchemaStep.__tablename__):
        return False
    query = select(SchemaStep.follows, SchemaStep.revision).where(SchemaStep.kind == Kind.EXPAND)
    next_step = dict(connection.execute(query).tuples().all())
    revision = known
    while revision in next_step:
        revision = next_step[revision]
    return revision == applied
