"""SQLite finds references by one index"""

from alembic import op

revision = "d1b94a6c3e70"
down_revision = "2f8d61c7b90e"
branch_labels = None
depends_on = None
kind = "expand"

NAME = "ix_decision_answers_reference"


def upgrade() -> None:
    # why: on PostgreSQL the version before looks for references by it while hosts are replaced in turn.
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(NAME, "decision_answers")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(NAME, "decision_answers", ["reference"])
