"""The audit trail: a chain of MACs for each node, each entry also naming the heads of the other nodes' chains.

An entry is appended in the transaction of what it records, so neither is there without the other. The MAC's key is
derived from the key file, so somebody with the database alone cannot edit, delete, reorder or cut entries unseen:
`verify` names the first bad one. A whole database put back to an earlier state shows only against a head that was
written down elsewhere: pass it to `verify` as `known`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy import RowMapping, Select, delete, insert, select, update

from mailguard.store.database import Transaction
from mailguard.store.errors import StoreError
from mailguard.store.hot import Hot
from mailguard.store.rows import from_stored, to_stored
from mailguard.store.tables import audit, audit_head

_ORIGIN = b"\0" * 32
_SHOWN_LINK = 16

_insert = Hot(insert(audit), [column.name for column in audit.columns])


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: who (`actor`, a user's name or "mailguard") did what to which message, and why. `detail` is free, of
    JSON's types; all but action, message id and school is sealed."""

    action: str
    actor: str
    message_id: str | None = None
    school: str | None = None
    reason: str = field(default="", repr=False)
    detail: dict[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it was recorded."""

    node: str
    seq: int
    at: datetime
    entry: Entry


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one node's chain: how many entries and the last one's link, short enough to print in a notice."""

    node: str
    seq: int
    link: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry of a chain that is not as it was written, and what is wrong."""

    node: str
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What `verify` found: entries checked, the heads, and the first fault of each broken chain."""

    entries: int
    heads: tuple[Head, ...]
    faults: tuple[Fault, ...]


class _Secret(msgspec.Struct, array_like=True):
    actor: str
    reason: str
    detail: dict[str, object]


_secret_decoder = msgspec.msgpack.Decoder(_Secret)


def append(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Add entries to this node's chain, in order."""
    if not entries:
        return
    mine, others = None, []
    # Only the own head is locked, so that nodes do not wait for each other.
    own = select(audit_head.c.seq).where(audit_head.c.node == tx.node).with_for_update()
    tx.connection.execute(own).all()
    for head in tx.connection.execute(select(audit_head).order_by(audit_head.c.node)).mappings():
        if head["node"] == tx.node:
            _check_head(tx, head)
            mine = head
        else:
            others.append(f"{head['node']} {head['seq']} {head['link'].hex()[:_SHOWN_LINK]}")
    first, before, seq, link = (
        (mine["first"], mine["before"], mine["seq"], mine["link"]) if mine else (1, _ORIGIN, 0, _ORIGIN)
    )
    rows = []
    for entry in entries:
        seq += 1
        secret = msgspec.msgpack.encode(_Secret(entry.actor, entry.reason, entry.detail))
        row = {
            "node": tx.node,
            "seq": seq,
            "at": tx.stamp,
            "action": entry.action,
            "message_id": entry.message_id,
            "school": entry.school,
            "sealed": tx.vault.store.seal(_place(tx.node, seq), secret),
            "heads": ";".join(others),
        }
        link = row["link"] = _link(tx, row, link)
        rows.append(row)
    _insert.many(tx.connection, rows)
    _set_head(tx, tx.node, first, before, seq, link, new=mine is None)


def heads(tx: Transaction) -> tuple[Head, ...]:
    """The end of every chain, to be written down outside the database."""
    rows = tx.connection.execute(select(audit_head).order_by(audit_head.c.node)).mappings()
    return tuple(Head(row["node"], row["seq"], row["link"].hex()[:_SHOWN_LINK]) for row in rows)


def verify(tx: Transaction, known: Sequence[Head] = ()) -> Checked:
    """Check every chain from its first entry to its head, and all heads that entries and `known` name."""
    links: dict[tuple[str, int], str] = {}
    claims: list[tuple[str, int, Head]] = [("", 0, head) for head in known]
    faults: dict[str, Fault] = {}
    firsts: dict[str, int] = {}
    for head in tx.connection.execute(select(audit_head).order_by(audit_head.c.node)).mappings():
        firsts[head["node"]] = head["first"]
        fault = _verify_chain(tx, head, links, claims)
        if fault:
            faults[head["node"]] = fault
    for name in tx.connection.execute(select(audit.c.node).distinct()).scalars():
        if name not in firsts:
            faults[name] = Fault(name, 1, "the head of this chain is missing")
    for _, _, claim in claims:
        kept = claim.seq >= firsts.get(claim.node, 0)
        if kept and links.get((claim.node, claim.seq)) != claim.link and claim.node not in faults:
            faults[claim.node] = Fault(claim.node, claim.seq, "this entry was known elsewhere and is gone or changed")
    return Checked(len(links), heads(tx), tuple(faults.values()))


def verify_heads(tx: Transaction) -> tuple[str, ...]:
    """Nodes whose chain has a head that was changed from outside: the quick part of `verify`."""
    rows = tx.connection.execute(select(audit_head).order_by(audit_head.c.node)).mappings().all()
    return tuple(row["node"] for row in rows if row["seal"] != _seal_of(tx, row))


def entries(tx: Transaction, message_id: str | None = None) -> Iterator[Recorded]:
    """Entries in order of time, opened; of one message if it is named. For export and history."""
    query: Select[tuple[object, ...]] = select(audit).order_by(audit.c.at, audit.c.node, audit.c.seq)
    if message_id is not None:
        query = query.where(audit.c.message_id == message_id)
    for row in tx.connection.execute(query.execution_options(yield_per=500)).mappings():
        yield opened(tx, row)


def opened(tx: Transaction, row: RowMapping) -> Recorded:
    """A row of the trail, opened."""
    secret = _secret_decoder.decode(tx.vault.store.open(_place(row["node"], row["seq"]), row["sealed"]))
    entry = Entry(row["action"], secret.actor, row["message_id"], row["school"], secret.reason, secret.detail)
    return Recorded(row["node"], row["seq"], from_stored(row["at"]), entry)


def purge(tx: Transaction, before: datetime, limit: int = 1000) -> int:
    """Drop up to `limit` of the oldest entries of each chain that are older than `before`; the chains then start later.
    Returns how many."""
    dropped = 0
    for head in tx.connection.execute(select(audit_head).with_for_update()).mappings().all():
        _check_head(tx, head)
        mine = audit.c.node == head["node"]
        old = tx.connection.execute(
            select(audit.c.seq, audit.c.link)
            .where(mine, audit.c.at < to_stored(before), audit.c.seq < head["first"] + limit)
            .order_by(audit.c.seq.desc())
            .limit(1)
        ).one_or_none()
        if old is not None:
            tx.connection.execute(delete(audit).where(mine, audit.c.seq <= old.seq))
            _set_head(tx, head["node"], old.seq + 1, old.link, head["seq"], head["link"])
            dropped += old.seq + 1 - head["first"]
    return dropped


def _verify_chain(
    tx: Transaction, head: RowMapping, links: dict[tuple[str, int], str], claims: list[tuple[str, int, Head]]
) -> Fault | None:
    name, expected, link = head["node"], head["first"], head["before"]
    if head["seal"] != _seal_of(tx, head):
        return Fault(name, head["seq"], "the head of this chain was changed")
    query = select(audit).where(audit.c.node == name).order_by(audit.c.seq)
    rows = tx.connection.execute(query.execution_options(yield_per=500))
    for row in rows.mappings():
        if row["seq"] != expected:
            return Fault(name, expected, "this entry is missing")
        link = _link(tx, row, link)
        if link != row["link"]:
            return Fault(name, expected, "this entry was changed or moved")
        links[name, expected] = link.hex()[:_SHOWN_LINK]
        for other in filter(None, row["heads"].split(";")):
            node, seq, shown = other.rsplit(" ", 2)
            claims.append((name, expected, Head(node, int(seq), shown)))
        expected += 1
    if expected != head["seq"] + 1:
        return Fault(name, expected, "this entry is missing: the end of the chain was cut off")
    return None if link == head["link"] else Fault(name, head["seq"], "this entry was replaced")


def _link(tx: Transaction, row: RowMapping | dict[str, object], before: bytes) -> bytes:
    values = [row[name] for name in ("node", "seq", "at", "action", "message_id", "school", "sealed", "heads")]
    return tx.vault.chain(b"entry" + before + msgspec.msgpack.encode(values))


def _head_seal(tx: Transaction, name: str, first: int, before: bytes, seq: int, link: bytes) -> bytes:
    return tx.vault.chain(b"head" + msgspec.msgpack.encode([name, first, before, seq, link]))


def _seal_of(tx: Transaction, head: RowMapping) -> bytes:
    return _head_seal(tx, head["node"], head["first"], head["before"], head["seq"], head["link"])


def _check_head(tx: Transaction, head: RowMapping) -> None:
    if head["seal"] != _seal_of(tx, head):
        raise StoreError("the audit trail was changed from outside: run `mailguard audit verify`")


def _set_head(tx: Transaction, name: str, first: int, before: bytes, seq: int, link: bytes, new: bool = False) -> None:
    values = {
        "first": first,
        "before": before,
        "seq": seq,
        "link": link,
        "seal": _head_seal(tx, name, first, before, seq, link),
    }
    if new:
        tx.connection.execute(insert(audit_head).values(node=name, **values))
    else:
        tx.connection.execute(update(audit_head).where(audit_head.c.node == name).values(**values))


def _place(node: str, seq: int) -> str:
    return f"audit|{node}|{seq}"
