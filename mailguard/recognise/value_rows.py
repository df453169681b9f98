"""The rows of an index that lead from a number or a detail to the pupils who have it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import accumulate, repeat
from operator import and_
from typing import TypeVar

from mailguard.model import EvidenceKind
from mailguard.recognise.index import HASH_MASK, first_row

_BUCKET_SHIFT = 64 - 10
T = TypeVar("T", bound=Hashable)


class ValueRows:
    """Gathers the rows of `values`, a column of the roll at a time; thrown away once the index is built."""

    def __init__(self) -> None:
        self._rows = array("Q")

    def add(self, kind: EvidenceKind, values: Sequence[T], pupils: Iterable[int], key: Callable[[T], str]) -> None:
        """Note for each value the pupil who has it; blank ones, and those whose key is blank, are nobody's.

        What many have (a class, a day of birth, a home) is made a key of only once."""
        keys = {value: key(value) for value in set(values) if value}
        lows = {value: first_row(kind.value, found) for value, found in keys.items() if found}
        rows = [lows[value] | pupil for value, pupil in zip(values, pupils, strict=True) if value in lows]
        self._rows.extend(array("Q", rows))

    def add_own(self, kind: EvidenceKind, keys: Sequence[str]) -> None:
        """Note for each pupil, in order, what nobody else has, by its key; blank ones are passed over."""
        rows = [low | pupil for pupil, low in enumerate(_lows(kind, keys)) if low >= 0]
        self._rows.extend(array("Q", rows))

    def add_of_contacts(
        self,
        kind: EvidenceKind,
        keys: Sequence[str],
        counts: Sequence[int],
        contacts: Iterable[int],
        pupils: Iterable[int],
    ) -> None:
        """Note for each pair of contact and pupil what the contact has. `keys` stand in the order of the contacts,
        each of whom has so many of them as `counts` says; a blank key is passed over."""
        lows = _lows(kind, keys)
        ends = list(accumulate(counts, initial=0))
        rows = [
            low | pupil
            for contact, pupil in zip(contacts, pupils, strict=True)
            for low in lows[ends[contact] : ends[contact + 1]]
            if low >= 0
        ]
        self._rows.extend(array("Q", rows))

    def in_order(self) -> array[int]:
        """Return the rows sorted, and forget them. Their high bits are even, so they are sorted in many short lists,
        which the processor's cache holds."""
        buckets = [array("Q") for _ in range(1 << (64 - _BUCKET_SHIFT))]
        for row in self._rows:
            buckets[row >> _BUCKET_SHIFT].append(row)
        del self._rows[:]
        found = array("Q")
        for bucket in buckets:
            found.extend(array("Q", sorted(bucket)))
        return found


def _lows(kind: EvidenceKind, keys: Sequence[str]) -> list[int]:
    """Return `first_row` of each key, -1 for blank ones."""
    lows = list(map(and_, map(hash, zip(repeat(kind.value), keys)), repeat(HASH_MASK)))
    return [low if key else -1 for low, key in zip(lows, keys, strict=True)] if "" in keys else lows
