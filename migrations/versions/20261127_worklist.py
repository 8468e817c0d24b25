"""who has a case, notes on cases, saved views, and references in any case"""

import sqlalchemy as sa
from alembic import op

from creditapp.database import case_triggers

revision = "a7d20e5b9c31"
down_revision = "5b7d1e93c0a4"
branch_labels = None
depends_on = None
kind = "expand"

REFERENCE = "ix_decision_answers_reference_lower"
GIVEN = sa.text("reference IS NOT NULL")


def upgrade() -> None:
    for table, who, when in (
        ("waiting_claim", "taken_by", "taken_at"),
        ("waiting_escalation", "escalated_by", "escalated_at"),
    ):
        op.create_table(
            table,
            sa.Column("decision_id", sa.Uuid(), nullable=False),
            sa.Column(who, sa.String(length=100), nullable=False),
            sa.Column(when, sa.DateTime(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("decision_id", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "case_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(length=100), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_note_decision_id", "case_note", ["decision_id"])
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index("ix_saved_view_person", "saved_view", ["person", "name"], unique=True)
    case_triggers.create()
    _index_references()


def _index_references() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    # why: in most locales PostgreSQL finds the beginning of a text only by an index with these operators.
    lower = "lower(reference)" if is_sqlite else "lower(reference) text_pattern_ops"
    op.create_index(
        REFERENCE,
        "decision_answers",
        [sa.text(lower)],
        sqlite_where=GIVEN,
        postgresql_where=GIVEN,
    )


def downgrade() -> None:
    op.drop_index(REFERENCE, "decision_answers")
    case_triggers.drop()
    for table in ("saved_view", "case_note", "waiting_escalation", "waiting_claim"):
        op.drop_table(table)
