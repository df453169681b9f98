"""The pupils of a roll as bytes, made into objects one at a time when they are asked for.

A forked process that looks at an object writes to its memory, for the reference count is there, and so copies the page
that it lies on; a hundred thousand pupils lie on many pages. Bytes are only read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import fields
from itertools import accumulate
from operator import attrgetter
from typing import Any, get_type_hints

import msgspec

from mailguard.model import Pupil

_KEPT = 512
_FIELDS = tuple(field.name for field in fields(Pupil))
_values_of = attrgetter(*_FIELDS)
_Row: Any = msgspec.defstruct(
    "_Row",
    [(name, get_type_hints(Pupil)[name]) for name in _FIELDS],
    namespace={"key": Pupil.key},
    array_like=True,
    frozen=True,
    gc=False,
)
"""A pupil as an object that the decoder makes by itself; it answers whatever a `Pupil` does."""


class Pupils:
    """Pupils by their number in the roll; those asked for last, a thousand at most, are kept as objects.

    The values of a pupil are kept without the names of the fields, which would be two thirds of the bytes."""

    def __init__(self, pupils: Iterable[Pupil]) -> None:
        rows = list(map(msgspec.msgpack.Encoder().encode, map(_values_of, pupils)))
        self._packed = memoryview(b"".join(rows))
        self._starts = array("Q", accumulate(map(len, rows), initial=0))
        self._decode: Any = msgspec.msgpack.Decoder(_Row).decode
        self._known: dict[int, Pupil] = {}
        self._before: dict[int, Pupil] = {}

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> Pupil:
        pupil = self._known.get(number)
        if pupil is not None:
            return pupil
        if len(self._known) >= _KEPT:
            self._known, self._before = {}, self._known
        pupil = self._before.get(number)
        if pupil is None:
            pupil = self._decode(self._packed[self._starts[number] : self._starts[number + 1]])
        self._known[number] = pupil
        return pupil
