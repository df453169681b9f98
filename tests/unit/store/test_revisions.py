"""The roll and the policy in force, and those before."""

import dataclasses
from datetime import date

import pytest

from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.store import Database, Gone, audit, revisions
from mailguard.store.tables import roll_revision

ROLL = Roll(
    pupils=(
        Pupil("OAK", "P1", "Zebedee", "Quillfeather", date(2015, 3, 1), aliases=("Zeb",)),
        Pupil("OAK", "P2", "Ann", "Quillfeather"),
        Pupil("ELM", "P1", "Bo", "Li"),
    ),
    contacts=(Contact("C1", "Ada", "Quillfeather", emails=("ada@home.example",), confidential=True),),
    relationships=(Relationship(PupilKey("OAK", "P1"), "C1", "mother", True, MayReceive.ORDER, 1),),
    staff=(StaffMember("", "head@oak.example"),),
    revision="a1",
)


@pytest.fixture
def database(kit):
    return Database.open(kit.settings)


def test_the_roll_comes_back_as_it_was(database):
    with database.write() as tx:
        assert revisions.current_roll(tx) is None
        saved = revisions.save_roll(tx, ROLL, {"warnings": ["one"]}, "helen")
        assert (saved.number, saved.digest, saved.pupils) == (1, "a1", {"ELM": 1, "OAK": 2})
    with database.read() as tx:
        assert revisions.current_roll(tx) == ROLL
        assert revisions.import_report(tx, 1) == {"warnings": ["one"]}
        assert revisions.roll_history(tx) == [saved]
        with pytest.raises(Gone):
            revisions.import_report(tx, 2)


def test_the_same_roll_again_renews_its_date_only(database):
    with database.write() as tx:
        first = revisions.save_roll(tx, ROLL, {}, "helen")
    with database.write() as tx:
        revisions.save_roll(tx, ROLL, {}, "helen")
    with database.read() as tx:
        (only,) = revisions.roll_history(tx)
        assert only.imported_at > first.imported_at
        assert [one.entry.action for one in audit.entries(tx)] == ["roll-imported"]


def test_data_of_old_revisions_is_erased(database):
    for n in range(4):
        with database.write() as tx:
            revisions.save_roll(tx, dataclasses.replace(ROLL, revision=f"r{n}"), {}, "helen")
    with database.read() as tx:
        kept = [
            row.sealed_roll is not None
            for row in tx.connection.execute(roll_revision.select().order_by(roll_revision.c.number))
        ]
        assert kept == [False, False, True, True]
        assert revisions.current_roll(tx).revision == "r3"


def test_a_roll_without_a_revision_is_not_kept(database):
    with pytest.raises(ValueError), database.write() as tx:
        revisions.save_roll(tx, dataclasses.replace(ROLL, revision=""), {}, "helen")


def test_policies_are_kept_once(database):
    with database.write() as tx:
        revisions.save_policy(tx, "p1", "mail.split = true", "helen")
        revisions.save_policy(tx, "p1", "mail.split = true", "helen")
        assert revisions.policy_text(tx, "p1") == "mail.split = true"
        with pytest.raises(Gone):
            revisions.policy_text(tx, "p2")
        assert [one.entry.action for one in audit.entries(tx)] == ["policy-changed"]
