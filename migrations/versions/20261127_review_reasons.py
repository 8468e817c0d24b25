"""the reason of a review as a code"""

import sqlalchemy as sa
from alembic import op

revision = "c5e0a83d1f72"
down_revision = "c4e19a7d2f58"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.add_column("review", sa.Column("reason", sa.String(length=40)))


def downgrade() -> None:
    op.drop_column("review", "reason")
