"""A writer of compound files ([MS-CFB]), as small as the tests need."""

from __future__ import annotations

import struct

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
Tree = dict[str, "bytes | Tree"]


def compound(tree: Tree) -> bytes:
    """Return a compound file of nested storages (dicts) and streams (bytes)."""
    entries: list[dict[str, int | str]] = []
    sectors: list[bytes] = []
    chains: list[list[int]] = []
    small = bytearray()
    small_chains: list[list[int]] = []

    def place(data: bytes) -> list[int]:
        chain = list(range(len(sectors), len(sectors) - (-len(data) // 512)))
        sectors.extend(data[i : i + 512].ljust(512, b"\0") for i in range(0, len(data), 512))
        chains.append(chain)
        return chain

    def add(name: str, node: bytes | Tree) -> int:
        index = len(entries)
        entry: dict[str, int | str] = {
            "name": name,
            "kind": 1,
            "right": _FREE,
            "child": _FREE,
            "start": _END,
            "size": 0,
        }
        entries.append(entry)
        if isinstance(node, bytes):
            if len(node) < 4096:
                chain = list(range(len(small) // 64, -(-(len(small) + len(node)) // 64)))
                small.extend(node + bytes(-len(node) % 64))
                small_chains.append(chain)
            else:
                chain = place(node)
            entry |= {"kind": 2, "start": chain[0] if chain else _END, "size": len(node)}
        else:
            before = None
            for child, content in node.items():
                number = add(child, content)
                if before is None:
                    entry["child"] = number
                else:
                    entries[before]["right"] = number
                before = number
        return index

    add("Root Entry", tree)
    root = place(bytes(small))
    entries[0] |= {"kind": 5, "start": root[0] if root else _END, "size": len(small)}
    minor = _chained(small_chains, -(-len(small) // 64 // 128) * 128 or 128)
    minors = place(struct.pack(f"<{len(minor)}I", *minor))
    raw = b"".join(_entry(entry) for entry in entries)
    raw += _entry({"name": "", "kind": 0, "right": _FREE, "child": _FREE, "start": 0, "size": 0}) * (-len(entries) % 4)
    directory = place(raw)
    tables = 1
    while tables * 128 < len(sectors) + tables:
        tables += 1
    fat = _chained(chains, tables * 128)
    first = len(sectors)
    for number in range(first, first + tables):
        fat[number] = _FAT
    sectors.append(struct.pack(f"<{len(fat)}I", *fat))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, tables, directory[0], 0, 4096, minors[0], len(minors), _END, 0)
    head += struct.pack("<109I", *range(first, first + tables), *[_FREE] * (109 - tables))
    return head + b"".join(sectors)


def _chained(chains: list[list[int]], size: int) -> list[int]:
    table = [_FREE] * size
    for chain in filter(None, chains):
        for here, there in zip(chain, [*chain[1:], _END], strict=True):
            table[here] = there
    return table


def _entry(entry: dict[str, int | str]) -> bytes:
    name = str(entry["name"]).encode("utf-16-le") + b"\0\0"
    return (
        name.ljust(64, b"\0")
        + struct.pack("<HBB3I", len(name), entry["kind"], 1, _FREE, entry["right"], entry["child"])
        + bytes(36)
        + struct.pack("<IQ", entry["start"], entry["size"])
    )
