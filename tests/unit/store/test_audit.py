"""The audit trail shows every tampering and names the first bad entry."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from mailguard.store import Database, StoreError, audit
from mailguard.store.audit import Entry
from mailguard.store.tables import audit as table
from mailguard.store.tables import audit_head


@pytest.fixture
def trail(kit):
    """Two chains that name each other's heads: five entries of "relay", three of "office"."""
    relay, office = Database.open(kit.settings, "relay"), Database.open(kit.settings, "office")
    for n in range(1, 6):
        with relay.write() as tx:
            audit.append(tx, [Entry("held", "mailguard", f"m{n}", "OAK", detail={"recipients": [n]})])
        if n < 4:
            with office.write() as tx:
                audit.append(tx, [Entry("released", "Zebedee", f"m{n}", "OAK", "he is the father")])
    return relay


def tamper(trail, *statements):
    with trail.write() as tx:
        for statement in statements:
            tx.connection.execute(statement)


def faults(trail, known=()):
    with trail.read() as tx:
        return [(fault.node, fault.seq) for fault in audit.verify(tx, known).faults]


def at(node, seq):
    return (table.c.node == node) & (table.c.seq == seq)


def test_an_honest_trail_verifies_and_reads_back(trail):
    with trail.read() as tx:
        checked = audit.verify(tx)
        assert (checked.entries, checked.faults) == (8, ())
        assert [(head.node, head.seq) for head in checked.heads] == [("office", 3), ("relay", 5)]
        recorded = list(audit.entries(tx))
        assert len(recorded) == 8
        assert recorded[1].entry == Entry("released", "Zebedee", "m1", "OAK", "he is the father")
        assert [one.entry.action for one in audit.entries(tx, "m2")] == ["held", "released"]
    assert faults(trail, known=checked.heads) == []


@pytest.mark.parametrize("column", ["at", "action", "message_id", "school", "sealed", "heads", "link"])
def test_an_edited_entry_is_named(trail, column):
    value = 1 if column == "at" else b"x" * 32 if column in ("sealed", "link") else "else 1 ab"
    tamper(trail, update(table).where(at("relay", 3)).values({column: value}))
    assert ("relay", 3) in faults(trail)


def test_a_deleted_entry_is_named(trail):
    tamper(trail, delete(table).where(at("relay", 2)))
    assert faults(trail) == [("relay", 2)]


def test_swapped_entries_are_named(trail):
    tamper(
        trail,
        update(table).where(at("relay", 2)).values(seq=99),
        update(table).where(at("relay", 3)).values(seq=2),
        update(table).where(at("relay", 99)).values(seq=3),
    )
    assert faults(trail) == [("relay", 2)]


def test_an_entry_moved_to_another_chain_is_named(trail):
    tamper(trail, update(table).where(at("relay", 5)).values(node="office", seq=4))
    assert faults(trail) == [("office", 4), ("relay", 5)]


def test_a_trail_that_was_cut_short_is_named(trail):
    tamper(trail, delete(table).where(at("relay", 5)))
    assert faults(trail) == [("relay", 5)]


def test_a_head_set_back_together_with_its_entries_is_named_by_the_other_chain(kit, trail):
    with trail.read() as tx:
        before = tx.connection.execute(audit_head.select().where(audit_head.c.node == "relay")).mappings().one()
    with trail.write() as tx:
        audit.append(tx, [Entry("held", "mailguard", "m6")])
    with Database.open(kit.settings, "office").write() as tx:
        audit.append(tx, [Entry("released", "Zebedee", "m6")])
    tamper(
        trail,
        delete(table).where(at("relay", 6)),
        update(audit_head).where(audit_head.c.node == "relay").values(dict(before)),
    )
    assert faults(trail) == [("relay", 6)]


def test_everything_set_back_shows_against_a_head_written_down(trail):
    with trail.write() as tx:
        audit.append(tx, [Entry("held", "mailguard", "m6")])
        known = audit.heads(tx)
    with trail.read() as tx:
        kept = [dict(row) for row in tx.connection.execute(audit_head.select()).mappings()]
    assert faults(trail, known) == []
    tamper(trail, delete(table), delete(audit_head))
    assert {node for node, _ in faults(trail, known)} == {"relay", "office"}
    tamper(trail, audit_head.insert().values(kept))
    assert {node for node, _ in faults(trail)} == {"relay", "office"}


def test_a_chain_without_a_head_is_named(trail):
    tamper(trail, delete(audit_head).where(audit_head.c.node == "office"))
    assert ("office", 1) in faults(trail)


def test_a_forged_head_stops_the_next_entry(trail):
    tamper(trail, update(audit_head).where(audit_head.c.node == "relay").values(seq=4))
    assert ("relay", 4) in faults(trail)
    with pytest.raises(StoreError, match="audit verify"), trail.write() as tx:
        audit.append(tx, [Entry("held", "mailguard")])


def test_a_purged_trail_still_verifies(trail):
    with trail.write() as tx:
        assert audit.purge(tx, tx.now + timedelta(days=1), limit=2) == 4
        assert audit.purge(tx, tx.now - timedelta(days=1)) == 0
    assert faults(trail) == []
    with trail.write() as tx:
        audit.append(tx, [Entry("held", "mailguard", "m6")])
    assert faults(trail) == []
    tamper(trail, delete(table).where(at("relay", 3)))
    assert faults(trail) == [("relay", 3)]


def test_a_failed_transaction_leaves_no_entry(trail):
    def interrupted():
        with trail.write() as tx:
            audit.append(tx, [Entry("held", "mailguard", "m6")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with trail.read() as tx:
        assert audit.verify(tx).entries == 8
