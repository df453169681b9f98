"""Recognition as machine code, where it was compiled from the very sources that stand here; else it runs as Python.

`deploy/compile.py` makes modules of `mailguard.recognise` with mypyc and puts them into a folder named by the digest of
their sources, in the environment that Python runs from. A source that was changed since has another digest: then no
folder fits, and the sources themselves run. So what runs is always what stands in the sources.

The environment variable MAILGUARD_COMPILED: `no` never takes compiled modules, `must` stops where there are none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableSequence
from hashlib import blake2b
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PACKAGE = "recognise"
"""What is compiled: every module of it."""
LIBRARY = f"mailguard.{PACKAGE}.machine__mypyc"
"""The one library of machine code; a module of mailguard.recognise beside it is only a door to it."""
_SOURCES = (PACKAGE, "roll", "policy", "model.py", "compiled.py")
"""All that the machine code hangs on: the package, the floors below it whose types it builds upon, and this recipe."""


def home() -> Path:
    """Return the folder of this environment that holds a folder of compiled modules by digest."""
    return Path(sys.prefix) / "mailguard-compiled"


def sources(package: Path) -> Iterator[Path]:
    """Yield the files that compiled modules are made from, in order; `package` is the folder of mailguard."""
    for name in _SOURCES:
        path = package / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def digest(package: Path) -> str:
    """Return the digest of the sources in the folder of mailguard and of the kind of Python that runs."""
    found = blake2b(EXTENSION_SUFFIXES[0].encode(), digest_size=16)
    for path in sources(package):
        text = path.read_bytes()
        found.update(f"\n{path.relative_to(package).as_posix()} {len(text)}\n".encode() + text)
    return found.hexdigest()


def prefer(path: MutableSequence[str]) -> None:
    """Put the folder of compiled modules before the sources on the path of their package, if there is one that fits.

    Raises ImportError where MAILGUARD_COMPILED is `must` and there is none."""
    wish = os.environ.get("MAILGUARD_COMPILED")
    if wish == "no":
        return
    try:
        folder = home() / digest(Path(__file__).parent)
        there = folder.is_dir()
    except OSError:  # closed to whoever runs this, or no file behind a name (the lock of an editor)
        there = False
    if there:
        path.insert(0, str(folder))
        try:
            import_module(LIBRARY)
        except ImportError:  # made for another machine: the sources run everywhere
            del path[0]
    if wish == "must" and not in_use():
        raise ImportError("recognition is not compiled from these sources: run deploy/compile.py")


def in_use() -> bool:
    """Return whether recognition runs as machine code in this process; False as long as nobody has imported it."""
    return LIBRARY in sys.modules
