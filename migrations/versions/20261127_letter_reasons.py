"""a reviewer's words have a language, and can be written again in that of a letter"""

import sqlalchemy as sa
from alembic import op

from creditapp.database.append_only import protect

revision = "7e2c4b9a5d13"
down_revision = "3c9f5a7d1e60"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.add_column("review_note", sa.Column("language", sa.String(length=2), nullable=True))
    op.create_table(
        "letter_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(length=100), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.decision_id"],
            name=op.f("fk_letter_reason_decision_id_decision"),
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_letter_reason_review_id_review")
        ),
        sa.PrimaryKeyConstraint("id", "decision_id", name=op.f("pk_letter_reason")),
    )
    op.create_index("ix_letter_reason_decision_id", "letter_reason", ["decision_id"])
    op.create_index("ix_letter_reason_review_id", "letter_reason", ["review_id"])
    protect("letter_reason", ["id", "decision_id"], erasable=True)


def downgrade() -> None:
    op.drop_table("letter_reason")
    op.drop_column("review_note", "language")
