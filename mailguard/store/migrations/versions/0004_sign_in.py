"""Second steps of signing in, sign-in through the school's own accounts, and tokens of programs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns and the table."""
    op.add_column("user", sa.Column("sealed_factor", sa.LargeBinary(), nullable=True))
    op.add_column("user", sa.Column("identity_digest", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_user_identity_digest"), "user", ["identity_digest"], unique=True)
    op.create_table(
        "token",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_token")),
    )
    op.create_index(op.f("ix_token_name_digest"), "token", ["name_digest"])
