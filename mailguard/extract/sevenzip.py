"""7z archives, where the extra `mailguard[archives]` is installed; without it they are reported."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_PIECE = 16 << 20
_THREADED = "PPMd"  # its unpacker waits for a thread, which a jailed reader may not start

try:
    import py7zr
    from py7zr import py7zr as engine
    from py7zr.io import BytesIOFactory
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True
    # It would ask /proc how much memory there is, which a jailed reader may not; a piece of this size is enough.
    vars(engine)["get_memory_limit"] = lambda: _PIECE


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield each file of a 7z archive; passwords that the message gives are tried."""
    if not INSTALLED:
        yield Unreadable(part.place, UnreadableReason.NEEDS_EXTRA, "7z: install mailguard[archives]", part.leaf)
        return
    locked = False
    for password in (None, *part.passwords):
        try:
            files = _files(part.data, password, budget)
        except OverBudget:
            raise
        except py7zr.UnsupportedCompressionMethodError:
            detail = "a way of packing that is not known"
            yield Unreadable(part.place, UnreadableReason.UNSUPPORTED, detail, part.leaf)
            return
        except Exception:  # the library raises what its unpackers raise, and a wrong password looks like damage
            locked = locked or _is_locked(part.data)
            if not locked:
                break
            continue
        for name, data in files:
            yield Child(data, name, name)
        return
    if locked:
        yield from _names(part)
        yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "a password-protected archive", part.leaf)
    else:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the archive cannot be unpacked", part.leaf)


def _files(data: bytes, password: str | None, budget: Budget) -> list[tuple[str, bytes]]:
    with py7zr.SevenZipFile(io.BytesIO(data), password=password) as archive:
        if any(way.startswith(_THREADED) for way in archive._get_method_names()):
            raise py7zr.UnsupportedCompressionMethodError(_THREADED.encode(), "its unpacker needs a thread")
        listed = archive.list()
        limits = budget.limits
        if len(listed) > limits.parts:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {limits.parts} files in an archive", local=True)
        if max((entry.uncompressed for entry in listed), default=0) > limits.part_bytes:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {limits.part_bytes} bytes", local=True)
        # Unpacking is all or nothing here, so the sum is charged before it begins.
        if sum(entry.uncompressed for entry in listed) > limits.total_bytes - budget.total_bytes:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {limits.total_bytes} bytes unpacked", local=True)
        factory: Any = BytesIOFactory(limits.part_bytes)
        archive.extractall(factory=factory)
        return [(name, product.read()) for name, product in factory.products.items()]


def _is_locked(data: bytes) -> bool:
    try:
        with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            return bool(archive.needs_password())
    except py7zr.PasswordRequired:
        return True
    except Exception:  # as above: not even the directory can be read
        return False


def _names(part: Part) -> Iterator[Item]:
    """Yield the names that a locked archive shows."""
    try:
        with py7zr.SevenZipFile(io.BytesIO(part.data)) as archive:
            names = archive.getnames()
    except Exception:  # the directory itself is locked
        return
    for name in names:
        place = (*part.place, name)
        yield Segment(name, place, SegmentKind.FILE_NAME, leaf=len(place))
