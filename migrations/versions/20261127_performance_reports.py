"""kept reports on performance"""

import sqlalchemy as sa
from alembic import op

revision = "c92f6e0a7d35"
down_revision = "b85d2e7f4c16"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "performance_report",
        sa.Column("portfolio", sa.String(length=63), nullable=False),
        sa.Column("model_version", sa.String(length=50), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("portfolio", "model_version", name=op.f("pk_performance_report")),
    )


def downgrade() -> None:
    op.drop_table("performance_report")
