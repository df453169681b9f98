"""What a school could use instead, written plainly, on the same readings: each gives the held recipients with reasons.

`exact names`: every pupil's full name (forename or preferred forename, then surname) in the text, found by a table of
word sequences as an Aho-Corasick automaton would; a recipient outside the staff is held for every name that is not a
pupil of theirs.

`exact data match`: as the large suites match a table of records. A row matches if its unique number stands in the text,
or if at least two of its other columns (forename and surname, date of birth, postcode, telephone, e-mail) stand within
a window of 35 words, in a table within one row. The owner exception: a match does not count against a recipient whose
address is in the matched row (all rows of contacts of the pupil)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

from bench.quality.rolls import Town
from bench.quality.scenarios import Case

from mailguard.model import PupilKey, Reading

WINDOW = 35
WORD = re.compile(r"[^\W_]+(?:[-'’.@/][^\W_]+)*")
Alternative = Callable[[Reading, Case], dict[str, set[PupilKey]]]


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded; a number with blanks inside is several words."""
    return [word.casefold().replace("’", "'") for word in WORD.findall(text)]


class Sequences:
    """Finds known sequences of words, each with what it stands for."""

    def __init__(self) -> None:
        self.by_first: dict[str, list[tuple[tuple[str, ...], PupilKey, str]]] = defaultdict(list)

    def add(self, text: str, pupil: PupilKey, column: str) -> None:
        """Make `text` known as a value of the pupil's column."""
        words = tuple(words_of(text))
        if words:
            self.by_first[words[0]].append((words, pupil, column))

    def find(self, text: str) -> list[tuple[int, PupilKey, str]]:
        """Return (position in words, pupil, column) of every known sequence in `text`."""
        words = words_of(text)
        return [
            (at, pupil, column)
            for at, word in enumerate(words)
            for sequence, pupil, column in self.by_first.get(word, ())
            if tuple(words[at : at + len(sequence)]) == sequence
        ]


def _held(town: Town, case: Case, seen: set[PupilKey], staff: set[str]) -> dict[str, set[PupilKey]]:
    """Hold every recipient who is no member of staff and not the owner of all that was seen."""
    held = {}
    for address in case.recipients:
        others = seen - town.may.get(address, set())
        if others and not _is_staff(town, address, staff):
            held[address] = others
    return held


def _is_staff(town: Town, address: str, staff: set[str]) -> bool:
    domains = {school.domain for school in town.schools} | {"exampleshire.example"}
    listed = any(word in address for word in ("parent", "famil"))
    return address in staff or (address.partition("@")[2] in domains and not listed)


def exact_names(town: Town) -> Alternative:
    """Return the matcher of full names."""
    names = Sequences()
    for pupil in town.roll.pupils:
        for forename in {pupil.forename, pupil.preferred_forename or pupil.forename}:
            names.add(f"{forename} {pupil.surname}", pupil.key, "name")
    staff = {member.email for member in town.roll.staff}

    def judge(reading: Reading, case: Case) -> dict[str, set[PupilKey]]:
        seen = {pupil for segment in reading.segments for _, pupil, _ in names.find(segment.text)}
        return _held(town, case, seen, staff)

    return judge


def exact_data(town: Town) -> Alternative:
    """Return the matcher of records."""
    table = Sequences()
    for pupil in town.roll.pupils:
        for number in filter(None, (pupil.upn, pupil.uln)):
            table.add(number, pupil.key, "unique")
        table.add(pupil.forename, pupil.key, "forename")
        table.add(pupil.surname, pupil.key, "surname")
        table.add(pupil.postcode, pupil.key, "postcode")
        if pupil.date_of_birth:
            for form in ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d %B %Y", "%d-%b-%Y"):
                table.add(pupil.date_of_birth.strftime(form).removeprefix("0"), pupil.key, "born")
                table.add(pupil.date_of_birth.strftime(form), pupil.key, "born")
        for contact in town.contacts_of(pupil.key):
            for phone in contact.phones:
                table.add(phone, pupil.key, "phone")
            for email in contact.emails:
                table.add(email, pupil.key, "email")
    staff = {member.email for member in town.roll.staff}

    def judge(reading: Reading, case: Case) -> dict[str, set[PupilKey]]:
        seen: set[PupilKey] = set()
        for texts in _windows(reading):
            by_pupil: dict[PupilKey, list[tuple[int, str]]] = defaultdict(list)
            for at, pupil, column in table.find(texts):
                by_pupil[pupil].append((at, column))
            seen |= {pupil for pupil, found in by_pupil.items() if _matches(found)}
        return _held(town, case, seen, staff)

    return judge


def _windows(reading: Reading) -> list[str]:
    """Return the rows of tables one by one and the running text of each part as one."""
    rows = [segment.text for segment in reading.segments if segment.cells]
    parts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for segment in reading.segments:
        if not segment.cells:
            parts[segment.place[: segment.leaf]].append(segment.text)
    return rows + ["\n".join(texts) for texts in parts.values()]


def _matches(found: list[tuple[int, str]]) -> bool:
    """Say whether a unique number, or two columns within the window, stand there (a name counts when it is whole)."""
    if any(column == "unique" for _, column in found):
        return True
    for at, _ in found:
        near = {column for other, column in found if at <= other < at + WINDOW}
        whole_name = {"forename", "surname"} <= near
        if len(near - {"forename", "surname"}) + whole_name >= 2:
            return True
    return False


ALTERNATIVES: dict[str, Callable[[Town], Alternative]] = {
    "exact names": exact_names,
    "exact data match": exact_data,
}
