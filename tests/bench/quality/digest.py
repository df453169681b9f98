"""The digests that fix the kept halves: whoever changes one must change its `NAME.sha256` too, and is seen to do so."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEPT = ("frozen", "blind", "blind2", "blind3")


def digest(half: str) -> str:
    """Return SHA-256 over names and contents of a kept half's files, in order of name."""
    total = hashlib.sha256()
    for path in sorted((HERE / half).iterdir()):
        if path.is_file():
            total.update(f"{path.name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def record(half: str) -> Path:
    """Return the file that holds a kept half's digest."""
    return HERE / f"{half}.sha256"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        record(name).write_text(digest(name) + "\n", encoding="ascii")
