"""The JSON forms of the command line's contract, and their plain-text sisters. Keys and order never change."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.hold.shown import finding_shown, unreadable_shown
from mailguard.model import Outcome, Reading, RecipientVerdict, Verdict, show_place

Json = dict[str, object]


def recipient_json(recipient: RecipientVerdict) -> Json:
    """One recipient's verdict with the findings that hold it."""
    findings = recipient.findings if recipient.outcome is Outcome.HOLD else ()
    return {
        "address": recipient.address,
        "verdict": recipient.outcome.value,
        "findings": [finding_shown(finding) for finding in findings],
    }


def verdict_json(path: str, verdict: Verdict, ms: float) -> Json:
    """The line of `mailguard check --json`."""
    return {
        "path": path,
        "verdict": verdict.outcome.value,
        "recipients": [recipient_json(recipient) for recipient in verdict.recipients],
        "unreadable": [unreadable_shown(part) for part in verdict.unreadable],
        "ms": round(ms, 1),
    }


def reading_json(path: str, reading: Reading) -> Json:
    """The line of `mailguard read --json`."""
    return {
        "path": path,
        "segments": [
            {
                "text": segment.text,
                "place": show_place(segment.place),
                "kind": segment.kind.value,
                "visible": segment.visible,
            }
            for segment in reading.segments
        ],
        "unreadable": [
            {"place": show_place(part.place), "reason": part.reason.value, "detail": part.detail}
            for part in reading.unreadable
        ],
    }


def verdict_lines(path: str, verdict: Verdict) -> Iterator[str]:
    """The lines of `mailguard check` for people: the verdict, then why for each recipient that is held."""
    yield f"{verdict.outcome.value:7} {path}"
    for recipient in verdict.recipients:
        if recipient.outcome is Outcome.HOLD:
            yield f"        not to {recipient.address}:"
            yield from (f"          {finding.rule}: {finding.sentence}" for finding in recipient.findings)
    yield from (
        f"        could not be read: {show_place(part.place) or 'the message'} ({part.reason.value})"
        for part in verdict.unreadable
    )


def reading_lines(path: str, reading: Reading) -> Iterator[str]:
    """The lines of `mailguard read` for people."""
    yield path
    for segment in reading.segments:
        hidden = "" if segment.visible else ", not visible"
        yield f"  {show_place(segment.place)} [{segment.kind.value}{hidden}]"
        yield from (f"    {text}" for text in segment.text.splitlines())
    for part in reading.unreadable:
        yield f"  COULD NOT BE READ: {show_place(part.place)}: {part.reason.value} {part.detail}"
