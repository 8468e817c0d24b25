"""challenger"""

import sqlalchemy as sa
from alembic import op

revision = "7c2d9e4f1a60"
down_revision = "3f9a1c7e5b24"
branch_labels = None
depends_on = None

TABLES = {
    "challenger": "id = NEW.id",
    "challenger_score": "decision_id = NEW.decision_id AND challenger_id = NEW.challenger_id",
}
"""Each with what makes a new row the same as an old one."""


def upgrade() -> None:
    op.create_table(
        "challenger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=True),
        sa.Column("model_version", sa.String(length=50), nullable=True),
        sa.Column("bundle_digest", sa.String(length=64), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_digest"],
            ["served_bundle.digest"],
            name=op.f("fk_challenger_bundle_digest_served_bundle"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenger")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "challenger_score",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("challenger_id", sa.Integer(), nullable=False),
        sa.Column("probability_good_credit", sa.Double(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenger_id"],
            ["challenger.id"],
            name=op.f("fk_challenger_score_challenger_id_challenger"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.decision_id"],
            name=op.f("fk_challenger_score_decision_id_decision"),
        ),
        sa.PrimaryKeyConstraint("decision_id", "challenger_id", name=op.f("pk_challenger_score")),
    )
    for table in TABLES:
        for statement in _protect(table, op.get_bind().dialect.name):
            op.execute(statement)


def _protect(table: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'challengers are only ever added to'); END"
            for verb in ("UPDATE", "DELETE")
        ] + [
            f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {TABLES[table]}) "
            "BEGIN SELECT RAISE(ABORT, 'challengers are only ever added to'); END"
        ]
    return [
        f"CREATE FUNCTION refuse_{table}_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'challengers are only ever added to'; END $$",
        f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"EXECUTE FUNCTION refuse_{table}_change()",
    ]


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION refuse_{table}_change()")
