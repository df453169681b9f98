"""A part that could not be read may hold anything; it may not leave the school."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.standing import Standing, serves
from mailguard.judge.words import joined, where
from mailguard.model import Finding, Outcome, Place, Unreadable, UnreadableReason

RULE = "unreadable"
_SHOWN = {
    UnreadableReason.ENCRYPTED: "it is encrypted",
    UnreadableReason.UNKNOWN_TYPE: "its type is unknown",
    UnreadableReason.UNSUPPORTED: "its format is not supported",
    UnreadableReason.DAMAGED: "it is damaged",
    UnreadableReason.AMBIGUOUS: "mail programs would read it differently",
    UnreadableReason.TOO_LARGE: "it is too large",
    UnreadableReason.TOO_DEEP: "it is nested too deep",
    UnreadableReason.TIMEOUT: "reading it took too long",
    UnreadableReason.CRASHED: "the reader failed on it",
    UnreadableReason.NO_TEXT_MAP: "its fonts do not say which letters they show",
    UnreadableReason.PICTURE: "it is a picture",
    UnreadableReason.NEEDS_EXTRA: "a reader for it is not installed",
    UnreadableReason.NO_RECIPIENT: "there is no recipient",
}


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield the parts that could not be read and may not pass, one finding a part."""
    if not case.reading.unreadable or case.inside(standing):
        return
    held: dict[Place, list[Unreadable]] = {}
    for unreadable in case.reading.unreadable:
        if not _may_pass(case, standing, unreadable):
            held.setdefault(unreadable.place[: unreadable.leaf], []).append(unreadable)
    for parts in held.values():
        reasons = joined(list(dict.fromkeys(_SHOWN[unreadable.reason] for unreadable in parts)))
        yield Finding(
            rule=RULE,
            place=parts[0].place,
            leaf=parts[0].leaf,
            sentence=f"{where(parts[0].place)} could not be read because {reasons}, "
            "and this address is outside the school.",
        )


def _may_pass(case: Case, standing: Standing, unreadable: Unreadable) -> bool:
    if unreadable.reason in case.policy.rules.unreadable_delivers:
        return True
    return unreadable.reason is UnreadableReason.ENCRYPTED and any(
        agency.encrypted is Outcome.DELIVER and serves(agency, case.school) for agency in standing.agencies
    )
