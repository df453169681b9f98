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

_KEPT = 1024
_FIELDS = tuple(field.name for field in fields(Pupil))
_values_of = attrgetter(*_FIELDS)
_SETTERS = tuple(getattr(Pupil, name).__set__ for name in _FIELDS)
_TYPES: Any = tuple(get_type_hints(Pupil)[name] for name in _FIELDS)


class Pupils:
    """Pupils by their number in the roll; the last thousand asked for are kept as objects.

    The values of a pupil are kept without the names of the fields, which would be two thirds of the bytes."""

    def __init__(self, pupils: Iterable[Pupil]) -> None:
        rows = list(map(msgspec.msgpack.Encoder().encode, map(_values_of, pupils)))
        self._packed = memoryview(b"".join(rows))
        self._starts = array("Q", accumulate(map(len, rows), initial=0))
        self._decode: Any = msgspec.msgpack.Decoder(tuple[_TYPES]).decode
        self._known: dict[int, Pupil] = {}

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> Pupil:
        pupil = self._known.get(number)
        if pupil is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            row = self._packed[self._starts[number] : self._starts[number + 1]]
            pupil = self._known[number] = _pupil(self._decode(row))
        return pupil


def _pupil(values: Iterable[object]) -> Pupil:
    """Return the pupil of these values, as its own `__init__` would: that looks each field's slot up anew."""
    pupil = object.__new__(Pupil)
    for put, value in zip(_SETTERS, values, strict=True):
        put(pupil, value)
    return pupil
