"""looks at drift are kept by week"""

import sqlalchemy as sa
from alembic import op

revision = "3c9f5a7d1e60"
down_revision = "c5e0a83d1f72"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "drift_look",
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation"],
            ["deployment.generation"],
            name=op.f("fk_drift_look_generation_deployment"),
        ),
        sa.PrimaryKeyConstraint("generation", "period", name=op.f("pk_drift_look")),
    )


def downgrade() -> None:
    op.drop_table("drift_look")
