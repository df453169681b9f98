"""Unpacking within the budget: what would swell past it is never held in memory, what came before damage is kept."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Protocol

from mailguard.extract.budget import Budget, OverBudget
from mailguard.model import UnreadableReason

DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error, KeyError)
"""What the unpackers of the standard library raise for damaged input."""

_CHUNK = 1 << 18
_RATIO_FROM = 10 << 20
_RATIO = 200


class Unpacking(Protocol):
    """A stream that unpacks as it is read."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out, and whether that was all."""

    data: bytes = field(repr=False)
    whole: bool


def pull(stream: Unpacking, packed: int, budget: Budget) -> Unpacked:
    """Unpack a stream of `packed` bytes; raise OverBudget before it swells past the budget."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := stream.read(_CHUNK):
            size += len(piece)
            if size > budget.limits.part_bytes:
                detail = f"a part of more than {budget.limits.part_bytes} bytes"
                raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
            if size > _RATIO_FROM and size > packed * _RATIO:
                raise OverBudget(UnreadableReason.TOO_LARGE, f"packed more than {_RATIO} to one", local=True)
            pieces.append(piece)
    except DAMAGED:
        return Unpacked(b"".join(pieces), False)
    return Unpacked(b"".join(pieces), True)
