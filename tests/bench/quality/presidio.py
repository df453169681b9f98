"""Microsoft Presidio beside the other alternatives: its recognisers and its names (NER), with and without the roll.

`presidio`: as it comes. It knows no roll, so a message outside the school is held for any person, UK NHS number or
phone that it finds in the text (the sender's own name and a greeting are people too: that is what it costs).
`presidio + roll`: the same findings, but a person counts only if the words are a pupil's forename and surname, a number
only if it is a pupil's or a contact's, and whoever may have that pupil is not held for it.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from bench.quality.alternatives import Alternative, _held, words_of
from bench.quality.rolls import Town
from bench.quality.scenarios import Case

from mailguard.model import PupilKey, Reading

PYTHON, MODEL = "PRESIDIO_PYTHON", "PRESIDIO_MODEL"
"""Variables of the environment: the interpreter that has presidio-analyzer, the folder of a spaCy model."""
_KINDS = frozenset({"PERSON", "UK_NHS", "PHONE_NUMBER", "EMAIL_ADDRESS"})
Finding = tuple[str, str]  # kind, text


@lru_cache(maxsize=1)
def _worker() -> subprocess.Popen[str]:
    worker = Path(__file__).with_name("presidio_worker.py")
    process = subprocess.Popen(
        [os.environ[PYTHON], str(worker), os.environ[MODEL]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    atexit.register(process.kill)
    return process


def _findings(reading: Reading) -> list[Finding]:
    """Return what Presidio finds in the text of a message, headers of addresses left out as by the others."""
    texts = [segment.text[:20_000] for segment in reading.segments if segment.place[:1] != ("header From",)]
    process = _worker()
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(texts) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    return [
        (kind, text[s:e]) for text, some in zip(texts, answer, strict=True) for kind, s, e in some if kind in _KINDS
    ]


def as_it_comes(town: Town) -> Alternative:
    """Return the guard that knows no roll: anybody named, and any number of a person, is too much outside."""
    staff = {member.email for member in town.roll.staff}
    somebody = next(iter(town.pupils))  # whom it would name: it cannot say

    def judge(reading: Reading, case: Case) -> dict[str, set[PupilKey]]:
        if not any(kind != "EMAIL_ADDRESS" for kind, _ in _findings(reading)):
            return {}
        held = _held(town, case, set(town.pupils), staff)
        return {address: {somebody} for address in held}

    return judge


def with_roll(town: Town) -> Alternative:
    """Return the guard that asks the roll whose each finding is."""
    staff = {member.email for member in town.roll.staff}
    names: dict[str, set[PupilKey]] = {}
    values: dict[str, set[PupilKey]] = {}
    for pupil in town.roll.pupils:
        for forename in {pupil.forename, pupil.preferred_forename or pupil.forename}:
            names.setdefault(" ".join(words_of(f"{forename} {pupil.surname}")), set()).add(pupil.key)
        if pupil.nhs_number:
            values.setdefault(_figures(pupil.nhs_number), set()).add(pupil.key)
        for contact in town.contacts_of(pupil.key):
            for value in (*map(_figures, contact.phones), *map(str.lower, contact.emails)):
                values.setdefault(value, set()).add(pupil.key)

    def judge(reading: Reading, case: Case) -> dict[str, set[PupilKey]]:
        seen: set[PupilKey] = set()
        for kind, text in _findings(reading):
            if kind == "PERSON":
                seen |= names.get(" ".join(words_of(text)), set())
            else:
                seen |= values.get(text.lower() if kind == "EMAIL_ADDRESS" else _figures(text), set())
        return _held(town, case, seen, staff)

    return judge


def _figures(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def available() -> dict[str, Callable[[Town], Alternative]]:
    """Return both guards where the environment names an interpreter and a model, else none."""
    if not os.environ.get(PYTHON) or not os.environ.get(MODEL):
        return {}
    return {"presidio": as_it_comes, "presidio + roll": with_roll}
