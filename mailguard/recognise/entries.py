"""A list of records: where many entries of a list are records, the others of its shape are records too.

Of "who is off" the line "Wei Zhao 7C anxiety" says so itself and "Rose West 9D appointment" does not, yet both are
lines of one list, and a reader learns as much of Rose. News is no such list: its lines are sentences, each with a
subject of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.lists import small_words
from mailguard.recognise.part import PartView
from mailguard.recognise.record import Record

_FEW = 3
_SHARE = 3
_HEAD = 14
_LONGEST = 70
_WORDS = 3
_Key = tuple[str, ...]


def spread(view: PartView, decided: Iterable[tuple[Case, Record]]) -> None:
    """Make records of the other entries of a list if a third of it, or more, are records, and of those that say
    something in words if any entry is."""
    lists: dict[_Key, list[Record]] = {}
    for case, record in decided:
        for key in {_list_of(view, naming) for naming in case.namings[:4]}:
            if key:
                lists.setdefault(key, []).append(record)
    for entries in lists.values():
        if len(entries) >= _FEW and any(entry.record for entry in entries):
            for entry in entries:
                entry.record = entry.record or entry.listed
        told = sum(entry.record for entry in entries)
        if len(entries) >= _FEW and len(entries) > told and told * _SHARE >= len(entries):
            for entry in entries:
                entry.record = True


def _list_of(view: PartView, naming: Naming) -> _Key | None:
    """Return which list an entry belongs to, or None if a name is none that says something in few words."""
    segment, hit = naming.clue.segment, naming.hit
    if segment.cells:
        return segment.place[:-1] if len(segment.cells) > 1 else None
    low, high = view.around.line(naming.clue.at, hit.start, hit.end)
    before, after = segment.text[low : hit.start], segment.text[hit.end : high].rstrip()
    if len(before) > _HEAD or small_words(before) > 1 or len(after) > _LONGEST or not after.strip(" .,:;-"):
        return None
    sentence = after.endswith((".", "!", "?")) and small_words(after) >= _WORDS
    return None if sentence else ("line", *segment.place[: segment.leaf])
