"""How commands talk: data to stdout, one line flushed at a time; everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import NoReturn

USAGE = 2
NOT_FINE = 1


def say(text: str) -> None:
    """Print one line of talk to stderr."""
    sys.stderr.write(text + "\n")


def line(text: str) -> None:
    """Print one line of data to stdout and flush it. Characters that a terminal obeys are shown, not sent."""
    sys.stdout.write("".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text) + "\n")
    sys.stdout.flush()


def line_json(data: object) -> None:
    """Print one object as one line of JSON to stdout and flush it."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def stop(problems: str | Iterable[object], status: int = USAGE) -> NoReturn:
    """End the command: tell the problems, one a line, and exit with `status`."""
    for problem in [problems] if isinstance(problems, str) else problems:
        say(f"mailguard: {problem}")
    raise SystemExit(status)
