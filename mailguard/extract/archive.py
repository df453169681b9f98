"""Archives and compressed files: every member is a part to read; what would swell past the budget is never unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import posixpath
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol

from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_CHUNK = 1 << 18
_RATIO_FROM = 10 << 20
_RATIO = 200
_LOCAL_HEADER = 30
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error, KeyError)


class Unpacking(Protocol):
    """A stream that unpacks as it is read."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        ...


def read_zip(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield each member of a zip; members of one name are all read, names and comments are text."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(part.data))
    except (*_DAMAGED, NotImplementedError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the archive cannot be opened", part.leaf)
        return
    entries = archive.infolist()
    if len(entries) > budget.limits.parts:
        raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {budget.limits.parts} files in an archive", local=True)
    if _overlap(entries):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "members of the archive overlap", part.leaf)
    if archive.comment:
        yield Segment(archive.comment.decode("utf-8", "replace"), part.place, SegmentKind.COMMENT, False, part.leaf)
    for entry in entries:
        if not entry.is_dir():
            yield from _zip_member(archive, entry, part, budget)


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            return True
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    return False


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, part: Part, budget: Budget) -> Iterator[Item]:
    step = entry.filename
    place = (*part.place, step)
    passwords = [p.encode("utf-8", "replace") for p in part.passwords] if entry.flag_bits & 1 else [None]
    data: bytes | None = None
    for password in passwords:
        try:
            with archive.open(entry, pwd=password) as stream:
                data = _pull(stream, entry.compress_size, budget)
            break
        except RuntimeError:
            continue
        except NotImplementedError:
            detail = "a way of packing that is not known"
            yield Unreadable(place, UnreadableReason.UNSUPPORTED, detail, len(place))
            return
        except _DAMAGED:
            if entry.flag_bits & 1:
                # One wrong password in 256 passes the first check and fails here.
                continue
            yield Unreadable(place, UnreadableReason.DAMAGED, "the member cannot be unpacked", len(place))
            return
    if data is None:
        yield Segment(step, place, SegmentKind.FILE_NAME, leaf=len(place))
        yield Unreadable(place, UnreadableReason.ENCRYPTED, "a password-protected member", len(place))
        return
    yield Child(data, step, step)


def _pull(stream: Unpacking, packed: int, budget: Budget) -> bytes:
    """Unpack a stream within the budget; raise OverBudget before it swells past it."""
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_CHUNK):
        size += len(piece)
        if size > budget.limits.part_bytes:
            detail = f"a part of more than {budget.limits.part_bytes} bytes"
            raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
        if size > _RATIO_FROM and size > packed * _RATIO:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"packed more than {_RATIO} to one", local=True)
        pieces.append(piece)
    return b"".join(pieces)


def read_gzip(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the content of a gzip file."""
    name = _gzip_name(part.data)
    if name:
        yield Segment(name, part.place, SegmentKind.FILE_NAME, leaf=part.leaf)
    with gzip.GzipFile(fileobj=io.BytesIO(part.data)) as stream:
        yield from _single(part, budget, stream, name)


def read_bzip2(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the content of a bzip2 file."""
    with bz2.BZ2File(io.BytesIO(part.data)) as stream:
        yield from _single(part, budget, stream)


def read_xz(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the content of an xz file."""
    with lzma.LZMAFile(io.BytesIO(part.data)) as stream:
        yield from _single(part, budget, stream)


def _single(part: Part, budget: Budget, stream: Unpacking, name: str = "") -> Iterator[Item]:
    try:
        data = _pull(stream, len(part.data), budget)
    except _DAMAGED:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the file cannot be unpacked", part.leaf)
        return
    stem = posixpath.splitext(part.name)[0]
    yield Child(data, name or stem or "content", name or stem)


def _gzip_name(data: bytes) -> str:
    """Return the file name that a gzip header carries (RFC 1952 section 2.3)."""
    if len(data) < 12 or not data[3] & 8 or data[3] & 4:
        return ""
    return data[10 : data.find(b"\0", 10)].decode("latin-1") if b"\0" in data[10:400] else ""


def read_tar(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield each file of a tar archive; links and devices carry no content."""
    try:
        with tarfile.open(fileobj=io.BytesIO(part.data), mode="r:") as archive:
            for count, member in enumerate(archive, 1):
                if count > budget.limits.parts:
                    detail = f"more than {budget.limits.parts} files in an archive"
                    raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None:
                    yield Child(_pull(stream, member.size, budget), member.name, member.name)
    except (tarfile.TarError, *_DAMAGED):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the archive cannot be read to its end", part.leaf)
