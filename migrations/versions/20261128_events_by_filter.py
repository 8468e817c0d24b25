"""events are found by time, actor, action and subject"""

from alembic import op

revision = "9d3a6e80c4f1"
down_revision = "7b1e4c92a5d3"
branch_labels = None
depends_on = None
kind = "expand"

INDEXES = {
    "ix_audit_event_at": ["at"],
    "ix_audit_event_actor_id": ["actor", "id"],
    "ix_audit_event_action_id": ["action", "id"],
    "ix_audit_event_actor_action_id": ["actor", "action", "id"],
    "ix_audit_event_subject_id": ["subject", "id"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_event", columns)
    # why: the new index begins with the same column, and serves the code before too.
    op.drop_index("ix_audit_event_subject", "audit_event")


def downgrade() -> None:
    op.create_index("ix_audit_event_subject", "audit_event", ["subject"])
    for name in INDEXES:
        op.drop_index(name, "audit_event")
