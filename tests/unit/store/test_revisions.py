"""The roll and the policy in force, and those before."""

import dataclasses
import zlib
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import func, insert, select

from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll, StaffMember
from mailguard.store import Database, Gone, StoreError, audit, revisions
from mailguard.store.tables import roll_revision, roll_slice

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
        assert only.imported_at == first.imported_at
        assert only.oldest > first.oldest
        assert [one.entry.action for one in audit.entries(tx)] == ["roll-imported"]


def test_data_of_old_revisions_is_erased(database, monkeypatch):
    """The newest three stay, and the last one of each of the last seven days."""
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    for n in range(40):  # eight days, five a day
        with database.write() as tx:
            day, hour = divmod(n, 5)
            tx = dataclasses.replace(tx, now=at + timedelta(days=day, hours=hour))
            revisions.save_roll(tx, dataclasses.replace(ROLL, revision=f"r{n}"), {"n": n}, "helen")
    with database.read() as tx:
        kept = [one.number for one in revisions.roll_history(tx) if one.kept]
        assert kept == [40, 39, 38, 35, 30, 25, 20, 15, 10]
        assert revisions.current_roll(tx).revision == "r39"
        assert revisions.roll_data(tx, 10).base.revision == "r9"
        for number in (9, 99):
            with pytest.raises(Gone):
                revisions.roll_data(tx, number)
        assert revisions.import_report(tx, 1) == {"n": 0}, "the report outlives the data"
        slices = tx.connection.execute(select(func.count(roll_slice.c.token.distinct()))).scalar_one()
        assert slices == len(kept)


def test_a_roll_of_the_first_layout_is_still_read(database):
    with database.write() as tx:
        seal, wrapped = tx.vault.new_seal("roll|1")
        packed = zlib.compress(msgspec.msgpack.encode(ROLL), 1)
        tx.connection.execute(
            insert(roll_revision).values(
                number=1, digest="a1", layout=1, imported_at=tx.stamp, counts='{"OAK": 2}', key_id="",
                wrapped_key=wrapped,
                sealed_report=seal.seal("report", b"{}"), sealed_roll=seal.seal("roll", packed),
            )
        )  # fmt: skip
    with database.read() as tx:
        assert revisions.current_roll(tx) == ROLL
        assert revisions.import_report(tx, 1) == {}


def test_slices_cannot_be_moved_or_dropped(database):
    many = tuple(dataclasses.replace(ROLL.pupils[0], pupil_id=str(n)) for n in range(2500))
    big = dataclasses.replace(ROLL, pupils=many, revision="big")
    with database.write() as tx:
        revisions.save_roll(tx, big, {}, "helen")
        assert revisions.current_roll(tx) == big
        tx.connection.execute(roll_slice.delete().where(roll_slice.c.n == 1))
        with pytest.raises(StoreError):
            revisions.current_roll(tx)


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
