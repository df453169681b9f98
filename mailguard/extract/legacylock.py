"""Old and new Office files locked by a password: tried with the passwords at hand, else reported as encrypted.

A workbook that is only write-protected is locked with a password that every copy of Excel knows, and opens without
asking: that one is tried first.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from struct import error as StructError

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, ParseError

from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Unreadable, UnreadableReason

_EVERYBODYS = "VelvetSweatshop"


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the opened file as a child, or report that no password opens it."""
    for password in dict.fromkeys((_EVERYBODYS, *part.passwords)):
        opened = _open(part.data, password)
        budget.spend_bytes(len(opened))
        if opened:
            yield Child(opened, "unlocked", leaf=False)
            return
    yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "an Office file with a password")


def _open(data: bytes, password: str) -> bytes:
    out = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        if file.format == "ooxml":
            file.load_key(password=password, verify_password=True)
        else:
            file.load_key(password=password)
        file.decrypt(out)
    except (DecryptionError, FileFormatError, ParseError):
        return b""
    except (OSError, ValueError, StructError, KeyError, IndexError, TypeError, AttributeError):
        # What a damaged file makes of its own header: it cannot be opened, with this password or any.
        return b""
    return out.getvalue()
