"""the record expires"""

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from creditapp.database import append_only

revision = "a93e5c17d4b0"
down_revision = "f1a6d3b8924e"
branch_labels = None
depends_on = None

KEYS = {
    "audit_event": ["id"],
    "challenger_score": ["decision_id", "challenger_id"],
    "decision": ["decision_id"],
    "erasure": ["id"],
    "review": ["id"],
}
MOMENTS = {
    "audit_event": "at",
    "challenger_score": "scored_at",
    "decision": "timestamp",
    "erasure": "erased_at",
    "review": "reviewed_at",
}
REFERENCE = "fk_erasure_decision_id_decision"


def upgrade() -> None:
    op.create_table(
        "expiry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(63), nullable=False),
        sa.Column("last_block", sa.Integer(), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expired_by", sa.String(100), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiry")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_expiry_table_name", "expiry", ["table_name", "before"])
    op.create_index("ix_seal_block_sealed_at", "seal_block", ["sealed_at"])
    append_only.protect("expiry", ["id"])
    for table in KEYS:
        append_only.release(table)
    with _erasure() as table:
        table.drop_constraint(REFERENCE, type_="foreignkey")
    for name, key in KEYS.items():
        append_only.protect(name, key, expires_by=MOMENTS[name])


def downgrade() -> None:
    for table in KEYS:
        append_only.release(table)
    # why: the older table refers to decisions, and those that expired are gone.
    op.execute("DELETE FROM erasure WHERE decision_id NOT IN (SELECT decision_id FROM decision)")
    with _erasure() as batch:
        batch.create_foreign_key(REFERENCE, "decision", ["decision_id"], ["decision_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(append_only.DROP_EXPIRY_FUNCTION)
    for name, key in KEYS.items():
        append_only.protect(name, key)
    append_only.release("expiry")
    op.drop_index("ix_seal_block_sealed_at", "seal_block")
    op.drop_table("expiry")


def _erasure() -> AbstractContextManager[BatchOperations]:
    return op.batch_alter_table("erasure", table_kwargs={"sqlite_autoincrement": True})
