"""The files a command is given: folders are walked for *.eml, symlinks are not followed, everything comes sorted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mailguard.cli.talk import stop
from mailguard.model import UnreadableReason


class NotReadable(Exception):
    """A file that cannot be read as one; the text says why, without its content, `reason` in the report's words."""

    def __init__(self, text: str, reason: UnreadableReason = UnreadableReason.DAMAGED) -> None:
        super().__init__(text)
        self.reason = reason


def messages(paths: Sequence[Path]) -> list[Path]:
    """Return the files of `paths`, sorted and once each: a file whatever its name, in folders every *.eml.

    Exits with status 2 if a path does not exist."""
    found: set[Path] = set()
    missing = [path for path in paths if not path.exists() and not path.is_symlink()]
    if missing:
        stop(f"{path}: there is no such file or folder" for path in missing)
    for path in paths:
        if path.is_dir():
            found.update(_walk(path))
        else:
            found.add(path)
    return sorted(found, key=str)


def _walk(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(root, name)
            if name.lower().endswith(".eml") and not path.is_symlink():
                yield path


def content(path: Path, most: int) -> bytes:
    """Return a file's bytes. Raises NotReadable for what is no regular file, cannot be opened or exceeds `most`."""
    try:
        # Opened without waiting: a pipe with a mail's name must not stop the run.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NotReadable(error.strerror or type(error).__name__) from None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise NotReadable("not a regular file")
        if facts.st_size > most:
            raise NotReadable(f"larger than {most} bytes", UnreadableReason.TOO_LARGE)
        try:
            return file.read()
        except OSError as error:
            raise NotReadable(error.strerror or type(error).__name__) from None
