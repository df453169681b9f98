"""The words of notices as a school has written them: a folder of text files, each one notice, in place of our own.

`NOTICE.txt` counts for every school, `CODE/NOTICE.txt` for one. The first line is the subject ("Subject: ..."), then
come paragraphs apart by empty lines, with placeholders in braces. There are none for anything of a pupil, of the
message's text or of its recipients, so that no wording can give such a thing away. A file that is missing, or has a
fault, leaves our own words in force: a notice goes out in any case."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from mailguard.observe import Event, log
from mailguard.policy import Problem
from mailguard.policy.toml import nearest

_GENERAL = frozenset({"reference", "school", "sign_in"})
_ONE = _GENERAL | {"time", "recipients", "held", "what", "why"}
_RUN = _GENERAL | {"count", "held", "first", "last"}
_LEFT = _GENERAL | {"count", "oldest"}
KINDS: dict[str, frozenset[str]] = {
    "sender": _ONE,
    "office": _ONE | {"from"},
    "sender-run": _RUN,
    "office-run": _RUN | {"from"},
    "digest": _LEFT,
    "escalation": _LEFT,
    "decision": frozenset({"reference", "time", "count", "offered"}),
}
"""The notices, by the names of their files, and the placeholders each knows."""

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_MOST_BYTES = 20_000
_MOST_SUBJECT = 150
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Wording:
    """The subject and paragraphs of one notice, with placeholders."""

    subject: str
    paragraphs: tuple[str, ...]

    def fill(self, fields: Mapping[str, str]) -> tuple[str, list[str]]:
        """Subject and paragraphs with `fields` in place of the placeholders; a paragraph that becomes empty is left
        out, and what a field holds is never taken for a placeholder."""

        def put(text: str) -> str:
            return _PLACEHOLDER.sub(lambda found: fields.get(found[1], ""), text).strip()

        return " ".join(put(self.subject).split()), [one for one in map(put, self.paragraphs) if one]


Wordings = Mapping[tuple[str, str], Wording]
"""By school code ("": every school) and notice."""


def of_school(wordings: Wordings, school: str) -> dict[str, Wording]:
    """The wordings in force for a school, by notice."""
    general = {kind: one for (code, kind), one in wordings.items() if code == ""}
    return general | {kind: one for (code, kind), one in wordings.items() if code == school}


def load_wordings(folder: Path) -> tuple[dict[tuple[str, str], Wording], list[Problem]]:
    """Read a folder. What can be used is returned beside the problems of what cannot."""
    found: dict[tuple[str, str], Wording] = {}
    problems: list[Problem] = []
    try:
        inside = sorted(folder.iterdir())
        files = [("", path) for path in inside if _may_be_read(path)]
        for own in (path for path in inside if path.is_dir()):
            files += [(own.name, path) for path in sorted(own.iterdir()) if _may_be_read(path)]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return {}, [Problem(str(folder), 0, f"cannot be read: {reason}.", "Check [hold] notices and the rights.")]
    for school, path in files:
        if path.name.startswith("."):
            continue
        shown, kind = path.relative_to(folder).as_posix(), path.stem
        if path.suffix != ".txt" or kind not in KINDS or (school and not _CODE.fullmatch(school)):
            near = nearest(kind, tuple(KINDS))
            remedy = f'Did you mean "{near}.txt"?' if near else f"Notices are: {', '.join(KINDS)}."
            problems.append(Problem(shown, 0, "this is the name of no notice.", remedy))
            continue
        wording, faults = _read(path, shown, kind)
        problems += faults
        if wording is not None:
            found[school, kind] = wording
    return found, problems


def strange_folders(folder: Path, schools: Collection[str]) -> list[Problem]:
    """Folders with notices that are named for none of these schools: nobody is ever told in those words."""
    problems = []
    try:
        own = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
        found = [path for path in own if path.name not in schools and any(path.glob("*.txt"))]
    except OSError:
        return []  # told by load_wordings
    for path in found:
        near = nearest(path.name, tuple(schools)) or nearest(path.name.upper(), tuple(schools))
        remedy = f'Did you mean "{near}"?' if near else f"Schools of the policy are: {', '.join(sorted(schools))}."
        problems.append(Problem(str(path), 0, "no [[school]] of the policy has this code.", remedy))
    return problems


def _may_be_read(path: Path) -> bool:
    """Whether it is a file, or a link that leads nowhere, which is told; a pipe would have to be waited for."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _read(path: Path, shown: str, kind: str) -> tuple[Wording | None, list[Problem]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None, [Problem(shown, 0, "this is too long for a notice.", f"At most {_MOST_BYTES:,} bytes.")]
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)  # it may have grown since
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return None, [Problem(shown, 0, f"cannot be read: {reason}.", "Check the rights.")]
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return None, [Problem(shown, line, "this is not UTF-8.", "Save the file as UTF-8.")]
    if len(data) > _MOST_BYTES:
        return None, [Problem(shown, 0, "this is too long for a notice.", f"At most {_MOST_BYTES:,} bytes.")]
    return parse(text, shown, kind)


