"""Zip archives: every member is a part, those that the directory does not list as well.

A zip is described twice, in its directory and before each member, and programs differ in what they believe. Members are
read by the directory; what stands between them and looks like a member is read too and makes the archive ambiguous.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from mailguard.extract import zipaes
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.parts import Child, Item, Part, step_of
from mailguard.extract.speech import spoken
from mailguard.extract.unpack import DAMAGED, Unpacked, pull
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_LOCAL = b"PK\x03\x04"
_LOCAL_HEADER = 30
_ENCRYPTED = 1
_AES = 99


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield each member of a zip; names and comments are text, passwords that the message gives are tried."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(part.data))
    except (*DAMAGED, NotImplementedError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the archive's directory cannot be read", part.leaf)
        yield from _unlisted(part, [], budget)
        return
    entries = archive.infolist()
    if len(entries) > budget.limits.parts:
        raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {budget.limits.parts} files in an archive", local=True)
    if archive.comment:
        yield Segment(archive.comment.decode("utf-8", "replace"), part.place, SegmentKind.COMMENT, False, part.leaf)
    covered, overlap = _covered(entries, part.data)
    if overlap:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "members of the archive overlap", part.leaf)
    for entry in entries:
        if not entry.is_dir() or entry.file_size:
            yield from _member(archive, entry, part, budget)
        elif spoken(entry.filename):
            place = (*part.place, step_of(entry.filename))
            yield Segment(entry.filename, place, SegmentKind.FILE_NAME, leaf=len(part.place) + 1)
    yield from _unlisted(part, covered, budget)


def _covered(entries: list[zipfile.ZipInfo], data: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Return the slices of the file that listed members take, in order, and whether any two overlap."""
    spans: list[tuple[int, int]] = []
    overlap = False
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        start = entry.header_offset
        names = sum(struct.unpack_from("<HH", data, start + 26)) if start + _LOCAL_HEADER <= len(data) else 0
        overlap = overlap or bool(spans and start < spans[-1][1])
        spans.append((start, start + _LOCAL_HEADER + names + entry.compress_size))
    return spans, overlap


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, part: Part, budget: Budget) -> Iterator[Item]:
    step = entry.filename
    place = (*part.place, step_of(step))
    if entry.comment:
        text = entry.comment.decode("utf-8", "replace")
        yield Segment(text, place, SegmentKind.COMMENT, False, len(place))
    for text in filter(spoken, strings(entry.extra)):
        yield Segment(text, place, SegmentKind.SWEEP, False, len(place))
    if entry.flag_bits & _ENCRYPTED:
        unlocked = _unlocked(archive, entry, part, budget)
        if unlocked is None:
            yield Segment(step, place, SegmentKind.FILE_NAME, leaf=len(place))
            yield Unreadable(place, UnreadableReason.ENCRYPTED, "a password-protected member", len(place))
            return
        yield Child(unlocked, step, step)
        return
    try:
        with archive.open(entry) as stream:
            found = pull(stream, entry.compress_size, budget)
    except NotImplementedError:
        yield Segment(step, place, SegmentKind.FILE_NAME, leaf=len(place))
        yield Unreadable(place, UnreadableReason.UNSUPPORTED, "a way of packing that is not known", len(place))
        return
    except DAMAGED:
        found = Unpacked(b"", False)
    if not found.whole:
        yield Unreadable(place, UnreadableReason.DAMAGED, "the member cannot be unpacked whole", len(place))
        salvaged = _salvaged(part.data, entry.header_offset, budget)
        found = Unpacked(salvaged[1] if salvaged else found.data, False)
    yield Child(found.data, step, step)


def _unlocked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, part: Part, budget: Budget) -> bytes | None:
    """Return a locked member's content if one of the passwords opens it."""
    for password in part.passwords:
        secret = password.encode("utf-8", "replace")
        try:
            if entry.compress_type == _AES:
                opened = zipaes.opened(part.data, entry, secret, budget)
                if opened is not None:
                    return opened
                continue
            with archive.open(entry, pwd=secret) as stream:
                found = pull(stream, entry.compress_size, budget)
        except (RuntimeError, NotImplementedError, *DAMAGED):
            # One wrong password in 256 passes the first check and fails while unpacking.
            continue
        if found.whole:
            return found.data
    return None


def _unlisted(part: Part, covered: list[tuple[int, int]], budget: Budget) -> Iterator[Item]:
    """Yield what looks like a member outside the slices that listed members take."""
    data = part.data
    at = data.find(_LOCAL)
    spans = iter(covered)
    start, end = next(spans, (len(data), len(data)))
    found = 0
    while at >= 0:
        while at >= end and end < len(data):
            start, end = next(spans, (len(data), len(data)))
        if start <= at < end:
            at = data.find(_LOCAL, max(end, at + 1))
            continue
        content = _salvaged(data, at, budget)
        if content is not None:
            found += 1
            if found == 1 and covered:
                detail = "the archive holds files that its directory does not list"
                yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, detail, part.leaf)
            name, unpacked = content
            yield Child(unpacked, name or f"member {found}", name)
        if found > budget.limits.parts:
            detail = f"more than {budget.limits.parts} files in an archive"
            raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
        at = data.find(_LOCAL, at + 4)


def _salvaged(data: bytes, at: int, budget: Budget) -> tuple[str, bytes] | None:
    """Unpack the member whose header stands at `at`; None if there is none."""
    if at + _LOCAL_HEADER > len(data):
        return None
    flags, method, packed, _, name_length, extra_length = struct.unpack_from("<4xHH8xIIHH", data, at + 2)
    start = at + _LOCAL_HEADER + name_length + extra_length
    name = data[at + _LOCAL_HEADER : at + _LOCAL_HEADER + name_length].decode("utf-8", "replace")
    if start > len(data) or method not in (0, 8):
        return None
    end = start + packed if packed and not flags & 8 else len(data)
    if method == 0:
        return (name, data[start:end]) if packed else None
    try:
        content = zlib.decompressobj(-15).decompress(data[start:end], budget.limits.part_bytes)
    except zlib.error:
        return None
    return (name, content) if content else None
