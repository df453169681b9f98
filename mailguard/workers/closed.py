"""The verdict when none can be had: every recipient is held, and the reason says so."""

from __future__ import annotations

from mailguard.model import (
    WHOLE_MESSAGE,
    Envelope,
    Finding,
    Outcome,
    RecipientVerdict,
    Unreadable,
    UnreadableReason,
    Verdict,
)

_WHY = {
    UnreadableReason.TIMEOUT: "it took too long",
    UnreadableReason.TOO_LARGE: "it is too large to check",
}


def closed_verdict(
    envelope: Envelope, reason: UnreadableReason, detail: str, *, roll_revision: str = "", policy_revision: str = ""
) -> Verdict:
    """Return a verdict that holds the message for every recipient; `detail` holds no content of the message."""
    why = _WHY.get(reason, "the program that checks it stopped")
    finding = Finding(
        rule="unreadable",
        place=WHOLE_MESSAGE,
        leaf=len(WHOLE_MESSAGE),
        sentence=f"This message could not be checked because {why}, so it is held.",
    )
    return Verdict(
        recipients=tuple(RecipientVerdict(address, Outcome.HOLD, (finding,)) for address in envelope.recipients),
        unreadable=(Unreadable(WHOLE_MESSAGE, reason, detail),),
        roll_revision=roll_revision,
        policy_revision=policy_revision,
    )
