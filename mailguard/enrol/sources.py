"""Which reader a roll's source needs: told by name, or seen by what lies there."""

from __future__ import annotations

from pathlib import Path

from mailguard.roll.mapping import Mapping, parse_mapping
from mailguard.roll.packing import no_collection
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.sources.ctf import load_ctf
from mailguard.roll.sources.mapped import load_mapped
from mailguard.roll.sources.native import load_native
from mailguard.roll.sources.oneroster import load_oneroster

FORMATS = ("native", "ctf", "oneroster", "csv")
SUFFIXES = {".xml": "ctf", ".zip": "oneroster", ".csv": "csv", ".xlsx": "csv", ".tsv": "csv", ".txt": "csv"}


def load_source(
    source: Path, form: str = "", school: str = "", mapping: Path | None = None, *, partial: bool = False
) -> Loaded:
    """Read the roll at a path. `form` is one of FORMATS (blank: seen by what lies there), `school` the code of the
    school that a file without school codes is of, `mapping` a saved mapping of the columns of a CSV or XLSX export; a
    `partial` export only adds to pupils whom another source names. Raises RollError with every problem; never returns
    half a roll."""
    if not source.exists():
        raise RollError([Problem(source.name, 0, "", "there is no such file or folder.", "Correct the path.")])
    if not (source.is_file() or source.is_dir()):
        remedy = "Name the file or folder of an export."
        raise RollError([Problem(source.name, 0, "", "this is neither a file nor a folder.", remedy)])
    with no_collection():
        match form or _form_of(source):
            case "native":
                return load_native(source)
            case "ctf":
                return load_ctf(source, school)
            case "oneroster":
                return load_oneroster(source, school)
            case "csv":
                return load_mapped(source, school, load_mapping(mapping) if mapping else None, partial=partial)
    remedy = f"Name the format: {', '.join(FORMATS)}."
    raise RollError([Problem(source.name, 0, "", "this is not a roll that is known by sight.", remedy)])


def must_have_columns(source: Path) -> None:
    """Raise RollError unless a path is a file whose columns may be mapped: a folder, a transfer file or a OneRoster
    ZIP says itself what is what."""
    if not source.is_file() or SUFFIXES.get(source.suffix.lower()) in ("ctf", "oneroster"):
        remedy = "A CTF, OneRoster or mailguard's own tables need none: see what `roll import --dry-run` says."
        raise RollError([Problem(source.name, 0, "", "this is no CSV or XLSX with columns to be mapped.", remedy)])


def _form_of(source: Path) -> str:
    if source.is_file():
        return SUFFIXES.get(source.suffix.lower(), "")
    return "oneroster" if (source / "users.csv").exists() else "native"


def load_mapping(mapping: Path) -> Mapping:
    """Read a saved mapping. Raises RollError with every fault."""
    try:
        text = mapping.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        remedy = "Check its path, rights and encoding (UTF-8)."
        raise RollError([Problem(mapping.name, 0, "", "the mapping cannot be read.", remedy)]) from None
    return parse_mapping(text, mapping.name)
