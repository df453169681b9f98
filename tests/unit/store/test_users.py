"""Named users."""

import pytest

from mailguard.store import Conflict, Database, Gone, audit, users
from mailguard.store.users import Role, User


@pytest.fixture
def database(kit):
    return Database.open(kit.settings)


def test_a_user_comes_and_goes(database):
    helen = User("Helen Osei", (Role.OFFICE, Role.DPO), "OAK", "h.osei@oak.example")
    with database.write() as tx:
        users.add(tx, helen, "root", password_hash="$argon2id$x")
        users.add(tx, User("Bob"), "root")
    with database.write() as tx:
        assert users.get(tx, " helen OSEI") == helen
        assert [user.name for user in users.everybody(tx)] == ["Bob", "Helen Osei"]
        assert users.password_hash(tx, "Helen Osei") == "$argon2id$x"
        assert users.password_hash(tx, "Bob") is None
        users.set_password_hash(tx, "Bob", "$argon2id$y", "root")
        assert users.password_hash(tx, "Bob") == "$argon2id$y"
        users.remove(tx, "Helen Osei", "root")
        assert users.get(tx, "Helen Osei") is None
        assert [one.entry.action for one in audit.entries(tx)] == [
            "user-added",
            "user-added",
            "user-password",
            "user-removed",
        ]


def test_faults(database):
    with database.write() as tx:
        users.add(tx, User("Bob"), "root")
    with pytest.raises(Conflict), database.write() as tx:
        users.add(tx, User("BOB"), "root")
    for bad in (User(" "), User(" Bob"), User("Ann", ())):
        with pytest.raises(ValueError), database.write() as tx:
            users.add(tx, bad, "root")
    with pytest.raises(Gone), database.write() as tx:
        users.remove(tx, "Ann", "root")
    with pytest.raises(Gone), database.write() as tx:
        users.set_password_hash(tx, "Ann", None, "root")


@pytest.mark.parametrize("name", ["", " ", " Bob", "Bo\nb", "\x1b[31mBob", "Bob\u202e"])
def test_a_name_that_would_not_show_as_it_is_is_refused(database, name):
    with pytest.raises(ValueError, match="printable"), database.write() as tx:
        users.add(tx, User(name), "root")
