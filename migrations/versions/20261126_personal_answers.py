"""the reference stands with the answers, and personal rows have a salt"""

import sqlalchemy as sa
from alembic import op

from creditapp.database import append_only

revision = "a9c4e2d87f10"
down_revision = "d2b8f4a61c07"
branch_labels = None
depends_on = None

SALTS = {"sqlite": "randomblob(16)", "postgresql": "uuid_send(gen_random_uuid())"}
PERSONAL = {"decision_answers": ["decision_id"], "review_note": ["review_id"]}


def upgrade() -> None:
    for table, key in PERSONAL.items():
        append_only.release(table)
        op.add_column(table, sa.Column("salt", sa.LargeBinary()))
        op.execute(sa.text(f"UPDATE {table} SET salt = {SALTS[op.get_bind().dialect.name]}"))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("salt", nullable=False)
            if table == "decision_answers":
                batch.add_column(sa.Column("reference", sa.String(64)))
        if table == "decision_answers":
            _copy_references("decision", "decision_answers")
        append_only.protect(table, key, erasable=True)
    op.create_index("ix_decision_answers_reference", "decision_answers", ["reference"])
    op.drop_index("ix_decision_reference", "decision")
    op.drop_column("decision", "reference")


def downgrade() -> None:
    append_only.release("decision")
    op.add_column("decision", sa.Column("reference", sa.String(64)))
    _copy_references("decision_answers", "decision")
    op.create_index("ix_decision_reference", "decision", ["reference"])
    append_only.protect("decision", ["decision_id"])
    op.drop_index("ix_decision_answers_reference", "decision_answers")
    for table, key in PERSONAL.items():
        append_only.release(table)
        op.drop_column(table, "salt")
        if table == "decision_answers":
            op.drop_column(table, "reference")
        append_only.protect(table, key, erasable=True)


def _copy_references(source: str, target: str) -> None:
    """Copy the references from one table to the other; a decision without answers has none."""
    op.execute(
        sa.text(
            f"UPDATE {target} SET reference = (SELECT source.reference FROM {source} AS source "
            f"WHERE source.decision_id = {target}.decision_id)"
        )
    )
