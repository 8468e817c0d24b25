"""the portfolio of deployments and decisions, and applications that do not fit a challenger"""

import sqlalchemy as sa
from alembic import op

from creditapp.database import append_only

revision = "c3e9a6d40b17"
down_revision = "b7d1f3a92c58"
branch_labels = None
depends_on = None

ONLY_PORTFOLIO_SO_FAR = "german-credit"
"""What all older rows were made with."""


def upgrade() -> None:
    for table in ("deployment", "decision"):
        column = sa.Column(
            "portfolio", sa.String(63), nullable=False, server_default=ONLY_PORTFOLIO_SO_FAR
        )
        op.add_column(table, column)
    _let_probability_be_null(nullable=True)


def downgrade() -> None:
    _let_probability_be_null(nullable=False)
    for table in ("decision", "deployment"):
        op.drop_column(table, "portfolio")


def _let_probability_be_null(*, nullable: bool) -> None:
    """Change the column; the table loses its triggers on SQLite, where it is made anew."""
    append_only.release("challenger_score")
    if not nullable:
        op.execute("DELETE FROM challenger_score WHERE probability_good_credit IS NULL")
    with op.batch_alter_table("challenger_score") as table:
        table.alter_column("probability_good_credit", existing_type=sa.Float(), nullable=nullable)
    append_only.protect("challenger_score", ["decision_id", "challenger_id"])
