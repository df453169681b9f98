"""The digest that fixes the frozen half: whoever changes it must change `frozen.sha256` too, and is seen to do so."""

from __future__ import annotations

import hashlib
from pathlib import Path

FROZEN = Path(__file__).parent / "frozen"
RECORD = Path(__file__).parent / "frozen.sha256"


def digest() -> str:
    """Return SHA-256 over names and contents of the frozen folder's files, in order of name."""
    total = hashlib.sha256()
    for path in sorted(FROZEN.iterdir()):
        if path.is_file():
            total.update(f"{path.name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


if __name__ == "__main__":
    RECORD.write_text(digest() + "\n", encoding="ascii")
