"""Walks a message or file: reads each part with the reader of its kind, and each part found inside, under one budget.

Whatever a reader does wrong ends in an `Unreadable` item at the part's place; what it gave before stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

from mailguard.extract import behind, passwords
from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.kind import Kind, kind_behind, kind_of, name_kind
from mailguard.extract.parts import Child, Doubtful, NotLookedAt, Part, step_of
from mailguard.extract.table import HARMLESS, LOCKABLE, NO_READER, READERS, SHOWN_AS_SOURCE, ZIPPED
from mailguard.model import WHOLE_MESSAGE, Cell, HeaderAddress, Segment, SegmentKind, Unreadable, UnreadableReason

Found = Segment | Unreadable | HeaderAddress
_RECOGNISABLE = frozenset({UnreadableReason.PICTURE, UnreadableReason.NO_TEXT_MAP})

_UNSEEN = re.compile(
    "[\x00\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


class Walk(Iterator[Found]):
    """One walk over one message or file: an iterator of all that is found. Once it has ended, `canonical` says whether
    the message's MIME has one possible reading only, so that the reading may be kept; and `pictures`, whether a reader
    that recognises text would have more to say."""

    def __init__(self, root: Part, kind: Kind, budget: Budget, known_passwords: tuple[str, ...] = ()) -> None:
        self.canonical = kind is Kind.MESSAGE
        self.pictures = False
        self._budget = budget
        self._passwords = known_passwords
        self._seen: set[bytes] = set()
        self._words = passwords.Finder()
        self._found = self._file(root, kind)

    def __next__(self) -> Found:
        item = next(self._found)
        if isinstance(item, Unreadable):
            self.pictures |= item.reason in _RECOGNISABLE
            if not item.place:
                return replace(item, place=WHOLE_MESSAGE, leaf=len(WHOLE_MESSAGE))
        return item

    def _file(self, root: Part, kind: Kind) -> Iterator[Found]:
        if root.name:
            yield Segment(root.name, root.place, SegmentKind.FILE_NAME, leaf=root.leaf)
        yield from self._every_way(root, kind)

    def _every_way(self, part: Part, kind: Kind) -> Iterator[Found]:
        """Yield what a part says as its kind, and as the other kinds that some program may take it for."""
        yield from self._part(part, kind)
        if kind in SHOWN_AS_SOURCE and part.media_type.startswith("text/plain"):
            # Some readers show such a text as it stands, tags and all.
            for item in self._part(part, Kind.TEXT):
                yield replace(item, kind=SegmentKind.ALTERNATE) if isinstance(item, Segment) else item
        for text in behind.texts(part.data, kind):
            yield self._segment(Segment(text, part.place, SegmentKind.SWEEP, False), part)
        container = kind_behind(part.data) if part.place and kind not in ZIPPED else None
        if container:
            yield from self._part(part, container)

    def _part(self, part: Part, kind: Kind) -> Iterator[Found]:
        reader = READERS.get(kind)
        if reader is None:
            yield from self._without_reader(part, kind)
            return
        if kind in LOCKABLE:
            part = replace(part, passwords=(*self._passwords, *self._words.found()))
        try:
            for item in reader(part, self._budget):
                if isinstance(item, Segment):
                    yield self._segment(item, part)
                elif isinstance(item, Child):
                    yield from self._child(item, part)
                elif isinstance(item, Unreadable) and item.leaf < part.leaf:
                    yield replace(item, leaf=part.leaf)
                elif isinstance(item, Doubtful):
                    self.canonical = False
                elif isinstance(item, NotLookedAt):
                    self.pictures = True
                else:
                    yield item
        except OverBudget as over:
            yield Unreadable(part.place, over.reason, over.detail, part.leaf)
            if not over.local and part.depth:
                raise
        except RecursionError:
            yield Unreadable(part.place, UnreadableReason.TOO_DEEP, "nested too deep for its reader", part.leaf)
        except MemoryError:
            yield Unreadable(part.place, UnreadableReason.TOO_LARGE, "more memory than a reader may use", part.leaf)
        except Exception as error:  # a reader's fault is a fact about the part, and its text may quote the content
            yield Unreadable(part.place, UnreadableReason.DAMAGED, f"{kind}: {type(error).__name__}", part.leaf)

    def _child(self, child: Child, parent: Part) -> Iterator[Found]:
        place = (*parent.place, *child.above, step_of(child.step))
        leaf = len(place) if child.leaf else parent.leaf
        if child.name:
            yield self._segment(Segment(child.name, place, SegmentKind.FILE_NAME, leaf=leaf), parent)
        depth = parent.depth + 1
        try:
            self._budget.spend_part(len(child.data), depth)
        except OverBudget as over:
            if not over.local:
                raise
            yield Unreadable(place, over.reason, over.detail, leaf)
            return
        if self._is_repeated(child):
            return
        part = Part(child.data, place, child.name, child.media_type, child.charset, depth, (), leaf)
        yield from self._every_way(part, kind_of(part))

    def _is_repeated(self, child: Child) -> bool:
        """Return whether the same bytes under the same claims were read before: an archive may hold itself."""
        claims = f"{child.media_type}\0{child.charset}\0{child.name.rpartition('.')[2]}".encode("utf-8", "replace")
        digest = hashlib.sha256(claims + b"\0" + child.data).digest()
        repeated = digest in self._seen
        self._seen.add(digest)
        return repeated

    def _segment(self, segment: Segment, part: Part) -> Segment:
        text = segment.text
        if (not text.isascii() or "\0" in text) and _UNSEEN.search(text):
            segment = _without_unseen(segment)
        if segment.leaf < part.leaf:
            segment = replace(segment, leaf=part.leaf)
        self._budget.spend_text(len(text))
        self._words.look(segment)
        return segment

    def _without_reader(self, part: Part, kind: Kind) -> Iterator[Found]:
        if kind in HARMLESS:
            return
        if kind is Kind.UNKNOWN:
            name = name_kind(part.data)
            locked = name in ("application/pgp-encrypted", "application/pgp")
            reason = UnreadableReason.ENCRYPTED if locked else UnreadableReason.UNKNOWN_TYPE
            yield Unreadable(part.place, reason, name, part.leaf)
        else:
            yield Unreadable(part.place, NO_READER.get(kind, UnreadableReason.UNSUPPORTED), str(kind), part.leaf)


def _without_unseen(segment: Segment) -> Segment:
    """Take out the letters that nobody sees, moving the cells' offsets with the text."""
    shift = [0]
    for char in segment.text:
        shift.append(shift[-1] + (_UNSEEN.match(char) is not None))
    cells = tuple(Cell(c.column, c.head, c.start - shift[c.start], c.end - shift[c.end]) for c in segment.cells)
    return replace(segment, text=_UNSEEN.sub("", segment.text), cells=cells)
