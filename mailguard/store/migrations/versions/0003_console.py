"""Sessions of the console and decisions that wait for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "session",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id_digest", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_name_digest"), "session", ["name_digest"])
    op.create_index(op.f("ix_session_created_at"), "session", ["created_at"])
    op.create_table(
        "approval",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_approval_message_id")),
        sa.PrimaryKeyConstraint("message_id", "n", name=op.f("pk_approval")),
    )
    waiting = sa.text("settled_at is null")
    op.create_index(
        op.f("ix_approval_open"), "approval", ["message_id"], sqlite_where=waiting, postgresql_where=waiting
    )
