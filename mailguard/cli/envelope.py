"""The envelope of a message that lies in a file: what the options say, else what the headers say.

Only the command line does this: the relay has the real envelope (RFC 5321), and headers are never asked there.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.extract import headers, mime
from mailguard.extract.budget import OverBudget
from mailguard.model import Envelope

HEADER_BYTES = 1 << 20  # headers that are longer belong to no message that people sent


def from_headers(data: bytes, sender: str | None, recipients: Sequence[str]) -> Envelope:
    """Return the envelope: `sender` and `recipients` where given, else From and To, Cc, Bcc in the order of their
    appearance; first spelling kept, duplicates once."""
    try:
        fields, _, _ = mime.split_fields(data[:HEADER_BYTES].replace(b"\r\n", b"\n"), top=True)
    except OverBudget:
        fields = []  # no recipient is found, and a message to nobody is held
    if sender is None:
        sender = next(iter(_addresses(fields, ("from",))), "")
    found = recipients or [a for name in ("to", "cc", "bcc") for a in _addresses(fields, (name,))]
    kept: dict[str, str] = {}
    for address in found:
        kept.setdefault(address.casefold(), address)
    return Envelope(sender, tuple(kept.values()))


def _addresses(fields: Sequence[mime.Field], names: tuple[str, ...]) -> list[str]:
    texts = [headers.raw_text(value) for name, value in fields if name in names]
    return [address for text in texts for _, address in headers.addresses(text) if address]
