"""indexes by which the oldest row of a kind is found"""

from alembic import op

revision = "f1a6d3b8924e"
down_revision = "f7c3a91e4d08"
branch_labels = None
depends_on = None

COLUMNS = (("sign_in", "expires_at"), ("api_key", "expires_at"), ("api_key", "revoked_at"))


def upgrade() -> None:
    for table, column in COLUMNS:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in COLUMNS:
        op.drop_index(f"ix_{table}_{column}", table)
