"""The zip container of office files: members as counted bytes, and what makes a container refuse to be trusted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from mailguard.extract.budget import Budget, OverBudget
from mailguard.model import UnreadableReason

_CHUNK = 1 << 16
_LOCAL_HEADER = 30
_MEMBER = b"PK\x03\x04"
_DESCRIPTOR = 24  # sizes and checksum that may follow a member
_MAX_MEMBERS = 10_000


class BadPackage(Exception):
    """The container is damaged or lies about itself; the text names the fault, never content."""


class Package:
    """A zip container of an office file. Members are known by their entry, so that two of one name are both read."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        self._data = data
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self.members = [entry for entry in self._zip.infolist() if not entry.is_dir() or entry.file_size]
            self.folders = [entry.filename for entry in self._zip.infolist() if entry.is_dir()]
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
            raise BadPackage("the container cannot be opened") from error
        if len(self.members) > _MAX_MEMBERS:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {_MAX_MEMBERS} members in a container")
        self._refuse_overlap(len(data))

    def _refuse_overlap(self, size: int) -> None:
        end = 0
        for entry in sorted(self.members, key=lambda entry: entry.header_offset):
            if entry.header_offset < end:
                raise BadPackage("members of the container overlap")
            end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
        if end > size:
            raise BadPackage("the container is cut short")

    def unlisted(self) -> bytes:
        """Return the bytes that belong to no member: what stands between them. Raise BadPackage where a member that the
        directory does not list is among them."""
        pieces: list[bytes] = []
        end = 0
        for entry in sorted(self._zip.infolist(), key=lambda entry: entry.header_offset):
            start = entry.header_offset
            pieces.append(self._data[end:start])
            names = sum(struct.unpack_from("<HH", self._data, start + 26)) if start + 30 <= len(self._data) else 0
            end = start + _LOCAL_HEADER + names + entry.compress_size
        pieces.append(self._data[end : max(end, self._zip.start_dir)])
        if any(_MEMBER in piece for piece in pieces):
            raise BadPackage("the container holds files that its directory does not list")
        return b"\n".join(piece for piece in pieces if len(piece) > _DESCRIPTOR)

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield a member's bytes in pieces, each charged to the budget. Raise BadPackage where it is damaged."""
        count = 0
        try:
            with self._zip.open(entry) as stream:
                while piece := stream.read(_CHUNK):
                    count += len(piece)
                    if count > self._budget.limits.part_bytes:
                        limit = self._budget.limits.part_bytes
                        raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {limit} bytes")
                    self._budget.spend_bytes(len(piece))
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise BadPackage("a member of the container cannot be unpacked") from error

    def read(self, entry: zipfile.ZipInfo) -> bytes:
        """Return a member whole."""
        return b"".join(self.chunks(entry))

    def find(self, name: str) -> zipfile.ZipInfo | None:
        """Return the last member of this name, as a program that opens the file would, whatever its case."""
        wanted = name.lower()
        return next((entry for entry in reversed(self.members) if entry.filename.lower() == wanted), None)
