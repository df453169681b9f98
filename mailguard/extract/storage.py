"""A storage of a compound file as a compound file of its own (MS-CFB), so that an object inside a document is read
by the reader of its format."""

from __future__ import annotations

from struct import pack

_SECTOR = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_STREAM, _ROOT = 2, 5
_IN_HEADER = 109


def as_file(streams: dict[str, bytes]) -> bytes:
    """Return a compound file of these streams. Short ones are filled up with zeros, so that no table of small sectors
    is needed. At most 400 MB."""
    sectors = bytearray()
    table: list[int] = []
    entries = [_entry("Root Entry", _ROOT, 1 if streams else _FREE, _FREE, _END, 0)]
    for number, (name, data) in enumerate(streams.items(), 1):
        filled = data.ljust(_SECTOR, b"\0")
        after = number + 1 if number < len(streams) else _FREE
        entries.append(_entry(name, _STREAM, _FREE, after, len(table), len(filled)))
        _add(filled, sectors, table)
    directory = len(table)
    _add(b"".join(entries), sectors, table)
    tables = 1
    while tables * (_SECTOR // 4) < len(table) + tables:
        tables += 1
    first = len(table)
    table += [_FAT] * tables
    table += [_FREE] * (tables * (_SECTOR // 4) - len(table))
    sectors += pack(f"<{len(table)}I", *table)
    head = pack("<8s16x5H6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 4, 0xFFFE, 12, 6)
    head += pack("<9I", 1, tables, directory, 0, 4096, _END, 0, _END, 0)
    head += pack(f"<{_IN_HEADER}I", *range(first, first + tables), *[_FREE] * (_IN_HEADER - tables))
    return head.ljust(_SECTOR, b"\0") + bytes(sectors)


def _add(data: bytes, sectors: bytearray, table: list[int]) -> None:
    count = -(-len(data) // _SECTOR)
    table += range(len(table) + 1, len(table) + count)
    table.append(_END)
    sectors += data.ljust(count * _SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    raw = name[:31].encode("utf-16-le") + b"\0\0"
    return pack("<64sHBB3I36xIQ", raw, len(raw), kind, 1, _FREE, right, child, start, size)
