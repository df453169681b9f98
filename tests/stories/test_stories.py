"""Every story folder: its mail is read, screened on its roll and policy, and comes out as the story says."""

import json
from functools import cache
from pathlib import Path

import pytest

from mailguard.extract import read_message
from mailguard.model import Envelope, Outcome, PupilKey, Verdict, show_place
from mailguard.policy import load_policy
from mailguard.roll.sources.native import load_native
from mailguard.screening import Guard, build_guard, screen

HERE = Path(__file__).parent
STORIES = sorted(path.parent for path in HERE.glob("*/expect.json"))


@cache
def guard(home: Path) -> Guard:
    return build_guard(load_native(home / "roll").roll, load_policy(home / "policy.toml"))


def seen_pupils(verdict: Verdict) -> set[PupilKey]:
    findings = [finding for recipient in verdict.recipients for finding in recipient.findings]
    return {key for finding in findings for key in (finding.pupils or (finding.pupil,)) if key}


def trials() -> list[object]:
    found = []
    for folder in STORIES:
        for number, trial in enumerate(json.loads((folder / "expect.json").read_text())["trials"], start=1):
            found.append(pytest.param(folder, trial, id=f"{folder.name}-{number}"))
    return found


@pytest.mark.parametrize(("folder", "trial"), trials())
def test_story(folder: Path, trial: dict):
    home = folder if (folder / "roll").is_dir() else HERE / "town"
    envelope = Envelope(trial["from"], tuple(trial["to"]), trial.get("school"))
    reading = read_message((folder / "mail.eml").read_bytes())
    verdict = screen(reading, envelope, guard(home)).verdict
    rules = {r.address: sorted({finding.rule for finding in r.findings}) for r in verdict.recipients}
    assert rules == trial["to"], [f.sentence for r in verdict.recipients for f in r.findings]
    assert all((r.outcome is Outcome.HOLD) == bool(r.findings) for r in verdict.recipients)
    if "pupils" in trial:
        assert sorted(f"{key.school}:{key.pupil}" for key in seen_pupils(verdict)) == sorted(trial["pupils"])
    if "place" in trial:
        places = {show_place(finding.place) for r in verdict.recipients for finding in r.findings}
        assert any(place.startswith(trial["place"]) for place in places), places


def test_the_stories_are_all_there():
    assert len(STORIES) >= 30
