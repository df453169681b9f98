from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.demo import build, write
from mailguard.enrol.compare import Changed, Changes, compare
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.imports import bring_in
from mailguard.enrol.lookup import roll_status, who
from mailguard.enrol.sources import load_source
from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.policy import parse_policy
from mailguard.roll.problems import Loaded, RollError
from mailguard.roll.revision import with_revision
from mailguard.store import Database, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll, import_report

ADA = Pupil("OAK", "1", "Ada", "Kerr", email="ada@pupils.oak.example")
BEN = Pupil("OAK", "2", "Ben", "Kerr")
PAIR = Relationship(ADA.key, "C1", "mother", True, MayReceive.YES)
ROLL = with_revision(
    Roll(
        (ADA, BEN),
        (Contact("C1", "Una", emails=("una@home.example",)), Contact("C2", "Bo", emails=("bo@home.example",))),
        (PAIR, replace(PAIR, pupil=BEN.key), Relationship(ADA.key, "C2", "father", True, MayReceive.ORDER)),
        (StaffMember("OAK", "una@oak.example"),),
    )
)
POLICY = parse_policy(
    """
[[school]]
code = "OAK"
staff_domains = ["oak.example"]
pupil_domains = ["pupils.oak.example"]
[[list]]
address = "everyone@oak.example"
kind = "families"
[[agency]]
name = "Council"
domains = ["council.example"]
"""
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    write_key_file(tmp_path / "key")
    with Database.open(StoreSettings(f"sqlite:///{tmp_path}/mailguard.db", tmp_path / "key")) as opened:
        yield opened


def test_equal_rolls_change_nothing() -> None:
    assert compare(ROLL, ROLL).nothing
    assert compare(Roll(), ROLL).pupils == Changed(added=2)


def test_changes_are_counted_by_kind() -> None:
    new = replace(
        ROLL,
        pupils=(replace(ADA, surname="Day"), Pupil("ELM", "1", "Cy", "Fox")),
        contacts=(*ROLL.contacts, Contact("C3")),
        relationships=(replace(PAIR, may_receive=MayReceive.ORDER), Relationship(ADA.key, "C2")),
        staff=(),
    )
    assert compare(ROLL, new) == Changes(
        pupils=Changed(added=1, gone=1, changed=1),
        contacts=Changed(added=1, same=2),
        pairs=Changed(gone=1, changed=2),
        staff=Changed(gone=1),
        withdrawn=2,
        barred=1,
        unbarred=1,
    )


def test_an_import_is_in_force_and_keeps_its_report(database: Database) -> None:
    first = bring_in(DatabaseDoor(database), Loaded(ROLL), "clerk")
    assert first.changes.pupils == Changed(added=2)
    new = with_revision(replace(ROLL, pupils=(ADA, BEN, Pupil("OAK", "3", "Cy", "Fox"))))
    second = bring_in(DatabaseDoor(database), Loaded(new), "clerk")
    with database.read() as tx:
        assert current_roll(tx) == new
        report = import_report(tx, second.revision.number)
    assert report["changes"]["pupils"] == {"added": 1, "gone": 0, "changed": 0, "same": 2}


def test_a_whole_roll_survives_the_store(database: Database) -> None:
    roll = build(3).roll
    bring_in(DatabaseDoor(database), Loaded(roll), "clerk")
    with database.read() as tx:
        assert current_roll(tx) == roll


def test_status_tells_revision_age_and_size(database: Database) -> None:
    with database.read() as tx:
        before = roll_status(tx, tx.now, POLICY)
    assert (before["revision"], before["age_seconds"], before["stale"], before["imports"]) == (None, None, True, [])
    imported = bring_in(DatabaseDoor(database), Loaded(ROLL), "clerk").revision.imported_at
    with database.read() as tx:
        status = roll_status(tx, imported + timedelta(days=2), POLICY)
        assert (status["revision"], status["age_seconds"], status["stale"]) == (ROLL.revision, 172800, False)
        read = imported.isoformat()
        assert status["schools"] == [{"school": "OAK", "pupils": 2, "read": read, "stale": False}]
        assert [item["pupils"] for item in status["imports"]] == [2]
        assert roll_status(tx, imported + timedelta(days=8), POLICY)["stale"]


def test_who_tells_what_an_address_may_receive() -> None:
    assert who(ROLL, POLICY, "Una@home.example") == {
        "address": "Una@home.example",
        "kinds": ["contact"],
        "pupils": [
            {"school": "OAK", "pupil": "1", "relationship": "mother"},
            {"school": "OAK", "pupil": "2", "relationship": "mother"},
        ],
        "barred": [],
    }
    barred = who(ROLL, POLICY, "bo+x@home.example")
    assert barred["pupils"] == []
    assert barred["barred"] == [{"school": "OAK", "pupil": "1", "relationship": "father"}]


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("una@oak.example", ["staff"]),
        ("anybody@oak.example", ["staff"]),
        ("parents@oak.example", ["list"]),
        ("everyone@oak.example", ["list"]),
        ("ada@pupils.oak.example", ["pupil"]),
        ("nobody@pupils.oak.example", []),
        ("team@council.example", ["agency"]),
        ("stranger@home.example", []),
    ],
)
def test_who_tells_the_kinds(address: str, kinds: list[str]) -> None:
    assert who(ROLL, POLICY, address)["kinds"] == kinds


def test_a_pupils_own_mailbox() -> None:
    assert who(ROLL, POLICY, ADA.email)["pupils"] == [{"school": "OAK", "pupil": "1", "relationship": "self"}]
    key = PupilKey("OAK", "1")
    both = replace(ROLL, contacts=(Contact("C1", emails=(ADA.email,)),))
    found = who(both, POLICY, ADA.email)
    assert found["kinds"] == ["contact", "pupil"]
    assert {"school": key.school, "pupil": key.pupil, "relationship": "mother"} in found["pupils"]


def test_a_source_is_loaded_or_refused_whole(tmp_path: Path) -> None:
    demo = write(tmp_path, 1)
    assert load_source(tmp_path / "roll").roll.revision == demo.roll.revision
    with pytest.raises(RollError):
        load_source(tmp_path / "nowhere")
