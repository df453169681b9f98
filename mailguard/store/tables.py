"""The schema: SQLAlchemy Core tables that hold on SQLite and PostgreSQL alike.

Columns named `sealed...` are encrypted (see crypto); `..._digest` are keyed digests for lookups. Times are microseconds
since 1970, UTC. The migrations are written out by hand and a test compares them with this module.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)

REVISION = "0005"
"""The migration that makes exactly these tables; a database at this revision opens without alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
    }
)

meta = Table(
    "meta", metadata, Column("name", String(40), primary_key=True), Column("value", LargeBinary, nullable=False)
)

node = Table(
    "node",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("heartbeat", BigInteger, nullable=False),
    Column("version", String(40), nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("node", String(64), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("own", Boolean, nullable=False),  # made by mailguard (DSN, notice): never judged
    Column("key_id", String(16), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_envelope", LargeBinary, nullable=False),
    Column("sealed_subject", LargeBinary),
    Column("sealed_unreadable", LargeBinary),
    Column("sender_digest", LargeBinary, nullable=False),
    Column("judged_at", BigInteger),
    Column("verdict", String(8)),  # deliver | hold | mixed, as judged, whatever the mode
    Column("mode", String(8)),
    Column("school", String(64)),
    Column("roll_revision", String(64)),
    Column("policy_revision", String(64)),
    Column("batch_key", String(64), nullable=False, server_default=""),
    Column("reference", String(12)),  # what people quote; set when something is held
    Column("erased_at", BigInteger),  # when the content went
    sqlite_with_rowid=False,
)
Index(
    "ix_message_unjudged",
    message.c.received_at,
    sqlite_where=text("judged_at is null"),
)
Index("ix_message_received_at", message.c.received_at)
Index(
    "ix_message_reference",
    message.c.reference,
    sqlite_where=text("reference is not null"),
)

Index(
    "ix_message_kept",
    message.c.received_at,
    sqlite_where=text("erased_at is null"),
)

upload = Table(
    "upload",  # a large message whose chunks are arriving: what a crash leaves is swept by it
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("node", String(64), nullable=False),
)

content = Table(
    "content",
    metadata,
    Column("message_id", String(64), nullable=False),
    Column("n", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("message_id", "n", name="pk_content"),
)

recipient = Table(
    "recipient",
    metadata,
    Column("message_id", String(64), ForeignKey("message.id", name="fk_recipient_message_id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("address_digest", LargeBinary, nullable=False),
    Column("state", String(8), nullable=False),
    Column("verdict", String(8)),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", BigInteger),
    Column("next_at", BigInteger),
    Column("lease_node", String(64)),
    Column("lease_until", BigInteger),
    Column("settled_at", BigInteger),
    Column("last_code", Integer),
    Column("sealed_reply", LargeBinary),
    Column("route", String(255)),
    PrimaryKeyConstraint("message_id", "n", name="pk_recipient"),
    sqlite_with_rowid=False,
)
_OPEN = text("state in ('received', 'queued', 'held')")
Index(
    "ix_recipient_due",
    recipient.c.next_at,
    sqlite_where=text("state = 'queued'"),
)
Index("ix_recipient_open", recipient.c.state, recipient.c.message_id, sqlite_where=_OPEN)
Index("ix_recipient_address", recipient.c.address_digest)

finding = Table(
    "finding",
    metadata,
    Column("message_id", String(64), ForeignKey("message.id", name="fk_finding_message_id"), nullable=False),
    Column("recipient", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("rule", String(40), nullable=False),
    Column("strength", String(8)),
    Column("pupil_digest", LargeBinary),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("message_id", "recipient", "n", name="pk_finding"),
    sqlite_with_rowid=False,
)

sighting = Table(
    "sighting",  # what each judged message showed: look-back after a new roll needs it when the content is long gone
    metadata,
    Column("message_id", String(64), ForeignKey("message.id", name="fk_sighting_message_id"), nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("message_id", name="pk_sighting"),
)
Index("ix_sighting_seen_at", sighting.c.seen_at)

audit = Table(
    "audit",
    metadata,
    Column("node", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("action", String(40), nullable=False),
    Column("message_id", String(64)),
    Column("school", String(64)),
    Column("sealed", LargeBinary, nullable=False),  # actor, reason, what was touched
    Column("heads", String, nullable=False),  # heads of the other nodes' chains at this moment
    Column("link", LargeBinary, nullable=False),  # MAC over this row and the link before it
    PrimaryKeyConstraint("node", "seq", name="pk_audit"),
    sqlite_with_rowid=False,
)
Index("ix_audit_message_id", audit.c.message_id)
Index("ix_audit_at", audit.c.at)

audit_head = Table(
    "audit_head",
    metadata,
    Column("node", String(64), primary_key=True),
    Column("first", BigInteger, nullable=False),  # seq of the oldest row kept and the link before it
    Column("before", LargeBinary, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),  # MAC over this row: rows cut off the end show
)

decision = Table(
    "decision",  # counters of the metrics; they outlive what they counted
    metadata,
    Column("school", String(64), nullable=False),
    Column("action", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("total", BigInteger, nullable=False),
    PrimaryKeyConstraint("school", "action", "reason", name="pk_decision"),
)

decision_day = Table(
    "decision_day",  # the same by day (of Unix time, UTC), for pages about a time
    metadata,
    Column("day", BigInteger, nullable=False),
    Column("school", String(64), nullable=False),
    Column("action", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("total", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "school", "action", "reason", name="pk_decision_day"),
)

once = Table(
    "once",  # notices that must go out once, over all nodes
    metadata,
    Column("key", String(128), primary_key=True),
    Column("message_id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)

Index("ix_once_message_id", once.c.message_id)

roll_revision = Table(
    "roll_revision",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False),
    Column("layout", Integer, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("counts", String, nullable=False),  # JSON: pupils by school
    Column("key_id", String(16), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_report", LargeBinary, nullable=False),
    Column("sealed_roll", LargeBinary),  # null once the revision is out of use and its data was erased
    Column("kind", String(12), nullable=False, server_default="import"),  # import | rollback | overrides
    Column("base", String(64), nullable=False, server_default=""),  # digest of the roll without overrides
    Column("seen", String, nullable=False, server_default="{}"),  # JSON: when each school's source was last read
    Column("token", String(32), nullable=False, server_default=""),  # of its slices
)

roll_slice = Table(
    "roll_slice",  # the rows of a revision; slices of no revision are what an import that died left behind
    metadata,
    Column("token", String(32), nullable=False),
    Column("n", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("token", "n", name="pk_roll_slice"),
)

roll_override = Table(
    "roll_override",  # what the school knows better than its system; kept when it has ended
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("added_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
)

roll_correction = Table(
    "roll_correction",  # what the school's system has wrong; kept when it was mended
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("added_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
)

lease = Table(
    "lease",  # work that one process at a time may do, over all nodes
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)

policy_revision = Table(
    "policy_revision",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("first_used_at", BigInteger, nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
)

user = Table(
    "user",
    metadata,
    Column("name_digest", LargeBinary, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # name, e-mail, school, roles
    Column("sealed_password_hash", LargeBinary),
    Column("sealed_factor", LargeBinary),  # the second step of signing in: its secret, recovery codes as hashes
    Column("identity_digest", LargeBinary),  # who the school's own sign-in says this is: issuer and subject
)
Index("ix_user_identity_digest", user.c.identity_digest, unique=True)

session = Table(
    "session",  # who is signed in to the console: what the browser holds is found by its digest only
    metadata,
    Column("id_digest", LargeBinary, primary_key=True),
    Column("name_digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
Index("ix_session_name_digest", session.c.name_digest)
Index("ix_session_created_at", session.c.created_at)

token = Table(
    "token",  # what programs use the console's API with: found by its digest only
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("name_digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("ix_token_name_digest", token.c.name_digest)

approval = Table(
    "approval",  # a decision that one person asked for and a second has to make
    metadata,
    Column("message_id", String(64), ForeignKey("message.id", name="fk_approval_message_id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("outcome", String(12)),  # approved | declined | overtaken
    Column("sealed", LargeBinary, nullable=False),  # who asked, why, for whom
    PrimaryKeyConstraint("message_id", "n", name="pk_approval"),
)
_WAITING = text("settled_at is null")
Index("ix_approval_open", approval.c.message_id, sqlite_where=_WAITING)
