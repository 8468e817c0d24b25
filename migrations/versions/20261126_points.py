"""the scale of points of a policy, and the score of a decision"""

import sqlalchemy as sa
from alembic import op

revision = "e5a1c7f20d93"
down_revision = "c3e9a6d40b17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy", sa.Column("points", sa.JSON()))
    op.add_column("decision", sa.Column("score", sa.Integer()))


def downgrade() -> None:
    op.drop_column("decision", "score")
    op.drop_column("policy", "points")