def parse(text: str, shown: str, kind: str) -> tuple[Wording | None, list[Problem]]:
    """The wording of one notice, or every problem with its line."""
    lines = text.split("\n")
    problems = [one for n, line in enumerate(lines, 1) for one in _line_problems(shown, n, line, KINDS[kind])]
    head, _, subject = lines[0].partition(":")
    if head.strip().lower() != "subject" or not subject.strip():
        problems.insert(0, Problem(shown, 1, "the subject is missing.", 'Begin with a line "Subject: ...".'))
    elif len(subject) > _MOST_SUBJECT:
        problems.insert(0, Problem(shown, 1, "the subject is too long.", f"At most {_MOST_SUBJECT} letters."))
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n[ \t]*\n", "\n".join(lines[1:])) if one.strip()]
    if not paragraphs:
        problems.append(Problem(shown, 0, "there is no text below the subject.", "Write it after an empty line."))
    elif "{reference}" not in text:
        remedy = "Write {reference} where it belongs: people quote it when they ring."
        problems.append(Problem(shown, 0, "the reference is missing.", remedy))
    return (None, problems) if problems else (Wording(subject.strip(), tuple(paragraphs)), [])


def _line_problems(shown: str, n: int, line: str, known: frozenset[str]) -> list[Problem]:
    found = []
    for name in _PLACEHOLDER.findall(line):
        if name not in known:
            near = nearest(name, tuple(sorted(known)))
            all_of_them = ", ".join(f"{{{one}}}" for one in sorted(known))
            remedy = f"Did you mean {{{near}}}?" if near else f"Known here: {all_of_them}."
            found.append(Problem(shown, n, f"unknown placeholder {{{name}}}.", remedy))
    rest = _PLACEHOLDER.sub("", line)
    if "{" in rest or "}" in rest:
        found.append(Problem(shown, n, "a brace without its partner.", "Write placeholders as {reference}."))
    if any(not (letter.isprintable() or letter == "\t") for letter in line):
        found.append(Problem(shown, n, "a character that cannot be shown.", "Remove it."))
    return found


class Shelf:
    """The wordings of a folder, read again when something in it changes. Without a folder there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._stamp: tuple[object, ...] = ()
        self._wordings: Wordings = {}
        self.problems: list[Problem] = []

    def of(self, school: str) -> dict[str, Wording]:
        """The wordings in force for a school, by notice. `problems` are those of the last reading."""
        if self._folder is None:
            return {}
        stamp = self._look(self._folder)
        if stamp != self._stamp:
            self._wordings, self.problems = load_wordings(self._folder)
            self._stamp = stamp
            for one in self.problems:
                log(Event.CONFIG_REFUSED, file=one.file, line=one.line)
        return of_school(self._wordings, school)

    @staticmethod
    def _look(folder: Path) -> tuple[object, ...]:
        try:
            paths = sorted((*folder.glob("*.txt"), *folder.glob("*/*.txt")))
        except OSError as error:
            return (False, error.errno)
        return (True, *map(_stamp_of, paths))


def _stamp_of(path: Path) -> tuple[object, ...]:
    # Of each file by itself: one that cannot be looked at must not hide what changes in the others.
    try:
        found = path.stat()
    except OSError as error:
        return (str(path), error.errno)
    return (str(path), found.st_mtime_ns, found.st_size)
