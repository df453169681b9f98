"""A roll as bytes in slices: each slice takes a moment to make and to read, so that whoever waits beside it is not held
up by a roll of a large trust."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from mailguard.model import Contact, Pupil, Relationship, Roll, StaffMember

ROWS = 1000
_KINDS: tuple[tuple[str, Any], ...] = (
    ("pupils", Pupil),
    ("contacts", Contact),
    ("relationships", Relationship),
    ("staff", StaffMember),
)
_encode = msgspec.msgpack.Encoder().encode
_decoders: tuple[msgspec.msgpack.Decoder[Any], ...] = tuple(
    msgspec.msgpack.Decoder(tuple[kind, ...])  # type: ignore[valid-type]
    for _, kind in _KINDS
)


def pack(roll: Roll) -> Iterator[bytes]:
    """Yield the rows of a roll as slices: one byte for the kind of row, then msgpack. The revision is not in them."""
    for place, (name, _) in enumerate(_KINDS):
        rows = getattr(roll, name)
        for start in range(0, len(rows), ROWS):
            yield bytes((place,)) + _encode(rows[start : start + ROWS])


def unpack(slices: Iterable[bytes], revision: str = "") -> Roll:
    """Return the roll that `pack` made slices of. msgspec.MsgspecError if they are not."""
    rows: tuple[list[Any], ...] = tuple([] for _ in _KINDS)
    with no_collection():
        for piece in slices:
            rows[piece[0]].extend(_decoders[piece[0]].decode(memoryview(piece)[1:]))
        pupils, contacts, relationships, staff = map(tuple, rows)
        roll = Roll(pupils, contacts, relationships, staff, revision)
        # Nor are they looked through later, all at once, while everybody waits. They go when nothing refers to them.
        gc.freeze()
    return roll


@contextmanager
def no_collection() -> Iterator[None]:
    """A roll is a million new objects, none of them garbage; looking for some takes a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
