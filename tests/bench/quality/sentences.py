"""Texts of one pupil by several writers, each a record or a mention, sent as mail."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from bench.quality.rolls import Town

from mailguard.model import Envelope, PupilKey, PupilStatus

FOLDER = Path(__file__).parent / "sentences"
_PRONOUNS = {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her", "Him": "Her"}
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Sentence:
    """A text with its places still open; `writer` is the hand, the name of its file up to the first hyphen."""

    writer: str
    record: bool
    text: str


@dataclass(frozen=True)
class Sent:
    """A text as mail about `pupil`."""

    sentence: Sentence
    pupil: PupilKey
    data: bytes
    envelope: Envelope


def load_sentences(path: Path) -> list[Sentence]:
    """Return the texts of a file: `record` or `mention`, a tab, the text; raises ValueError naming file and line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        label, _, text = line.partition("\t")
        if label not in ("record", "mention") or "{A}" not in text:
            raise ValueError(f"{path.name}, line {number}: write record or mention, a tab, and a text that has {{A}}")
        found.append(Sentence(path.stem.partition("-")[0], label == "record", text))
    return found


def send(town: Town, sentences: list[Sentence], seed: int) -> Iterator[Sent]:
    """Yield each text as a message from the school to somebody who has no pupil there; places are filled by `seed`."""
    for number, sentence in enumerate(sentences):
        rng = random.Random(f"{seed} {number}")
        school = rng.choice(town.schools)
        current = [p for p in town.roll.pupils if p.key.school == school.code and p.status is PupilStatus.CURRENT]
        named = rng.sample(current, 3)
        girl = named[0].key in town.girls
        parents = town.contacts_of(named[0].key) or list(town.roll.contacts)
        staff = rng.choice([s for s in town.roll.staff if s.school == school.code] or town.roll.staff)
        filling = {letter: f"{p.forename} {p.surname}" for letter, p in zip("ABC", named, strict=True)}
        filling |= {"T": f"Mrs {staff.surname}", "mum": f"{parents[0].forename} {parents[0].surname}"}
        filling |= {"class": named[0].registration_group or "our class", "date": f"{rng.randint(2, 28)} November"}
        filling |= {he: she if girl else he for he, she in _PRONOUNS.items()}
        text = _PLACE.sub(lambda match, filling=filling: filling.get(match[1], match[1]), sentence.text)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"office@{school.domain}", "post@elsewhere.example", "Note"
        message["Date"], message["Message-ID"] = "Mon, 23 Nov 2026 09:00:00 +0000", f"<{number}@{school.domain}>"
        message.set_content(text.replace(" / ", "\n"))
        yield Sent(
            sentence, named[0].key, message.as_bytes(), Envelope(f"office@{school.domain}", ("post@elsewhere.example",))
        )
