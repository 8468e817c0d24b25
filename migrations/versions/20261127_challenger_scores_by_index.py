"""indexes by which the scores of one challenger are found"""

import sqlalchemy as sa
from alembic import op

revision = "c4e19a7d2f58"
down_revision = "c92f6e0a7d35"
branch_labels = None
depends_on = None
kind = "expand"

TABLE = "challenger_score"
UNFIT = sa.text("probability_good_credit IS NULL")


def upgrade() -> None:
    op.create_index(f"ix_{TABLE}_challenger_id", TABLE, ["challenger_id", "decision_id"])
    op.create_index(
        f"ix_{TABLE}_unfit", TABLE, ["challenger_id"], sqlite_where=UNFIT, postgresql_where=UNFIT
    )


def downgrade() -> None:
    op.drop_index(f"ix_{TABLE}_unfit", TABLE)
    op.drop_index(f"ix_{TABLE}_challenger_id", TABLE)
