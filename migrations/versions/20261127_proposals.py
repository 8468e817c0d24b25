"""proposals of changes, and what became of them"""

import sqlalchemy as sa
from alembic import op

from creditapp.database import append_only

revision = "d16f9c40b28e"
down_revision = "c05e8b3fa17d"
branch_labels = None
depends_on = None

KEYS = {"proposal": ["id"], "proposal_decision": ["proposal_id"]}


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(100), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "proposal_decision",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(100), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_decision_proposal_id_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposal_decision")),
    )
    for table, key in KEYS.items():
        append_only.protect(table, key)


def downgrade() -> None:
    for table in reversed(KEYS):
        append_only.release(table)
        op.drop_table(table)
