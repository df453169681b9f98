"""What survives a power cut: messages, queue, held mail, revisions, users and the audit trail, encrypted at rest.

Everything that identifies a person is sealed with AES-256-GCM before it reaches the database; the key is a file outside
the data folder. There are two doors to the same core functions:

`Store` (relay process; asyncio; one writer thread that drains what waits into one transaction = group commit)
    Store.open(settings, node="local") -> Store     reads the key, opens and migrates the database. StoreError with a
                                                    clear sentence if the key or the database is missing or wrong.
    await start()                 takes the process lock (SQLite), voids this node's leases, sweeps torn uploads.
                                  StoreError if another relay holds the lock.
    await close()                 writes what waits, ends the thread. Safe to call twice.
    check_room(size=0)            before MAIL/DATA: StoreFull if disk reserve or backlog limit is reached (answer 452).
    memory                        ByteBudget for message bytes kept in memory: try_reserve(n) -> bool, release(n).
    await accept(message)         durable when it returns. StoreFull (452) or StoreError (451): it was not promised.
                                  Safe to shield: a cancelled caller does not undo a commit.
    await record_verdict(message_id, verdict, sightings, mode="enforce", batch_key="", subject="", handover=False)
                                  verdict, findings, sightings, states and audit in one transaction: a recipient becomes
                                  queued or held; mode "observe" queues all and keeps the would-be verdict. A recipient
                                  the verdict does not name, or an empty verdict, is held. Returns the queued recipients
                                  as `Due`, leased to this node, if handover=True (caller delivers them, settles them or
                                  gives them back); else None. A message that was already judged raises AlreadyJudged.
    await enqueue(message, once="", handover=False)
                                  DSNs and notices: stored straight as queued, never judged. With `once` (a key) a
                                  second message of the same key on any node is not stored. Due, or None if not stored
                                  or handover=False.
    await claim_due(now, limit)   -> list[Due]: queued recipients whose time has come, leased to this node, grouped by
                                  message, oldest first; at most `limit` recipients. Never the same one twice.
    await settle(outcomes, dsns=())   outcomes of delivery (state sent, failed or queued with next_at) and the DSNs they
                                  cause, in one transaction. Ends the lease. Content of a message with all sent is
                                  erased. An outcome for a recipient that is no longer queued is ignored.
    settle_soon(outcomes)         the same, not awaited; a failed write is tried again with the next settle.
    await give_back(recipient_ids)    ends leases without an attempt.
    await unjudged(limit)         -> message ids accepted by this node (or a dead one) but not judged, oldest first.
    await load(message_id)        -> Message with content. Gone if there is no such message or its content was erased.
    await counts()                -> Counts for the metrics.
    await changed()               returns when another process (CLI, console, node) may have changed something.
    digest(field, value)          a keyed digest, to be stored and compared in the clear.
    free_bytes()                  free bytes of the file system of the data folder.
    await write(function, *args)  runs function(tx, *args) in a write transaction of the writer thread.
    await read(function, *args)   runs function(tx, *args) in a read transaction of a reader thread.

`Database` (CLI and console processes; synchronous; takes no process lock, needs no running relay)
    with Database.open(settings) as database, database.write() as tx: holds.show(tx, message_id)

Core functions take a `Transaction` first: store.queue, store.holds, store.told, store.audit, store.revisions,
store.users. `retention.Keeper(store, keep).run()` erases what is past its time. On PostgreSQL several nodes share one
database: each has a name of its own, claims with SKIP LOCKED, and takes over what a node leaves that has been silent
for a minute; on SQLite there is one relay process, and every lease is void when it starts.

A recipient id is "MESSAGE-ID.n", n = position in `Message.envelope.recipients` (see `recipient_id`). All times are
aware datetimes in UTC. Errors: StoreError (answer 451) and its kinds StoreFull (452), Gone, AlreadyJudged, Conflict;
their text holds no address, name or content. After an error nothing is half done.
"""

from typing import TYPE_CHECKING, Any

from mailguard.store.budget import ByteBudget
from mailguard.store.crypto import Vault, write_key_file
from mailguard.store.database import Database, Transaction
from mailguard.store.errors import AlreadyJudged, Conflict, Gone, StoreError, StoreFull
from mailguard.store.rows import Counts, Due, DueRecipient, Settled, recipient_id
from mailguard.store.settings import StoreSettings

if TYPE_CHECKING:
    from mailguard.store.facade import Store

__all__ = [
    "AlreadyJudged",
    "ByteBudget",
    "Conflict",
    "Counts",
    "Database",
    "Due",
    "DueRecipient",
    "Gone",
    "Settled",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreSettings",
    "Transaction",
    "Vault",
    "recipient_id",
    "write_key_file",
]


def __getattr__(name: str) -> Any:
    """`Store`: the relay's, with all it imports; a small command starts without."""
    if name == "Store":
        from mailguard.store.facade import Store

        globals()["Store"] = Store
        return Store
    raise AttributeError(name)
