"""indexes by which the oldest row of a kind is found"""

from alembic import op

revision = "f1a6d3b8924e"
down_revision = "c8e1f5b06d23"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_sign_in_expires_at", "sign_in", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_sign_in_expires_at", "sign_in")
