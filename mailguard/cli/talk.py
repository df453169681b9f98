"""How commands talk: data to stdout, one line flushed at a time; everything else to stderr."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterable
from typing import NoReturn

USAGE = 2
NOT_FINE = 1
INTERNAL = 3


def say(text: str) -> None:
    """Print one line of talk to stderr."""
    sys.stderr.write(text + "\n")


def line(text: str) -> None:
    """Print one line of data to stdout and flush it. Characters that a terminal obeys, or that its encoding lacks, are
    shown as Python writes them, not sent."""
    shown = "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)
    sys.stdout.write(shown.encode(_encoding(), "backslashreplace").decode(_encoding()) + "\n")
    sys.stdout.flush()


def line_json(data: object) -> None:
    """Print one object as one line of JSON to stdout and flush it. It is UTF-8 wherever stdout is; else, and with
    a file name that is not UTF-8 (its bytes are the lone surrogates of PEP 383), everything but ASCII is escaped."""
    text = json.dumps(data, ensure_ascii=False)
    try:
        plain = _encoding() == "utf-8" and bool(text.encode())
    except UnicodeEncodeError:
        plain = False
    sys.stdout.write((text if plain else json.dumps(data)) + "\n")
    sys.stdout.flush()


def _encoding() -> str:
    return codecs.lookup(sys.stdout.encoding or "utf-8").name  # what stands in for stdout in memory may have none


def stop(problems: str | Iterable[object], status: int = USAGE) -> NoReturn:
    """End the command: tell the problems, one a line, and exit with `status`."""
    for problem in [problems] if isinstance(problems, str) else problems:
        say(f"mailguard: {problem}")
    raise SystemExit(status)
