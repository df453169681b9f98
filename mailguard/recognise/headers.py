"""Headers that hold addresses, whose names are those of senders and recipients."""

from __future__ import annotations

from mailguard.model import Segment, SegmentKind

_ADDRESS_HEADERS = frozenset(
    f"header {name}{field}"
    for name in ("", "resent-")
    for field in ("from", "to", "cc", "bcc", "sender", "reply-to", "mail-followup-to")
) | {"header return-receipt-to", "header disposition-notification-to", "header apparently-to", "header errors-to"}


def of_addresses(segment: Segment) -> bool:
    """Return whether a segment is a header of addresses."""
    return segment.kind is SegmentKind.HEADER and segment.place[-1].lower() in _ADDRESS_HEADERS
