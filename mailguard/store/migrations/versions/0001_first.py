"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _messages()
    _recipients()
    _verdicts()
    _trail()
    _revisions()


def _messages() -> None:
    op.create_table(
        "content",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "n", name="pk_content"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_envelope", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_subject", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_unreadable", sa.LargeBinary(), nullable=True),
        sa.Column("sender_digest", sa.LargeBinary(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("mode", sa.String(length=8), nullable=True),
        sa.Column("school", sa.String(length=64), nullable=True),
        sa.Column("roll_revision", sa.String(length=64), nullable=True),
        sa.Column("policy_revision", sa.String(length=64), nullable=True),
        sa.Column("batch_key", sa.String(length=64), server_default="", nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_message_kept",
        "message",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("erased_at is null"),
        postgresql_where=sa.text("erased_at is null"),
    )
    op.create_index("ix_message_received_at", "message", ["received_at"], unique=False)
    op.create_index(
        "ix_message_reference",
        "message",
        ["reference"],
        unique=False,
        sqlite_where=sa.text("reference is not null"),
        postgresql_where=sa.text("reference is not null"),
    )
    op.create_index(
        "ix_message_unjudged",
        "message",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("judged_at is null"),
        postgresql_where=sa.text("judged_at is null"),
    )
    op.create_table(
        "upload",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_upload")),
    )


def _recipients() -> None:
    op.create_table(
        "recipient",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_node", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("sealed_reply", sa.LargeBinary(), nullable=True),
        sa.Column("route", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_recipient_message_id"),
        sa.PrimaryKeyConstraint("message_id", "n", name="pk_recipient"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recipient_address", "recipient", ["address_digest"], unique=False)
    op.create_index(
        "ix_recipient_due",
        "recipient",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_recipient_open",
        "recipient",
        ["state", "message_id"],
        unique=False,
        sqlite_where=sa.text("state in ('received', 'queued', 'held')"),
        postgresql_where=sa.text("state in ('received', 'queued', 'held')"),
    )


def _verdicts() -> None:
    op.create_table(
        "finding",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("strength", sa.String(length=8), nullable=True),
        sa.Column("pupil_digest", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_finding_message_id"),
        sa.PrimaryKeyConstraint("message_id", "recipient", "n", name="pk_finding"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sighting",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_sighting_message_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_sighting"),
    )
    op.create_index("ix_sighting_seen_at", "sighting", ["seen_at"], unique=False)


def _trail() -> None:
    op.create_table(
        "audit",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("school", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("heads", sa.String(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", "seq", name="pk_audit"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_message_id", "audit", ["message_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "decision",
        sa.Column("school", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school", "action", "reason", name="pk_decision"),
    )
    op.create_table(
        "once",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_once")),
    )
    op.create_index("ix_once_message_id", "once", ["message_id"], unique=False)


def _revisions() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "node",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("heartbeat", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_node")),
    )
    op.create_table(
        "policy_revision",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policy_revision")),
    )
    op.create_table(
        "roll_revision",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("layout", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_report", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_roll", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_roll_revision")),
    )
    op.create_table(
        "user",
        sa.Column("name_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_password_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("name_digest", name=op.f("pk_user")),
    )
