"""decisions counted by day, for the home page"""

import sqlalchemy as sa
from alembic import op

revision = "a47c1f0e9b25"
down_revision = "8d2e6b91c4f3"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "day_tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_day_tally")),
    )


def downgrade() -> None:
    op.drop_table("day_tally")
