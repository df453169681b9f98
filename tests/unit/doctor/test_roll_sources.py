"""Every source of the roll is looked at, not the first alone, and what a source over the network brought."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailguard import doctor
from mailguard.config import load_config
from mailguard.doctor import Line, Status, examine
from mailguard.preflight import preflight

from .sitekit import Installation

OAK = '[[roll.source]]\npath = "roll"\nschool = "OAK"\n'
ELM = '[[roll.source]]\npath = "elm.csv"\nschool = "ELM"\n'
WONDE = (
    '[[roll.source]]\nurl = "https://wonde.example/v1.0/schools/A1"\nformat = "wonde"\nschool = "ELM"\n'
    'token_file = "token"\n'
)
SCHOOL = '[[school]]\ncode = "ELM"\nname = "Elm"\nstaff_domains = ["elm.test"]\n'


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    wanted = ("policy", "roll", "roll-age", "schools", "store")
    monkeypatch.setattr(doctor, "CHECKS", tuple(one for one in doctor.CHECKS if one[0] in wanted))
    made = Installation(tmp_path, "127.0.0.1:1")
    (tmp_path / "elm.csv").write_text("Adno,Forename,Surname,Parent 1 Email\n1,Ann,Fox,ann@fox.example\n")
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "token").chmod(0o600)
    return made


def use(site: Installation, *sources: str) -> None:
    site.change("mailguard.toml", '[roll]\nsource = "roll"\n', "".join(sources))
    policy = site.folder / "policy.toml"
    policy.write_text(policy.read_text() + SCHOOL)


def lines(site: Installation, check: str, status: Status) -> list[Line]:
    return [line for line in examine(site.config) if (line.check, line.status) == (check, status)]


Break = Callable[[Path], object]


@pytest.mark.parametrize(
    ("source", "broken", "told"),
    [
        (ELM, lambda folder: (folder / "elm.csv").unlink(), "elm.csv: there is no such file or folder."),
        (ELM, lambda folder: (folder / "elm.csv").write_text("x\n"), "elm.csv, line 1"),
        (ELM + 'mapping = "map.toml"\n', lambda folder: None, "map.toml: the mapping cannot be read."),
        (WONDE, lambda folder: (folder / "token").unlink(), "token: the token file cannot be read."),
    ],
)
def test_a_fault_of_a_later_source_is_told(site: Installation, source: str, broken: Break, told: str) -> None:
    use(site, OAK, source)
    broken(site.folder)
    assert [told in line.text for line in lines(site, "roll", Status.FAIL)] == [True]
    assert [told in str(problem) for problem in preflight(load_config(site.config)).problems] == [True]


def test_faults_of_two_sources_are_both_told(site: Installation) -> None:
    use(site, OAK, ELM)
    (site.folder / "elm.csv").unlink()
    (site.folder / "roll" / "pupils.csv").unlink()
    assert len(lines(site, "roll", Status.FAIL)) == len(preflight(load_config(site.config)).problems) == 2


def test_what_a_source_over_the_network_brought_is_looked_through(site: Installation) -> None:
    use(site, OAK, WONDE)
    [before] = lines(site, "roll", Status.OK)
    assert "no roll has come in yet" in before.text
    site.import_roll()
    [after] = lines(site, "roll", Status.OK)
    assert "2 current pupils" in after.text
    assert any("no pupil of ELM" in line.text for line in lines(site, "schools", Status.WARN))
