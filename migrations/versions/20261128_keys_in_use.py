"""when a key was used last"""

import sqlalchemy as sa
from alembic import op

revision = "7b1e4c92a5d3"
down_revision = "a7d20e5b9c31"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("api_key", "last_used_at")
