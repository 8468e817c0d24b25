"""a policy may refer repeated references"""

import sqlalchemy as sa
from alembic import op

revision = "b1e6f4d82a30"
down_revision = "f3b8d5c01a97"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy", sa.Column("refer_repeats_days", sa.Integer()))


def downgrade() -> None:
    op.drop_column("policy", "refer_repeats_days")
