"""applied migrations are on record with their kind"""

import sqlalchemy as sa
from alembic import op

revision = "c4d70b9e2a16"
down_revision = "a93e5c17d4b0"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "schema_step",
        sa.Column("revision", sa.String(32), nullable=False),
        sa.Column("follows", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_step")),
    )


def downgrade() -> None:
    op.drop_table("schema_step")
