"""A roll's life in the store: imports, rollback, overrides and corrections, one at a time, each audited."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from mailguard.enrol import imports as imports_module
from mailguard.enrol.actors import Actor, Incomplete, NotAllowed
from mailguard.enrol.correcting import Noted, close_correction, export_corrections, list_corrections, note_correction
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard, ImportRefused
from mailguard.enrol.imports import Busy, bring_in, consider, lay_overrides, overrides_differ, roll_back
from mailguard.enrol.overriding import Wanted, add_override, end_override, list_overrides
from mailguard.enrol.weaknesses import WeaknessKind, problems_of
from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll
from mailguard.roll.corrections import Wrong
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.overrides import OverrideKind
from mailguard.roll.problems import Loaded
from mailguard.roll.revision import with_revision
from mailguard.store import Conflict, Database, Gone, StoreSettings, audit, leases, tables, users, write_key_file
from mailguard.store.revisions import current_data, current_roll, import_report, roll_history
from mailguard.store.users import Role, User

ADA = Pupil("OAK", "1", "Ada", "Kerr", date(2015, 3, 9), upn="B801200005001")
BEN = Pupil("ELM", "2", "Ben", "Fox", date(2012, 1, 2))
UNA = Contact("C1", "Una", "Kerr", emails=("una@home.example",))
GUS = Contact("C2", "Gus", "Kerr", emails=("gus@home.example",))
ONE = with_revision(
    Roll(
        (ADA, BEN),
        (UNA, GUS),
        tuple(Relationship(ADA.key, c.contact_id, may_receive=MayReceive.YES) for c in (UNA, GUS)),
    )
)
TWO = with_revision(replace(ONE, pupils=(replace(ADA, surname="Day"), BEN)))
THREE = with_revision(replace(ONE, pupils=(replace(ADA, pupil_id="77"), BEN), relationships=()))
ALICE, ELLA = Actor("alice"), Actor("ella")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    write_key_file(tmp_path / "key")
    with Database.open(StoreSettings(f"sqlite:///{tmp_path}/mailguard.db", tmp_path / "key")) as opened:
        with opened.write() as tx:
            users.add(tx, User("alice"), "root")
            users.add(tx, User("ella", school="ELM"), "root")
            users.add(tx, User("terry", (Role.AUDITOR,)), "root")
        yield opened


@pytest.fixture
def door(database: Database) -> DatabaseDoor:
    found = DatabaseDoor(database)
    bring_in(found, Loaded(ONE), "clerk")
    return found


def rights(door: DatabaseDoor, address: str) -> tuple[set[PupilKey], set[PupilKey]]:
    roll = door.read(current_roll)
    assert roll is not None
    found = Entitlements(roll).of(address)
    return set(found.pupils), set(found.barred)


def bar(**fields: object) -> Wanted:
    told = {"kind": OverrideKind.BAR, "address": "gus@home.example", "why": "order of 1 May", "pupil": "OAK/1"} | fields
    return Wanted(**told)  # type: ignore[arg-type]


def acts(door: DatabaseDoor) -> list[str]:
    return [one.entry.action for one in door.read(lambda tx: list(audit.entries(tx)))]


def test_an_override_is_in_force_at_once_and_after_every_import_and_rollback(door: DatabaseDoor) -> None:
    added = add_override(door, ALICE, bar())
    assert added.imported is not None
    assert added.imported.changes.barred == 1
    assert rights(door, "gus@home.example") == (set(), {ADA.key})
    bring_in(door, Loaded(TWO), "mailguard", Guard())
    assert rights(door, "gus@home.example") == (set(), {ADA.key})
    bring_in(door, Loaded(THREE), "mailguard", Guard())  # other ids, and the pairs are lost
    assert rights(door, "gus@home.example") == (set(), {PupilKey("OAK", "77")})
    roll_back(door, "alice", "ids are wrong")
    assert rights(door, "gus@home.example") == (set(), {ADA.key})
    end_override(door, ALICE, added.override.number, "the order was lifted")
    assert rights(door, "gus@home.example") == ({ADA.key}, set())
    data = door.read(current_data)
    assert data is not None
    assert data.base == TWO
    kinds = [one.kind for one in door.read(roll_history)]
    assert kinds == ["overrides", "rollback", "import", "import", "overrides", "import"]


def test_an_override_ends_after_its_last_day(door: DatabaseDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.now(UTC).date()
    add_override(door, ALICE, bar(kind=OverrideKind.ADDRESS, address="nan@home.example", until=today))
    assert rights(door, "nan@home.example") == ({ADA.key}, set())
    assert lay_overrides(door, "mailguard", "") is None
    later = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(Database, "transaction", _at(later, Database.transaction))
    assert door.read(overrides_differ)
    assert lay_overrides(door, "mailguard", "an override expired") is not None
    assert rights(door, "nan@home.example") == (set(), set())
    assert [one["state"] for one in door.read(list_overrides)] == ["expired"]
    assert not door.read(overrides_differ)


def _at(moment, transaction):
    return lambda self, connection: replace(transaction(self, connection), now=moment)


def test_an_override_whose_pupil_is_gone_is_a_problem_until_the_pupil_is_back(door: DatabaseDoor) -> None:
    add_override(door, ALICE, bar())
    without = with_revision(replace(ONE, pupils=(BEN,), relationships=()))
    assert bring_in(door, Loaded(without), "clerk").unmatched == (1,)
    [first, *_] = door.read(problems_of, without)
    assert (first.kind, first.pupils) == (WeaknessKind.OVERRIDE_WITHOUT_PUPIL, (ADA.key,))
    assert door.read(list_overrides)[0]["state"] == "unmatched"
    bring_in(door, Loaded(ONE), "clerk")
    assert rights(door, "gus@home.example") == (set(), {ADA.key})


def test_who_may_override(door: DatabaseDoor) -> None:
    for actor in (Actor("nobody"), Actor("terry"), ELLA):
        with pytest.raises(NotAllowed):
            add_override(door, actor, bar())
    add_override(door, ELLA, bar(pupil="ELM/2"))
    with pytest.raises(NotAllowed):
        add_override(door, ELLA, bar(kind=OverrideKind.CONFIDENTIAL, pupil=""))
    number = add_override(door, ALICE, bar()).override.number
    with pytest.raises(NotAllowed):
        end_override(door, ELLA, number, "x")
    assert rights(door, "gus@home.example")[1] == {ADA.key, BEN.key}


BAD = {
    "no address": (bar(address="gus"), Incomplete),
    "no reason": (bar(why=" "), Incomplete),
    "no pupil": (bar(pupil=""), Incomplete),
    "unknown pupil": (bar(pupil="OAK/9"), Gone),
    "pupil of a confidential address": (bar(kind=OverrideKind.CONFIDENTIAL), Incomplete),
    "day that is over": (bar(until=date(2020, 1, 1)), Incomplete),
}


@pytest.mark.parametrize(("wanted", "error"), BAD.values(), ids=BAD)
def test_an_override_that_cannot_be_is_refused(door: DatabaseDoor, wanted: Wanted, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        add_override(door, ALICE, wanted)
    assert "gus" not in str(refused.value)
    assert len(door.read(roll_history)) == 1
    assert door.read(list_overrides) == []


def test_overrides_are_audited_and_sealed(door: DatabaseDoor, tmp_path: Path) -> None:
    number = add_override(door, ALICE, bar()).override.number
    end_override(door, ALICE, number, "lifted")
    with pytest.raises(Conflict):
        end_override(door, ALICE, number, "again")
    with pytest.raises(Gone):
        end_override(door, ALICE, 99, "again")
    told = [one.entry for one in door.read(lambda tx: list(audit.entries(tx)))]
    assert [(one.action, one.actor, one.reason) for one in told if one.action.startswith("override")] == [
        ("override-added", "alice", "order of 1 May"),
        ("override-ended", "alice", "lifted"),
    ]
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("mailguard.db*"))
    for secret in (b"gus@home", b"order of", b"lifted", b"Kerr", b"B8012"):
        assert secret not in raw


def test_a_further_address_under_an_order_stays_barred_and_that_is_said(door: DatabaseDoor) -> None:
    add_override(door, ALICE, bar())
    assert add_override(door, ALICE, bar(kind=OverrideKind.ADDRESS)).still_barred
    assert rights(door, "gus@home.example") == (set(), {ADA.key})


def test_a_rollback_is_a_new_revision_and_what_it_took_back_is_not_imported_again(door: DatabaseDoor) -> None:
    bring_in(door, Loaded(TWO), "mailguard", Guard())
    back = roll_back(door, "alice", "wrong names")
    assert (back.revision.number, back.revision.kind, door.read(current_roll)) == (3, "rollback", ONE)
    assert door.read(import_report, 3)["rolled_back_to"] == 1
    with pytest.raises(ImportRefused) as refused:
        bring_in(door, Loaded(TWO), "mailguard", Guard())
    assert "rolled back" in str(refused.value)
    add_override(door, ALICE, bar())
    with pytest.raises(ImportRefused):  # an override between does not make it forgotten
        bring_in(door, Loaded(TWO), "mailguard", Guard())
    bring_in(door, Loaded(TWO), "clerk")  # confirmed
    with pytest.raises(Conflict):
        roll_back(door, "alice", "again", door.read(roll_history)[0].number)
    with pytest.raises(Incomplete):
        roll_back(door, "alice", " ")
    with pytest.raises(Gone):
        roll_back(door, "alice", "x", 99)
    assert acts(door)[-1] == "roll-imported"
    assert "roll-rolled-back" in acts(door)


def test_overrides_do_not_use_up_the_way_back(door: DatabaseDoor) -> None:
    """A wrong roll comes in, and what shows it is put right by hand, entry by entry: the old roll is still there."""
    bring_in(door, Loaded(TWO), "mailguard", Guard())
    for number in range(5):
        add_override(door, ALICE, bar(address=f"gus{number}@home.example"))
    assert sum(one.kept for one in door.read(roll_history)) == 4
    assert roll_back(door, "alice", "wrong names").revision.base == ONE.revision


def test_an_address_that_nobody_has_is_barred_and_that_is_said(door: DatabaseDoor) -> None:
    assert not add_override(door, ALICE, bar(address="Gus@home.example")).nobodys
    added = add_override(door, ALICE, bar(address="gsu@home.example"))
    assert added.nobodys
    assert rights(door, "gsu@home.example") == (set(), {ADA.key})
    assert not add_override(door, ALICE, bar(kind=OverrideKind.ADDRESS, address="new@home.example")).nobodys


def test_a_rollback_does_not_make_the_roll_younger(door: DatabaseDoor) -> None:
    first = door.read(roll_history)[0]
    bring_in(door, Loaded(TWO), "mailguard")
    again = roll_back(door, "alice", "wrong").revision
    assert again.seen == first.seen
    assert again.oldest == first.oldest


def test_the_same_roll_again_renews_the_date_only(door: DatabaseDoor) -> None:
    before = door.read(roll_history)
    again = bring_in(door, Loaded(ONE), "mailguard", Guard())
    assert again.renewed
    [only] = door.read(roll_history)
    assert (only.number, only.digest) == (before[0].number, before[0].digest)
    assert only.oldest > before[0].oldest
    elm = datetime(2026, 1, 1, tzinfo=UTC)
    bring_in(door, Loaded(TWO), "mailguard", None, {"ELM": elm})
    [newest, _] = door.read(roll_history)
    assert newest.seen_at("ELM") == newest.oldest == elm
    assert newest.seen_at("OAK") > only.oldest


def test_a_dry_run_changes_nothing(door: DatabaseDoor) -> None:
    assert consider(door, Loaded(TWO), Guard()).pupils.changed == 1
    assert len(door.read(roll_history)) == 1


def test_one_import_at_a_time(door: DatabaseDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports_module, "_WAIT_SECONDS", 0.0)
    assert door.write(leases.take, "roll", "another node", timedelta(seconds=60))
    with pytest.raises(Busy):
        bring_in(door, Loaded(TWO), "clerk")
    door.write(leases.drop, "roll", "another node")
    assert door.write(leases.take, "roll", "a node that died", timedelta(seconds=-1))
    assert bring_in(door, Loaded(TWO), "clerk").revision.number == 2


def test_who_waits_outlasts_an_import_that_was_killed(door: DatabaseDoor) -> None:
    assert door.write(leases.take, "roll", "an import that was killed", timedelta(seconds=1))
    told: list[str] = []
    made = bring_in(door, Loaded(TWO), "clerk", progress=lambda what, _done, _all: told.append(what))
    assert made.revision.number == 2
    assert told[0] == "waiting for another import"
    assert imports_module._LEASE_SPAN.total_seconds() < imports_module._WAIT_SECONDS


def test_an_import_whose_lease_ran_out_gives_way(door: DatabaseDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken_over(*_: object) -> None:
        door.write(lambda tx: tx.connection.execute(update(tables.lease).values(holder="another import")))

    monkeypatch.setattr(Guard, "check", taken_over)
    with pytest.raises(Busy, match="taken over"):
        bring_in(door, Loaded(TWO), "clerk", Guard())
    assert len(door.read(roll_history)) == 1


def test_imports_at_once_come_one_after_the_other_and_none_is_half(door: DatabaseDoor) -> None:
    rolls = [with_revision(replace(ONE, pupils=(replace(ADA, surname=f"Name{n}"), BEN))) for n in range(4)]
    threads = [threading.Thread(target=bring_in, args=(door, Loaded(roll), "clerk")) for roll in rolls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = door.read(roll_history)
    assert [one.number for one in history] == [5, 4, 3, 2, 1]
    assert {one.digest for one in history[:-1]} == {roll.revision for roll in rolls}
    assert door.read(current_roll) in rolls


SAME = {
    "to the letter": bar(),
    "another spelling": bar(address=" GUS@Home.example"),
    "by another id": bar(pupil="B801200005001"),
    "shorter": bar(until=date(2999, 1, 1)),
}


@pytest.mark.parametrize("again", SAME.values(), ids=SAME)
def test_the_same_is_not_added_twice(door: DatabaseDoor, again: Wanted) -> None:
    added = add_override(door, ALICE, bar())
    with pytest.raises(Conflict, match="override 1 says the same"):
        add_override(door, ALICE, again)
    assert len(door.read(list_overrides)) == 1
    end_override(door, ALICE, added.override.number, "over")
    assert add_override(door, ALICE, again).override.number == 2


def test_what_says_more_is_added(door: DatabaseDoor) -> None:
    soon = datetime.now(UTC).date() + timedelta(days=9)
    for one in (
        bar(until=soon),
        bar(until=soon + timedelta(days=1)),
        bar(),
        bar(pupil="ELM/2"),
        bar(address="other@home.example"),
        bar(kind=OverrideKind.ADDRESS),
        bar(kind=OverrideKind.ADDRESS, relationship="uncle"),
        bar(kind=OverrideKind.CONFIDENTIAL, pupil=""),
    ):
        add_override(door, ALICE, one)
    with pytest.raises(Conflict):
        add_override(door, ALICE, bar(kind=OverrideKind.CONFIDENTIAL, pupil=""))
    assert len(door.read(list_overrides)) == 8


def test_a_correction_is_noted_listed_exported_and_closed_by_the_import_that_mends_it(door: DatabaseDoor) -> None:
    note_correction(door, ALICE, Noted(Wrong.ADDRESS_WRONG, "OAK/1", "gus@home.example", note="moved out"))
    note_correction(door, ALICE, Noted(Wrong.DETAIL, "B801200005001", detail="surname"))
    listed = door.read(list_corrections)
    assert [(one["number"], one["contact"], one["closed"]) for one in listed] == [(1, "Gus Kerr", None), (2, "", None)]
    assert "Gus Kerr,gus@home.example" in door.read(export_corrections)
    add_override(door, ALICE, bar())  # what mailguard knows does not mend the school's system
    assert len(door.read(list_corrections)) == 2
    assert bring_in(door, Loaded(TWO), "mailguard", Guard()).mended == (2,)
    assert [one["number"] for one in door.read(list_corrections)] == [1]
    roll_back(door, "alice", "wrong name")
    mended = with_revision(replace(ONE, relationships=ONE.relationships[:1]))
    assert bring_in(door, Loaded(mended), "mailguard").mended == (1,)
    assert door.read(list_corrections) == []
    assert [one["closed"] is not None for one in door.read(lambda tx: list_corrections(tx, closed=True))] == [True] * 2
    assert acts(door).count("correction-closed") == 2


def test_a_correction_that_says_nothing_new_is_refused(door: DatabaseDoor) -> None:
    cases = {
        Noted(Wrong.ADDRESS_MISSING, "OAK/1", "una@home.example"): Conflict,
        Noted(Wrong.ADDRESS_WRONG, "OAK/1", "x@home.example"): Conflict,
        Noted(Wrong.ADDRESS_WRONG, "OAK/1"): Incomplete,
        Noted(Wrong.DETAIL, "OAK/1", detail="shoe_size"): Incomplete,
        Noted(Wrong.OTHER, "OAK/1"): Incomplete,
        Noted(Wrong.LEFT, "OAK/404"): Gone,
    }
    for noted, error in cases.items():
        with pytest.raises(error):
            note_correction(door, ALICE, noted)
    with pytest.raises(NotAllowed):
        note_correction(door, ELLA, Noted(Wrong.LEFT, "OAK/1"))
    note_correction(door, ALICE, Noted(Wrong.OTHER, "OAK/1", note="two homes"))
    with pytest.raises(Incomplete):
        close_correction(door, ALICE, 1, "")
    close_correction(door, ALICE, 1, "done")
    with pytest.raises(Conflict):
        close_correction(door, ALICE, 1, "done")
