"""How much a file of a roll may hold: what is far beyond any trust is told instead of taking the machine's memory."""

from __future__ import annotations

from pathlib import Path

LARGEST_FILE = 256 << 20
"""Bytes of one file. 100,000 pupils with 200,000 contacts take about 50 MB."""
LONGEST_LINE = 1 << 20
"""Bytes of one line. A row of an export takes some hundred, and no cell more than 128 KB."""


def read_whole(path: Path) -> bytes:
    """Return a file's bytes, of one that is too large no more than `too_much` needs to say so. Raises OSError."""
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def too_much(data: bytes) -> tuple[int, str, str] | None:
    """Return line, fault and remedy where a table, or a line of it, is larger than is read; None if all is well."""
    if len(data) > LARGEST_FILE:
        remedy = "Export the pupils and contacts of today only, each school by itself."
        return 0, f"the file is larger than {LARGEST_FILE >> 20} MB.", remedy
    start = 0
    while len(data) - start > LONGEST_LINE:
        end = max(data.rfind(mark, start, start + LONGEST_LINE) for mark in (b"\n", b"\r"))
        if end < 0:
            line = 1 + data.count(b"\n" if b"\n" in data[:start] else b"\r", 0, start)
            remedy = "Export it again, a row on each line; it is damaged, or its line ends were lost."
            return line, f"the line is longer than {LONGEST_LINE >> 20} MB.", remedy
        start = end + 1
    return None
