"""what is shown of sign-ins, and when they were last seen"""

import sqlalchemy as sa
from alembic import op

revision = "b4f7a1d92e68"
down_revision = "d6a2c9e07b14"
branch_labels = None
depends_on = None

COLUMNS = ("last_seen_at", "confirmed_at", "network", "agent")


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("last_seen_at", sa.DateTime(timezone=True)))
    op.add_column("sign_in", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    op.add_column("sign_in", sa.Column("network", sa.String(50), server_default="", nullable=False))
    op.add_column("sign_in", sa.Column("agent", sa.String(80), server_default="", nullable=False))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("sign_in", name)
