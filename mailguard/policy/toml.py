"""Read a TOML file key by key, so that every fault is named with its line and nothing in the file is ignored.

tomllib tells lines only for faults of syntax. `find_lines` recovers them for everything else, and `Table` takes the
keys a caller asks for by type, collects problems instead of stopping at the first, and reports keys nobody asked for
with the nearest name that exists.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from mailguard.policy.schema import Problem

Path = tuple[str | int, ...]
Choice = TypeVar("Choice", bound=StrEnum)

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(s|m|h|d|w|y)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_MAY_CLOSE = re.compile(r"[\]}]|\"\"\"|'''")


def seconds(text: str) -> float | None:
    """Return the seconds of a duration such as "90s", "15m", "4h", "7d", "2w", "6y"; None if it is none."""
    match = _DURATION.fullmatch(text.strip())
    return float(match[1]) * _SECONDS[match[2]] if match else None


def nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Return the known name that `name` was probably meant to be, or None if nothing is near."""
    from rapidfuzz import process  # for a fault only
    from rapidfuzz.distance import OSA

    found = process.extractOne(name, known, scorer=OSA.distance, score_cutoff=max(2, len(name) // 2))
    return found[0] if found else None


def find_lines(text: str) -> dict[Path, tuple[int, int]]:
    """Return first and last line (from 1) of every table header and key of a TOML text that parses.

    Paths are keys and, for arrays of tables, indices: ("school", 0, "code")."""
    lines = text.split("\n")
    found: dict[Path, tuple[int, int]] = {}
    counts: dict[Path, int] = {}
    prefix: Path = ()
    at = 0
    while at < len(lines):
        end, value = _statement(lines, at)
        header = lines[at].lstrip().startswith("[")
        if header:
            prefix = _header_path(value, counts)
            found.setdefault(prefix, (at + 1, at + 1))
            found.setdefault(prefix[:1], (at + 1, at + 1))
        for path in () if header else _key_paths(value):
            found.setdefault(prefix + path, (at + 1, end))
        at = end
    return found


def _statement(lines: list[str], start: int) -> tuple[int, dict[str, Any]]:
    """Parse the statement that begins at `start`; return the index after its last line and its value."""
    for end in range(start + 1, len(lines) + 1):
        if end > start + 1 and end < len(lines) and not _MAY_CLOSE.search(lines[end - 1]):
            continue
        try:
            return end, tomllib.loads("\n".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
    return start + 1, {}


def _header_path(value: dict[str, Any], counts: dict[Path, int]) -> Path:
    """Return the path of a table header, counting the tables of an array as they come."""
    path: Path = ()
    node: Any = value
    while isinstance(node, dict) and node:
        key, node = next(iter(node.items()))
        path += (key,)
        if isinstance(node, list):
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts:
            path += (counts[path],)
    return path


def _key_paths(value: dict[str, Any]) -> list[Path]:
    """Return the paths of a statement's keys, outer ones first (dotted keys and inline tables nest)."""
    paths: list[Path] = []
    for key, node in value.items():
        paths.append((key,))
        if isinstance(node, dict):
            paths.extend((key, *path) for path in _key_paths(node))
    return paths


class Source:
    """One TOML text: its tables, where things stand in it, and the problems found so far."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._text = text
        self._lines: dict[Path, tuple[int, int]] | None = None
        values: dict[str, Any] = {}
        try:
            values = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            at = re.search(r"\(at line (\d+)", str(error))
            line = int(at[1]) if at else text.count("\n") + 1
            what = re.sub(r" \(at .*", "", str(error), flags=re.DOTALL)
            self.problems.append(Problem(name, line, f"this is not TOML: {what}.", "Correct the line."))
        self.root = Table(self, (), values)

    def line(self, path: Path, text: str = "") -> int:
        """Return the line of `path` (of its nearest table if it has none); within a value of several lines, the one
        that shows `text`."""
        if self._lines is None:
            self._lines = find_lines(self._text)
        while path and path not in self._lines:
            path = path[:-1]
        first, last = self._lines.get(path, (0, 0))
        if text and last > first:
            for number, line in enumerate(self._text.split("\n")[first - 1 : last], start=first):
                if f'"{text}"' in line or f"'{text}'" in line:
                    return number
        return first

    def report(self, path: Path, message: str, remedy: str = "", text: str = "") -> None:
        """Note a problem at `path`."""
        self.problems.append(Problem(self.name, self.line(path, text), message, remedy))

    def faults(self) -> tuple[Problem, ...]:
        """Return all problems, by line."""
        return tuple(sorted(self.problems, key=lambda problem: problem.line))


class Table:
    """One table being read. Each method takes one key; a wrong value is reported and the default returned."""

    def __init__(self, source: Source, path: Path, values: dict[str, Any]) -> None:
        self.source = source
        self.path = path
        self.values = values
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def report(self, key: str, message: str, remedy: str = "", text: str = "") -> None:
        """Note a problem with `key`."""
        self.source.report((*self.path, key) if key else self.path, message, remedy, text)

    def take(self, key: str) -> Any:
        """Return the raw value of `key`, or None if it is absent."""
        self._known.append(key)
        return self.values.get(key)

    def _typed(self, key: str, kind: type, words: str, example: str) -> Any:
        value = self.take(key)
        if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            return value
        self.report(key, f'"{key}" must be {words}, not {_shown(value)}.', f"Write for example {key} = {example}.")
        return None

    def text(self, key: str, default: str = "") -> str:
        """Take a string."""
        value = self._typed(key, str, "a text in quotes", '"..."')
        return default if value is None else str(value)

    def flag(self, key: str, default: bool) -> bool:
        """Take true or false."""
        value = self._typed(key, bool, "true or false", str(default).lower())
        return default if value is None else bool(value)

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """Take a whole number between `least` and `most`."""
        value = self._typed(key, int, "a whole number", str(default))
        if value is None:
            return default
        if not least <= value <= most:
            self.report(key, f'"{key}" must be from {least} to {most}, not {value}.', f"The default is {default}.")
            return default
        return int(value)

    def duration(self, key: str, default: float) -> float:
        """Take a duration; returns seconds."""
        value = self._typed(key, str, "a duration in quotes", '"7d"')
        if value is None:
            return default
        length = seconds(value)
        if not length:
            remedy = 'Write a number and one of s, m, h, d, w, y: "90s", "15m", "4h", "7d".'
            self.report(key, f'"{key}" is not a duration: "{value}".', remedy)
            return default
        return length

    def choice(self, key: str, kind: type[Choice], default: Choice) -> Choice:
        """Take one of the words of `kind`."""
        value = self.take(key)
        if value is None:
            return default
        chosen = self.word(key, value, kind)
        return default if chosen is None else chosen

    def word(self, key: str, value: Any, kind: type[Choice]) -> Choice | None:
        """Return the member of `kind` that `value` spells, or None after reporting the problem under `key`."""
        words = tuple(kind)
        if isinstance(value, str) and value in words:
            return kind(value)
        near = nearest(value, words) if isinstance(value, str) else None
        remedy = f'Did you mean "{near}"?' if near else ""
        allowed = ", ".join(f'"{word}"' for word in words)
        shown = value if isinstance(value, str) else ""
        self.report(key, f'"{key}" must be one of {allowed}, not {_shown(value)}.', remedy, shown)
        return None

    def texts(self, key: str, default: tuple[str, ...], clean: Callable[[str], str | None] = str) -> tuple[str, ...]:
        """Take a list of strings; `clean` returns the form to keep, or None after reporting."""
        value = self._typed(key, list, "a list of texts", '["...", "..."]')
        if value is None:
            return default
        kept: list[str] = []
        for item in value:
            if not isinstance(item, str):
                self.report(key, f'"{key}" must hold texts in quotes, not {_shown(item)}.', "Put it in quotes.")
                continue
            form = clean(item)
            if form is not None and form not in kept:
                kept.append(form)
        return tuple(kept)

    def table(self, key: str) -> Table:
        """Take a table; an absent one is empty."""
        value = self._typed(key, dict, f"a table [{key}]", "{ }")
        return Table(self.source, (*self.path, key), value or {})

    def tables(self, key: str) -> list[Table]:
        """Take an array of tables [[key]]."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.report(key, f'"{key}" must be written as [[{key}]], once for each.', f"Write [[{key}]].")
            return []
        return [Table(self.source, (*self.path, key, index), item) for index, item in enumerate(value)]

    def finish(self) -> None:
        """Report every key of this table that was not taken."""
        for key in self.values:
            if key not in self._known:
                near = nearest(key, tuple(self._known))
                known = ", ".join(sorted(set(self._known)))
                remedy = f'Did you mean "{near}"?' if near else f"Known here: {known}."
                self.report(key, f'unknown key "{key}".', remedy)


def _shown(value: object) -> str:
    """Return a value as it reads in TOML, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f'"{value}"' if isinstance(value, str) else str(value)
