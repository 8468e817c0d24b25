"""of an uploaded file: the language of its owner, and how many rows were approved, referred and declined"""

import sqlalchemy as sa
from alembic import op

revision = "2f8d61c7b90e"
down_revision = "e9b3f1d7246a"
branch_labels = None
depends_on = None
kind = "expand"


def upgrade() -> None:
    column = sa.Column("language", sa.String(10), nullable=False, server_default="en")
    op.add_column("file_upload", column)
    op.add_column("file_upload", sa.Column("outcomes", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("file_upload", "outcomes")
    op.drop_column("file_upload", "language")
