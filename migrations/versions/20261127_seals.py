"""seals of the record, and the record of erasures"""

import sqlalchemy as sa
from alembic import op

from creditapp.database import append_only

revision = "c8e1f5b06d23"
down_revision = "e27a0d51c39f"
branch_labels = None
depends_on = None

KEYS = {"erasure": ["id"], "seal_block": ["number"], "seal_part": ["number", "table_name"]}


def upgrade() -> None:
    _create_erasure()
    _create_blocks()
    op.create_table(
        "seal_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_check")),
    )
    for table, key in KEYS.items():
        append_only.protect(table, key)


def downgrade() -> None:
    for table in KEYS:
        append_only.release(table)
    for table in ("seal_check", "seal_part", "seal_block", "erasure"):
        op.drop_table(table)


def _create_erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_by", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.decision_id"], name=op.f("fk_erasure_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_erasure_decision_id", "erasure", ["decision_id"])


def _create_blocks() -> None:
    op.create_table(
        "seal_block",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("contents", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal_block")),
    )
    op.create_table(
        "seal_part",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(63), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.Column("low_key", sa.LargeBinary(), nullable=False),
        sa.Column("high_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["seal_block.number"], name=op.f("fk_seal_part_number_seal_block")
        ),
        sa.PrimaryKeyConstraint("number", "table_name", name=op.f("pk_seal_part")),
    )
    op.create_index("ix_seal_part_table_name", "seal_part", ["table_name", "high_key"])
