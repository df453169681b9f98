"""Decisions counted by day, so that pages can say why people decided as they did within a time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "decision_day",
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("school", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "school", "action", "reason", name="pk_decision_day"),
    )
