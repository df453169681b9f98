"""A mail message (RFC 5322, 2045-2049): its header fields as text and addresses, its leaves as parts to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.extract import charset, headers, mime
from mailguard.extract.budget import Budget
from mailguard.extract.lines import tidy
from mailguard.extract.mime import Leaf, Tree
from mailguard.extract.parts import Child, Doubtful, Item, Part, step_of
from mailguard.extract.speech import spoken
from mailguard.extract.words import words
from mailguard.model import HeaderAddress, Place, Segment, SegmentKind, Unreadable, UnreadableReason

_ADDRESS_FIELDS = frozenset(
    {"from", "to", "cc", "bcc", "reply-to", "sender"}
    | {"resent-from", "resent-to", "resent-cc", "resent-bcc", "resent-sender", "resent-reply-to"}
    | {"disposition-notification-to", "return-receipt-to", "errors-to", "mail-followup-to"}
)
_SHOWN_FIELDS = frozenset({"comments", "keywords", "organization", "thread-topic", "x-topic"})
# Fields that programs write for programs; what stands in them is no text of the sender's.
_TRACE_FIELDS = words("""
received return-path delivered-to envelope-to message-id in-reply-to references date mime-version x-mailer
user-agent dkim-signature domainkey-signature authentication-results received-spf list-unsubscribe-post
content-type content-transfer-encoding content-disposition content-id content-length content-language lines
importance priority x-priority x-msmail-priority precedence thread-index auto-submitted autocrypt status
x-status content-class x-mimeole x-auto-response-suppress accept-language x-originating-ip x-tnef-correlator
""")
_PARAMETERS = words("""
boundary charset component delsp format method micalg name protocol reply-type report-type smime-type start start-info
type url x-mac-creator x-mac-type x-unix-mode
""")
_NOTICE = re.compile(r"this is a (?:multi-?part|cryptographically signed) message in mime format\.?", re.IGNORECASE)
_TRACE_PREFIXES = ("arc-", "x-ms-", "x-microsoft-", "x-forefront-", "x-gm-", "x-google-", "x-spam-", "x-exchange-")


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the header's text and addresses, then each leaf of every reading of the message."""
    yield from items(mime.parse(part.data), part)


def items(tree: Tree, part: Part) -> Iterator[Item]:
    """Yield what a parsed message holds: header first, then bodies, then attachments."""
    if not tree.canonical:
        yield Doubtful()
    yield from _header(tree, part)
    for doubt in tree.ambiguous:
        yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, doubt, part.leaf)
    if tree.too_deep:
        detail = f"parts nested deeper than {mime.MAX_NESTING}"
        yield Unreadable(part.place, UnreadableReason.TOO_DEEP, detail, part.leaf)
    bodies = [leaf for leaf in tree.leaves if _is_body(leaf)]
    for leaf in bodies:
        yield from _around(leaf, part) if leaf.around else _leaf(leaf, part, "body")
    taken: dict[str, int] = {}
    for number, leaf in enumerate((leaf for leaf in tree.leaves if not _is_body(leaf)), 1):
        yield from _leaf(leaf, part, _step(leaf, number, taken))


def _is_body(leaf: Leaf) -> bool:
    return leaf.around or (leaf.media_type.startswith("text/") and not leaf.attachment and not leaf.names)


def _step(leaf: Leaf, number: int, taken: dict[str, int]) -> str:
    """Name an attachment so that no two of a message share a name."""
    if leaf.names:
        name = step_of(leaf.names[0])
    elif leaf.media_type.startswith("message/"):
        name = "attached message"
    else:
        name = f"attachment {number}"
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name} ({taken[name]})"


def _around(leaf: Leaf, part: Part) -> Iterator[Item]:
    place = (*part.place, "body")
    text = tidy(charset.guess(leaf.data)).strip()
    if text and not _NOTICE.fullmatch(text):
        yield Segment(text, place, SegmentKind.HIDDEN, visible=False, leaf=len(place))


def _leaf(leaf: Leaf, part: Part, step: str) -> Iterator[Item]:
    place = (*part.place, step)
    said = (headers.decoded(value) for key, value in leaf.type_parameters if key not in _PARAMETERS and spoken(value))
    for text in (*leaf.names[1:], *leaf.descriptions, *said):
        yield Segment(tidy(text), place, SegmentKind.FILE_NAME, leaf=len(place))
    media_type = leaf.media_type
    if media_type == "message/external-body":
        detail = "its content is kept elsewhere and fetched by the recipient"
        yield Unreadable(place, UnreadableReason.UNSUPPORTED, detail, len(place))
    elif media_type == "message/partial":
        yield Unreadable(place, UnreadableReason.UNSUPPORTED, "a fragment of a message sent in pieces", len(place))
        media_type = "text/plain"
    elif media_type == "text/plain":
        media_type += "".join(f"; {k}={v.lower()}" for k, v in leaf.type_parameters if k in ("format", "delsp"))
    yield Child(leaf.data, step, leaf.names[0] if leaf.names else "", media_type, leaf.charset)


def _header(tree: Tree, part: Part) -> Iterator[Item]:
    for name, value in tree.fields:
        if name == "subject":
            yield from _field_text("subject", headers.decoded(headers.raw_text(value)), part.place, True)
        elif name in _ADDRESS_FIELDS:
            yield from _address_field(name, headers.raw_text(value), part)
        elif name in _SHOWN_FIELDS:
            yield from _field_text(f"header {_title(name)}", headers.decoded(headers.raw_text(value)), part.place, True)
        elif (name not in _TRACE_FIELDS and not name.startswith(_TRACE_PREFIXES)) or headers.is_telling(value):
            yield from _field_text(
                f"header {_title(name)}", headers.decoded(headers.raw_text(value)), part.place, False
            )


def _address_field(name: str, text: str, part: Part) -> Iterator[Item]:
    title = _title(name)
    found = headers.addresses(text)
    if part.place:
        # The addresses of an attached message are text like any other: nobody is reached by them.
        yield from _field_text(f"header {title}", headers.decoded(text), part.place, True)
        return
    for shown, address in found:
        if address:
            yield HeaderAddress(title, shown, address)
    names = [shown for shown, _ in found if shown]
    if names:
        yield from _field_text(f"header {title}", "\n".join(names), part.place, True)


def _field_text(step: str, text: str, place: Place, visible: bool) -> Iterator[Segment]:
    if text:
        yield Segment(tidy(text), (*place, step), SegmentKind.HEADER, visible, leaf=len(place) + 1)


def _title(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("-"))
