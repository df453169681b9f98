"""An import in a process of its own does what it does here, and tells what went wrong."""

from pathlib import Path

import pytest

from mailguard.demo import write
from mailguard.enrol.apart import Order, Outcome, carry_out, import_apart
from mailguard.enrol.settings import RollSource
from mailguard.roll.problems import RollError
from mailguard.store import Database, StoreError, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll, roll_history


def settings(folder: Path) -> StoreSettings:
    if not (folder / "key").exists():
        write_key_file(folder / "key")
    return StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key")


def test_a_child_imports_and_no_pupil_comes_back(tmp_path: Path) -> None:
    roll = write(tmp_path, 2).roll
    store, sources = settings(tmp_path), (RollSource("roll", tmp_path / "roll"),)
    assert import_apart(sources, store, "local") == Outcome()
    with Database.open(store) as database, database.read() as tx:
        assert current_roll(tx) == roll
    pupils = tmp_path / "roll/pupils.csv"
    pupils.write_text(pupils.read_text(encoding="utf-8") + "OAK,x\n", encoding="utf-8")
    with pytest.raises(RollError) as refused:
        import_apart(sources, store, "local")
    [problem] = refused.value.problems
    assert (problem.file, problem.line) == ("pupils.csv", len(roll.pupils) + 2)
    assert problem.remedy
    with pytest.raises(StoreError, match="key file"):
        import_apart(sources, StoreSettings(store.url, tmp_path / "none"), "local")
    with Database.open(store) as database, database.read() as tx:
        assert len(roll_history(tx)) == 1


def test_sources_that_change_under_the_reader_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 2)
    source = tmp_path / "roll"
    order = Order((RollSource("roll", source),), settings(tmp_path), "local")
    from mailguard.enrol import apart

    read = apart.Intake.read

    def touched(self, *args):
        found = read(self, *args)
        (source / "staff.csv").write_text((source / "staff.csv").read_text() + "\n", encoding="utf-8")
        return found

    monkeypatch.setattr(apart.Intake, "read", touched)
    assert carry_out(order) == Outcome(moved=True)
    with Database.open(order.store) as database, database.read() as tx:
        assert current_roll(tx) is None
