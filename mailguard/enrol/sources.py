"""Which reader a roll's source needs: told by name, or seen by what lies there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.sources.ctf import load_ctf
from mailguard.roll.sources.native import load_native
from mailguard.roll.sources.oneroster import load_oneroster

FORMATS: dict[str, Callable[[Path, str], Loaded]] = {
    "native": lambda path, _: load_native(path),
    "ctf": load_ctf,
    "oneroster": load_oneroster,
}
SUFFIXES = {".xml": "ctf", ".zip": "oneroster"}


def load_source(source: Path, form: str = "", school: str = "") -> Loaded:
    """Read the roll at a path. `form` is one of FORMATS (blank: seen by what lies there), `school` the code of the
    school that a file without school codes is of. Raises RollError with every problem; never returns half a roll."""
    found = form or _form_of(source)
    if found not in FORMATS:
        remedy = f"Name the format: {', '.join(FORMATS)}."
        raise RollError([Problem(source.name, 0, "", "this is not a roll that is known by sight.", remedy)])
    return FORMATS[found](source, school)


def _form_of(source: Path) -> str:
    if source.is_file():
        return SUFFIXES.get(source.suffix.lower(), "")
    return "oneroster" if (source / "users.csv").exists() else "native"
