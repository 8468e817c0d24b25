"""people of an identity provider"""

import sqlalchemy as sa
from alembic import op

revision = "e27a0d51c39f"
down_revision = "d16f9c40b28e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("issuer", sa.String(255)))
    op.add_column("person", sa.Column("subject", sa.String(255)))
    op.create_index("ix_person_issuer_subject", "person", ["issuer", "subject"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_person_issuer_subject", "person")
    op.drop_column("person", "subject")
    op.drop_column("person", "issuer")
