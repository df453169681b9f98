"""Logs: one JSON object a line on stderr, stable event names, no personal data.

`log` takes an event of the enumeration below and fields of a fixed list with typed values, so that a name, an address
or a subject cannot get in by habit. Records of libraries pass through the same formatter: what looks like an address
is masked, and an exception is told by its type and place, never by its text (an OSError carries a path, a decoding
error carries content).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

import msgspec

LOGGER = "mailguard"
_encode = msgspec.json.Encoder().encode
_TOGETHER_SECONDS = 0.02
Value = str | int | float | bool | tuple[str, ...] | None

# What an event may say. Codes and counts only: `message` is the message id, `user` a console or CLI user's name.
FIELDS = frozenset(
    {"message", "school", "verdict", "mode", "rules", "reason", "state", "result", "stage", "count", "pupils"}
    | {"contacts", "warnings", "ms", "bytes", "peer", "listener", "route", "code", "revision", "node", "layers"}
    | {"worker", "version", "user", "action", "attempts", "error", "place", "line", "file", "key"}
)


class Event(StrEnum):
    """Every event that mailguard logs."""

    STARTED = "started"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SANDBOX = "sandbox"
    CONFIG_LOADED = "config-loaded"
    CONFIG_REFUSED = "config-refused"
    ROLL_LOADED = "roll-loaded"
    ROLL_REFUSED = "roll-refused"
    POLICY_LOADED = "policy-loaded"
    POLICY_REFUSED = "policy-refused"
    CLIENT_REFUSED = "client-refused"
    MESSAGE_REFUSED = "message-refused"
    MESSAGE_JUDGED = "message-judged"
    MESSAGE_STAMPED = "message-stamped"
    MESSAGE_SENT = "message-sent"
    MESSAGE_DEFERRED = "message-deferred"
    MESSAGE_FAILED = "message-failed"
    DECIDED = "decided"
    SIGN_IN_REFUSED = "sign-in-refused"
    NOTICE_QUEUED = "notice-queued"
    ROUTE_DOWN = "route-down"
    ROUTE_UP = "route-up"
    WORKER_DIED = "worker-died"
    RECOVERED = "recovered"
    FAILURE = "failure"
    LIBRARY = "library"


# What each event says, for the reference in deploy/LOGS.md.
MEANINGS = {
    Event.STARTED: "A process serves: its version and the addresses it listens on.",
    Event.STOPPING: "It takes no more mail and finishes what is in hand.",
    Event.STOPPED: "It has ended; what was not finished is in the store.",
    Event.SANDBOX: "The layers proven to hold around the readers, at the start.",
    Event.CONFIG_LOADED: "SIGHUP: the configuration was read again; `key` names what waits for a restart.",
    Event.CONFIG_REFUSED: "SIGHUP: configuration, policy, roll or key cannot be used; all stays as it was.",
    Event.ROLL_LOADED: "A revision of the roll came in force.",
    Event.ROLL_REFUSED: "A roll was refused; the one in force stays. File and line of the first fault.",
    Event.POLICY_LOADED: "A revision of the policy came in force.",
    Event.POLICY_REFUSED: "A policy was refused; the one in force stays. File and line of the first fault.",
    Event.CLIENT_REFUSED: "A client was turned away: not listed, sign-in failed, too many connections, bad TLS.",
    Event.MESSAGE_REFUSED: "Refused while the sender was connected: a loop, no room, or held by a rejecting listener.",
    Event.MESSAGE_JUDGED: "A message has its verdict: the school, the rules that hold it, recipients and bytes.",
    Event.MESSAGE_STAMPED: "It came back with our own fresh stamp: it goes on to the smart host, not judged twice.",
    Event.MESSAGE_SENT: "The next server took a message for `count` recipients.",
    Event.MESSAGE_DEFERRED: "The next server put recipients off, or was not there; it is tried again.",
    Event.MESSAGE_FAILED: "The next server refused recipients for good; the sender gets a report.",
    Event.SIGN_IN_REFUSED: "The school's own sign-in did not let somebody in; the reason is a word of the program.",
    Event.DECIDED: "A person released or refused in the console. Commands write to the audit trail only.",
    Event.NOTICE_QUEUED: "Sender or office are told of held mail.",
    Event.ROUTE_DOWN: "A next server does not answer; mail for it waits.",
    Event.ROUTE_UP: "It answers again, and what waits goes out.",
    Event.WORKER_DIED: "A reader or screener died over a message or ran out of time; the message is held.",
    Event.RECOVERED: "Messages that were accepted before a stop are judged now.",
    Event.FAILURE: "Something unexpected: type and place of the error, never its text.",
    Event.LIBRARY: "A line of a library, masked.",
}


_root, _logger = logging.getLogger(), logging.getLogger(LOGGER)
_logger.addHandler(logging.NullHandler())  # commands that configure no logs are not talked over

_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|b'[^']*'")


def mask(text: str) -> str:
    """Return a library's log text without what it may have quoted: addresses and quoted strings."""
    return _QUOTED.sub("'...'", _ADDRESS.sub("<address>", text))


