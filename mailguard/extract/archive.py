"""Compressed files and tar archives: what they hold is a part to read."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import posixpath
import tarfile
import zlib
from collections.abc import Callable, Iterator

from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.parts import Child, Item, Part, step_of
from mailguard.extract.speech import spoken
from mailguard.extract.unpack import DAMAGED, Unpacking, pull
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_GZIP = 31


def read_gzip(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the content of a gzip file."""
    extra, name, comment = _gzip_fields(part.data)
    if name:
        yield Segment(name, part.place, SegmentKind.FILE_NAME, leaf=part.leaf)
    for text in (extra, comment):
        if spoken(text):
            yield Segment(text, part.place, SegmentKind.COMMENT, False, part.leaf)
    with gzip.GzipFile(fileobj=io.BytesIO(part.data)) as stream:
        yield from _single(part, budget, stream, zlib.decompressobj(_GZIP).decompress, name)


def read_bzip2(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the content of a bzip2 file."""
    with bz2.BZ2File(io.BytesIO(part.data)) as stream:
        yield from _single(part, budget, stream, bz2.BZ2Decompressor().decompress)


def read_xz(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the content of an xz file."""
    with lzma.LZMAFile(io.BytesIO(part.data)) as stream:
        yield from _single(part, budget, stream, lzma.LZMADecompressor().decompress)


def _single(
    part: Part, budget: Budget, stream: Unpacking, salvage: Callable[[bytes, int], bytes], name: str = ""
) -> Iterator[Item]:
    found = pull(stream, len(part.data), budget)
    data = found.data
    if not found.whole:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the file cannot be unpacked whole", part.leaf)
        with contextlib.suppress(*DAMAGED):
            data = salvage(part.data, budget.limits.part_bytes)
    stem = posixpath.splitext(part.name)[0]
    yield Child(data, name or stem or "content", name or stem)


def _gzip_fields(data: bytes) -> tuple[str, str, str]:
    """Return extra field, file name and comment of a gzip header (RFC 1952 section 2.3), "" where it has none."""
    flags = data[3] if len(data) > 10 else 0
    end = 10
    extra = ""
    if flags & 4:
        end += 2 + int.from_bytes(data[10:12], "little")
        extra = data[12:end].decode("utf-8", "replace")
    fields = []
    for flag in (8, 16):
        text, found, _ = data[end : end + 65536].partition(b"\0") if flags & flag else (b"", b"", b"")
        end += len(text) + len(found)
        fields.append(text.decode("latin-1") if found else "")
    return extra, fields[0], fields[1]


def read_tar(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield each file of a tar archive and the names of the rest; archives written one after another are all read."""
    count = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(part.data), mode="r:", ignore_zeros=True) as archive:
            for member in archive:
                count += 1
                if count > budget.limits.parts:
                    detail = f"more than {budget.limits.parts} files in an archive"
                    raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
                yield from _tar_member(archive, member, part, budget)
    except (tarfile.TarError, *DAMAGED):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the archive cannot be read to its end", part.leaf)


def _tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo, part: Part, budget: Budget) -> Iterator[Item]:
    for text in (*member.pax_headers.values(), member.uname, member.gname):
        if spoken(text) and text != member.name:
            place = (*part.place, step_of(member.name))
            yield Segment(text, place, SegmentKind.METADATA, False, leaf=len(place))
    stream = archive.extractfile(member) if member.isfile() else None
    if stream is None:
        place = (*part.place, step_of(member.name))
        yield Segment(f"{member.name} {member.linkname}".strip(), place, SegmentKind.FILE_NAME, leaf=len(place))
        return
    found = pull(stream, member.size, budget)
    if not found.whole or len(found.data) < member.size:
        place = (*part.place, step_of(member.name))
        yield Unreadable(place, UnreadableReason.DAMAGED, "the member is cut short", len(place))
    yield Child(found.data, member.name, member.name)
