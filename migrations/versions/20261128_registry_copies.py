"""what the registry said last"""

import sqlalchemy as sa
from alembic import op

revision = "c40f7e15b8a2"
down_revision = "9d3a6e80c4f1"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    op.create_table(
        "registry_copy",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True)),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("failed_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_registry_copy")),
    )


def downgrade() -> None:
    op.drop_table("registry_copy")
