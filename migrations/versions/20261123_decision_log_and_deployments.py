"""decision log and deployments"""

import sqlalchemy as sa
from alembic import op

revision = "c8f54507865e"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_probe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_probe")),
    )
    op.create_table(
        "served_bundle",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_served_bundle")),
    )
    op.create_table(
        "deployment",
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(length=200), nullable=False),
        sa.Column("model_version", sa.String(length=50), nullable=False),
        sa.Column("bundle_digest", sa.String(length=64), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_digest"],
            ["served_bundle.digest"],
            name=op.f("fk_deployment_bundle_digest_served_bundle"),
        ),
        sa.PrimaryKeyConstraint("generation", name=op.f("pk_deployment")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("probability_good_credit", sa.Double(), nullable=False),
        sa.Column("prediction", sa.Integer(), nullable=False),
        sa.Column("risk_level", sa.String(length=10), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("outside_training", sa.JSON(), nullable=False),
        sa.Column("policy_version", sa.String(length=50), nullable=False),
        sa.Column("model_version", sa.String(length=50), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation"],
            ["deployment.generation"],
            name=op.f("fk_decision_generation_deployment"),
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_reference", "decision", ["reference"])

    op.create_table(
        "decision_answers",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.decision_id"],
            name=op.f("fk_decision_answers_decision_id_decision"),
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision_answers")),
    )


def downgrade() -> None:
    op.drop_table("decision_answers")
    op.drop_index("ix_decision_reference", "decision")

    op.drop_table("decision")
    op.drop_table("deployment")
    op.drop_table("served_bundle")
    op.drop_table("log_probe")
