"""review"""

import sqlalchemy as sa
from alembic import op

revision = "a4e8c1d73b95"
down_revision = "7c2d9e4f1a60"
branch_labels = None
depends_on = None

PROTECT = {
    "sqlite": [
        *(
            f"CREATE TRIGGER review_{verb.lower()} BEFORE {verb} ON review "
            "BEGIN SELECT RAISE(ABORT, 'reviews are only ever added'); END"
            for verb in ("UPDATE", "DELETE")
        ),
        "CREATE TRIGGER review_replace BEFORE INSERT ON review "
        "WHEN EXISTS (SELECT 1 FROM review WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'reviews are only ever added'); END",
        "CREATE TRIGGER review_note_update BEFORE UPDATE ON review_note "
        "BEGIN SELECT RAISE(ABORT, 'the words of a review are kept or erased'); END",
        "CREATE TRIGGER review_note_replace BEFORE INSERT ON review_note "
        "WHEN EXISTS (SELECT 1 FROM review_note WHERE review_id = NEW.review_id) "
        "BEGIN SELECT RAISE(ABORT, 'the words of a review are kept or erased'); END",
        "CREATE TRIGGER policy_replace BEFORE INSERT ON policy "
        "WHEN EXISTS (SELECT 1 FROM policy WHERE version = NEW.version) "
        "BEGIN SELECT RAISE(ABORT, 'policies are only ever added'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_review_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'reviews are only ever added'; END $$",
        "CREATE TRIGGER review_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON review "
        "EXECUTE FUNCTION refuse_review_change()",
        "CREATE FUNCTION refuse_review_note_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the words of a review are kept or erased'; END $$",
        "CREATE TRIGGER review_note_is_kept BEFORE UPDATE ON review_note "
        "EXECUTE FUNCTION refuse_review_note_change()",
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
        op.execute("DROP FUNCTION refuse_review_note_change()")
    else:
        op.execute("DROP TRIGGER policy_replace")
