"""events by their subject"""

from alembic import op

revision = "f7c3a91e4d08"
down_revision = "c8e1f5b06d23"
branch_labels = None
depends_on = None

NAME = "ix_audit_event_subject"


def upgrade() -> None:
    op.create_index(NAME, "audit_event", ["subject"])


def downgrade() -> None:
    op.drop_index(NAME, "audit_event")
