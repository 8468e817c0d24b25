"""decisions that correct earlier ones"""

import sqlalchemy as sa
from alembic import op

from creditapp.database.append_only import protect

revision = "8d2e6b91c4f3"
down_revision = "7e2c4b9a5d13"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "decision_correction",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("corrects", sa.Uuid(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.decision_id"],
            name=op.f("fk_decision_correction_decision_id_decision"),
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision_correction")),
    )
    op.create_index("ix_decision_correction_corrects", "decision_correction", ["corrects"])
    protect("decision_correction", ["decision_id"], expires_by="corrected_at")


def downgrade() -> None:
    op.drop_table("decision_correction")
