"""what became of decisions"""

import sqlalchemy as sa
from alembic import op

from creditapp.database.append_only import protect

revision = "b85d2e7f4c16"
down_revision = "e71a4c58d903"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Double(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.decision_id"],
            name=op.f("fk_outcome_decision_id_decision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outcome_decision_id", "outcome", ["decision_id"])
    protect("outcome", ["id"], expires_by="recorded_at")


def downgrade() -> None:
    op.drop_table("outcome")
