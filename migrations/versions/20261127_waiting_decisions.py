"""the decisions that wait for a person have a table of their own"""

import sqlalchemy as sa
from alembic import op

from creditapp.database import waiting_triggers

revision = "e71a4c58d903"
down_revision = "c4d70b9e2a16"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "waiting_decision",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_waiting_decision")),
    )
    waiting_triggers.create()
    op.execute(
        "INSERT INTO waiting_decision SELECT decision_id FROM decision WHERE decision = 'refer'"
        " AND NOT EXISTS (SELECT 1 FROM review WHERE review.decision_id = decision.decision_id)"
    )


def downgrade() -> None:
    waiting_triggers.drop()
    op.drop_table("waiting_decision")
