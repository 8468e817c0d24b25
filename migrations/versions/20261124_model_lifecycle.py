"""model lifecycle"""

import sqlalchemy as sa
from alembic import op

revision = "5d0e6b2a9c41"
down_revision = "be8a1cb77781"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_turn")),
    )
    op.add_column(
        "deployment",
        sa.Column("deployed_by", sa.String(100), server_default="unknown", nullable=False),
    )
    op.add_column(
        "decision", sa.Column("engine", sa.String(40), server_default="unknown", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("decision", "engine")
    op.drop_column("deployment", "deployed_by")
    op.drop_table("model_turn")
