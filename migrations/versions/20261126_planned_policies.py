"""the time from which a policy is in force, if it is planned"""

import sqlalchemy as sa
from alembic import op

revision = "d2b8f4a61c07"
down_revision = "e5a1c7f20d93"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy", sa.Column("starts_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("policy", "starts_at")