def describe_failure(error: BaseException) -> str:
    """Return an exception's type and the innermost place of our code, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "mailguard" in frame.filename] or list(frames)
    where = f" at {ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


def _head(created: float, level: int) -> dict[str, object]:
    at = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")
    return {"at": at, "level": logging.getLevelName(level).lower()}


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = _head(record.created, record.levelno)
        event = getattr(record, "event", None)
        fields: Mapping[str, Value] = getattr(record, "fields", {})
        if event is not None:
            line |= {"event": event, **fields}
        else:
            line |= {"event": Event.LIBRARY.value, "logger": record.name, "text": mask(record.getMessage())[:500]}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_failure(record.exc_info[1])
        return _encode(line).decode()


class _Handler(logging.StreamHandler[TextIO]):
    """Writes what is ordinary a few lines at a time, warnings at once: a line alone costs as much as a message's whole
    way through the store. In a thread without an event loop every line is written at once."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._due = False

    def emit(self, record: logging.LogRecord) -> None:
        self._put(self.format(record), record.levelno)

    def put(self, event: Event, level: int, fields: Mapping[str, Value]) -> None:
        """Write an event as `emit` would a record of it."""
        with self.lock or contextlib.nullcontext():
            self._put(_encode(_head(time.time(), level) | {"event": event, **fields}).decode(), level)

    def _put(self, line: str, level: int) -> None:
        self._lines.append(line + self.terminator)
        try:
            loop = asyncio.get_running_loop() if level < logging.WARNING else None
        except RuntimeError:
            loop = None
        if loop is None:
            self.flush()
        elif not self._due:
            self._due = True
            loop.call_later(_TOGETHER_SECONDS, self.flush)

    def flush(self) -> None:
        with self.lock or contextlib.nullcontext():
            lines, self._lines, self._due = self._lines, [], False
            with contextlib.suppress(ValueError, OSError):  # the stream was closed; nobody is left to be told
                self.stream.write("".join(lines))
                self.stream.flush()


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send all logs of this process to `stream` (stderr) as JSON lines. aiosmtpd's loggers are pinned to WARNING: at
    DEBUG they write every line of a message."""
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(LOGGER).setLevel(level)
    for name in ("mail.log", "mail.error", "mail.debug", "asyncio", "pdfminer", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log(event: Event, level: int = logging.INFO, **fields: Value) -> None:
    """Log one event. A field outside FIELDS is a programming error (KeyError), caught by the tests."""
    unknown = fields.keys() - FIELDS
    if unknown:
        raise KeyError(f"not a log field: {sorted(unknown)}")
    if not _logger.isEnabledFor(level):
        return
    handlers = _root.handlers
    if len(handlers) == 1 and isinstance(handlers[0], _Handler):
        handlers[0].put(event, level, fields)  # past the library's records, which cost more than the line
    else:
        record = logging.LogRecord(LOGGER, level, "", 0, event.value, None, None)
        record.event, record.fields = event.value, fields
        _logger.handle(record)


def log_failure(error: BaseException, event: Event = Event.FAILURE, **fields: Value) -> None:
    """Log an unexpected exception by type and place only."""
    log(event, logging.ERROR, error=describe_failure(error), **fields)
