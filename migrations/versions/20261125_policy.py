"""policy"""

import sqlalchemy as sa
from alembic import op

revision = "3f9a1c7e5b24"
down_revision = "5d0e6b2a9c41"
branch_labels = None
depends_on = None


PROTECT = {
    "sqlite": [
        f"CREATE TRIGGER policy_{verb.lower()} BEFORE {verb} ON policy "
        "BEGIN SELECT RAISE(ABORT, 'policies are only ever added'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_policy_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'policies are only ever added'; END $$",
        "CREATE TRIGGER policy_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON policy "
        "EXECUTE FUNCTION refuse_policy_change()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("low_risk_from", sa.Float(), nullable=False),
        sa.Column("medium_risk_from", sa.Float(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy")),
        sqlite_autoincrement=True,
    )
    for statement in PROTECT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("policy")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_policy_change()")
