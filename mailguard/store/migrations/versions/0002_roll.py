"""Revisions of the roll in slices, overrides, corrections, leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what an import, an override and a correction need."""
    for name, length, default in (("kind", 12, "import"), ("base", 64, ""), ("token", 32, "")):
        op.add_column(
            "roll_revision", sa.Column(name, sa.String(length=length), server_default=default, nullable=False)
        )
    op.add_column("roll_revision", sa.Column("seen", sa.String(), server_default="{}", nullable=False))
    op.create_table(
        "roll_slice",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("token", "n", name="pk_roll_slice"),
    )
    for name, end in (("roll_override", "ended_at"), ("roll_correction", "closed_at")):
        op.create_table(
            name,
            sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
            sa.Column("added_at", sa.BigInteger(), nullable=False),
            sa.Column(end, sa.BigInteger(), nullable=True),
            sa.Column("sealed", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{name}")),
        )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
