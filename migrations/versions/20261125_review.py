"""review"""

import sqlalchemy as sa
from alembic import op

revision = "a4e8c1d73b95"
down_revision = "7c2d9e4f1a60"
branch_labels = None
depends_on = None

PROTECT = {
    "sqlite": [
        f"CREATE TRIGGER review_{verb.lower()} BEFORE {verb} ON review "
        "BEGIN SELECT RAISE(ABORT, 'reviews are only ever added'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_review_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'reviews are only ever added'; END $$",
        "CREATE TRIGGER review_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON review "
        "EXECUTE FUNCTION refuse_review_change()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reviewed_by", sa.String(length=100), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.decision_id"],
            name=op.f("fk_review_decision_id_decision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_review_decision_id", "review", ["decision_id"])
    op.create_table(
        "review_note",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_note_review_id_review")
        ),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_note")),
    )
    for statement in PROTECT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("review_note")
    op.drop_table("review")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_review_change()")
