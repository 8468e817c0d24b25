"""answers that are kept for requests with a key"""

import sqlalchemy as sa
from alembic import op

revision = "f3b8d5c01a97"
down_revision = "a9c4e2d87f10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("client", sa.String(100), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("client", "key", name="pk_kept_answer"),
    )
    op.create_index("ix_kept_answer_request_id", "kept_answer", ["request_id"])
    op.create_index("ix_kept_answer_made_at", "kept_answer", ["made_at"])


def downgrade() -> None:
    op.drop_table("kept_answer")
