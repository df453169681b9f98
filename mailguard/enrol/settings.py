"""Where a roll comes from: the slice of the configuration that enrol reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mailguard.policy.toml import Table

EVERY_SECONDS = 3600.0


class SourceForm(StrEnum):
    """What a source of the roll is; SEEN: told by what lies there."""

    SEEN = ""
    NATIVE = "native"
    CTF = "ctf"
    ONEROSTER = "oneroster"
    CSV = "csv"
    WONDE = "wonde"


@dataclass(frozen=True, slots=True)
class RollSource:
    """One source: a folder or file at `path`, watched, or a `url` that is asked `every` so many seconds with the token
    in `token_file`. `form` is one of mailguard.enrol.sources.FORMATS or "wonde" (blank: seen by what lies there).

    A source of one `school` stands for itself: when it fails, that school keeps its part of the roll in force.
    `adds_pupils` lets a source after the first bring pupils whom no source before names."""

    name: str
    path: Path | None = None
    url: str = ""
    form: str = ""
    school: str = ""
    mapping: Path | None = None
    token_file: Path | None = None
    every: float = EVERY_SECONDS
    adds_pupils: bool = False


def roll_sources(table: Table, folder: Path) -> tuple[RollSource, ...]:
    """Take `source` of [roll]: one path, or a table for each source that is to be joined. Paths start at `folder`."""
    if not isinstance(table.values.get("source"), list):
        path = folder / table.text("source", "/etc/mailguard/roll")
        return (RollSource(path.name, path),)
    sources = tuple(_roll_source(source, folder) for source in table.tables("source"))
    if not sources:
        table.report("source", "no source of the roll.", 'Write source = "/etc/mailguard/roll".')
    return sources


def _roll_source(table: Table, folder: Path) -> RollSource:
    form = table.choice("format", SourceForm, SourceForm.SEEN)
    path, url, school = table.text("path"), table.text("url"), table.text("school")
    own = (school, Path(path).name or url.rstrip("/").rpartition("/")[2])
    source = RollSource(
        name=" ".join(filter(None, own)),
        path=folder / path if path else None,
        url=url,
        form=form.value,
        school=school,
        mapping=folder / table.text("mapping") if "mapping" in table else None,
        token_file=folder / table.text("token_file") if "token_file" in table else None,
        every=table.duration("every", EVERY_SECONDS),
        adds_pupils=table.flag("adds_pupils", False),
    )
    if bool(path) == bool(url):
        remedy = 'Write path = "oak.xml", or url = "https://api.wonde.com/v1.0/schools/ID" with format = "wonde".'
        table.report("url" if url else "", "a source has either a path or a url.", remedy)
    if bool(url) != (form is SourceForm.WONDE):
        table.report("format" if form is not SourceForm.SEEN else "url", 'a url goes with format = "wonde".')
    if url and not (school and source.token_file):
        table.report(
            "url", "school and token_file are missing beside it.", 'Write school = "OAK", token_file = "token".'
        )
    table.finish()
    return source
