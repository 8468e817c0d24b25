"""a decision that was corrected waits no more"""

from alembic import op

from creditapp.database import correction_triggers

revision = "e9b3f1d7246a"
down_revision = "c40f7e15b8a2"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    correction_triggers.create()
    op.execute(
        "DELETE FROM waiting_decision"
        " WHERE decision_id IN (SELECT corrects FROM decision_correction)"
    )


def downgrade() -> None:
    correction_triggers.drop()
    op.execute(
        "INSERT INTO waiting_decision SELECT decision_id FROM decision WHERE decision = 'refer'"
        " AND NOT EXISTS (SELECT 1 FROM review WHERE review.decision_id = decision.decision_id)"
        " AND NOT EXISTS (SELECT 1 FROM waiting_decision AS w"
        " WHERE w.decision_id = decision.decision_id)"
    )
