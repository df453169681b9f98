"""Several sources of one configuration: joined, watched, and one school's fault never the others'."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.config import ConfigError, parse_config
from mailguard.enrol import intake as intake_module
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard, ImportRefused
from mailguard.enrol.imports import bring_in, roll_back
from mailguard.enrol.intake import Intake
from mailguard.model import PupilKey, Roll
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.problems import Loaded, RollError
from mailguard.store import Database, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll, roll_in_force

HEAD = "Adno,UPN,Forename,Surname,DOB,Parent Name,Parent Email\n"
CONFIG = """
[[roll.source]]
path = "oak.csv"
school = "OAK"
[[roll.source]]
path = "oak-orders.csv"
school = "OAK"
[[roll.source]]
path = "elm.csv"
school = "ELM"
"""


def rows(letter: str, count: int, shift: int = 0) -> str:
    return HEAD + "".join(
        f"{n},,Child{n},{letter}name{n},2015-03-09,Parent {letter}{n},{letter}{(n + shift) % count}@home.example\n"
        for n in range(count)
    )


class Site:
    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.door = DatabaseDoor(database)
        self.write("oak.csv", rows("o", 40))
        self.write("elm.csv", rows("e", 40))
        self.write(
            "oak-orders.csv", "Adno,Pupil,DOB,Contact Email,Court Order\n3,Child3 oname3,2015-03-09,o3@home.example,Y\n"
        )
        self.intake = Intake(parse_config(CONFIG, folder).roll_sources)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def bring_in(self) -> set[str]:
        """Import as the relay does; return the schools that kept their part."""
        gathered = self.intake.read(self.door, Guard())
        bring_in(self.door, gathered.loaded, "mailguard", Guard(), gathered.seen)
        return set(gathered.failures)

    @property
    def roll(self) -> Roll:
        roll = self.door.read(current_roll)
        assert roll is not None
        return roll

    def rights(self, address: str) -> tuple[set[PupilKey], set[PupilKey]]:
        found = Entitlements(self.roll).of(address)
        return set(found.pupils), set(found.barred)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    write_key_file(tmp_path / "key")
    with Database.open(StoreSettings(f"sqlite:///{tmp_path}/mailguard.db", tmp_path / "key")) as opened:
        yield Site(tmp_path, opened)


def test_sources_are_joined_and_the_same_sources_give_the_same_roll(site: Site) -> None:
    assert site.bring_in() == set()
    first = site.roll
    assert len(first.pupils) == 80
    assert site.rights("o3@home.example") == (set(), {PupilKey("OAK", "3")})
    assert site.rights("e3@home.example") == ({PupilKey("ELM", "3")}, set())
    assert Intake(parse_config(CONFIG, site.folder).roll_sources).read(site.door).loaded.roll == first


FAULTS = {
    "a broken export": ("oak.csv", HEAD + "1,,Ada,Kerr,31/02/2015,,\n"),
    "an empty export": ("oak.csv", ""),
    "an order about nobody": ("oak-orders.csv", "Pupil,Contact Email,Court Order\nZed Poe,z@home.example,Y\n"),
    "an export the guard refuses": ("oak.csv", rows("o", 40, shift=1)),
    "half an export": ("oak.csv", rows("o", 40).partition("20,,")[0]),
}


@pytest.mark.parametrize(("name", "text"), FAULTS.values(), ids=FAULTS)
def test_one_schools_fault_keeps_its_part_and_the_others_go_on(site: Site, name: str, text: str) -> None:
    site.bring_in()
    before = site.roll
    seen = site.door.read(roll_in_force)
    site.write(name, text)
    site.write("elm.csv", rows("e", 41))
    assert site.bring_in() == {"OAK"}
    after = site.roll
    assert {p for p in after.pupils if p.school == "OAK"} == {p for p in before.pupils if p.school == "OAK"}
    assert sum(p.school == "ELM" for p in after.pupils) == 41
    assert site.rights("o3@home.example") == (set(), {PupilKey("OAK", "3")})
    assert site.rights("o4@home.example") == ({PupilKey("OAK", "4")}, set())
    now = site.door.read(roll_in_force)
    assert seen is not None
    assert now is not None
    assert now.seen_at("OAK") == seen.seen_at("OAK"), "what was kept grows older"
    assert now.seen_at("ELM") > seen.seen_at("ELM")
    site.write("oak.csv", rows("o", 41))
    site.write(
        "oak-orders.csv", "Adno,Pupil,DOB,Contact Email,Court Order\n5,Child5 oname5,2015-03-09,o5@home.example,Y\n"
    )
    assert site.bring_in() == set()
    assert site.rights("o3@home.example") == ({PupilKey("OAK", "3")}, set())


def test_a_first_start_needs_every_school(site: Site) -> None:
    site.write("oak.csv", "")
    with pytest.raises(RollError):
        site.bring_in()
    assert site.door.read(current_roll) is None


def test_a_source_that_holds_another_schools_pupils_is_refused(site: Site) -> None:
    site.bring_in()
    site.write("elm.csv", rows("e", 40).replace("Adno", "School,Adno").replace("\n", "\nOAK,").removesuffix("OAK,"))
    assert site.bring_in() == {"ELM"}


def test_a_rolled_back_part_does_not_come_back_with_the_next_pull_of_another_school(site: Site) -> None:
    site.bring_in()
    site.write("oak.csv", rows("o", 40).replace("Child7", "Wrong"))
    site.bring_in()
    roll_back(site.door, "alice", "wrong names")
    site.write("elm.csv", rows("e", 42))
    assert site.bring_in() == {"OAK"}
    assert not any(pupil.forename == "Wrong" for pupil in site.roll.pupils)
    assert sum(pupil.school == "ELM" for pupil in site.roll.pupils) == 42
    whole = Intake(parse_config(CONFIG, site.folder).roll_sources).read().loaded
    with pytest.raises(ImportRefused):
        bring_in(site.door, whole, "mailguard", Guard())


def test_what_shows_a_change(site: Site) -> None:
    before = site.intake.look()
    assert site.intake.look() == before
    site.write("oak-orders.csv", "Pupil,Contact Email,Court Order\n")
    assert site.intake.look() != before
    before = site.intake.look()
    (site.folder / "elm.csv").unlink()
    assert site.intake.look() != before


def test_a_pull_is_asked_once_a_turn(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    text = CONFIG + '[[roll.source]]\nurl = "https://api.wonde.com/v1.0/schools/A1"\nformat = "wonde"\nschool = "ASH"\n'
    intake = Intake(parse_config(text + 'token_file = "token"\nevery = "15m"\n', site.folder).roll_sources)
    asked, now = [], [datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp()]
    ash = Intake(parse_config('[roll]\nsource = "ash.csv"', site.folder).roll_sources)
    site.write("ash.csv", rows("a", 3).replace("Adno", "School,Adno").replace("\n", "\nASH,").removesuffix("ASH,"))

    def pull(url: str, token: Path, school: str, name: str, patience: object) -> Loaded:
        asked.append((url, token.name, school))
        return ash.read().loaded

    monkeypatch.setattr(intake_module, "pull_wonde", pull)
    monkeypatch.setattr(intake_module.time, "time", lambda: now[0])
    look = intake.look()
    for _ in range(3):
        assert len(intake.read(site.door).loaded.roll.pupils) == 83
    assert asked == [("https://api.wonde.com/v1.0/schools/A1", "token", "ASH")]
    now[0] += 15 * 60
    assert intake.look() != look
    intake.read(site.door)
    assert len(asked) == 2
    assert intake.check()[1], "a token file that is not there is told without asking the service"
    assert len(asked) == 2


BAD = {
    "neither path nor url": '[[roll.source]]\nschool = "OAK"',
    "both": '[[roll.source]]\npath = "a"\nurl = "https://x.example"\nformat = "wonde"\nschool = "A"\ntoken_file = "t"',
    "url without format": '[[roll.source]]\nurl = "https://x.example"\nschool = "OAK"\ntoken_file = "t"',
    "url without token": '[[roll.source]]\nurl = "https://x.example"\nformat = "wonde"\nschool = "OAK"',
    "url without school": '[[roll.source]]\nurl = "https://x.example"\nformat = "wonde"\ntoken_file = "t"',
    "unknown format": '[[roll.source]]\npath = "a"\nformat = "xml"',
    "unknown key": '[[roll.source]]\npath = "a"\nfromat = "ctf"',
    "no source": "[roll]\nsource = []",
    "not a duration": '[[roll.source]]\npath = "a"\nevery = "often"',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_source_that_cannot_be_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(text, tmp_path)
    assert refused.value.problems[0].line >= 1


def test_one_path_is_still_one_source(tmp_path: Path) -> None:
    [source] = parse_config('[roll]\nsource = "roll"', tmp_path).roll_sources
    assert (source.path, source.school, source.url) == (tmp_path / "roll", "", "")
    [default] = parse_config("", tmp_path).roll_sources
    assert default.path == Path("/etc/mailguard/roll")
