"""which files were recorded"""

import sqlalchemy as sa
from alembic import op

revision = "d6a2c9e07b14"
down_revision = "b1e6f4d82a30"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recorded_run",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_recorded_run"),
    )
    op.create_index("ix_recorded_run_identity", "recorded_run", ["identity"])


def downgrade() -> None:
    op.drop_table("recorded_run")
