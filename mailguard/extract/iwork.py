"""Documents of Apple's Pages, Numbers and Keynote since 2013: running text, tables row by row, every other text field.

Looks of numbers and dates are not those that a person sees (a date is given by its day), headings of charts and shapes
stand apart from what they belong to. The pictures of the first page that the programs keep beside the document
(preview.jpg) show what its text says, and are looked at only where that could not be read; files inside are parts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mailguard.extract.budget import Budget
from mailguard.extract.found import Text
from mailguard.extract.grid import shape
from mailguard.extract.iwa import BadArchive, Object, objects, texts, unpacked
from mailguard.extract.iwatable import TEXT, storage_text, tables
from mailguard.extract.lines import tidy
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.segments import segments_of
from mailguard.extract.speech import spoken
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_ARCHIVE, _INDEX = ".iwa", "index.zip"
_LOCKED = (".iwph", ".iwpv2")
_PREVIEW = re.compile(r"(?:^|/)(?:preview[\w-]*|quicklook/thumbnail)\.jpe?g$", re.IGNORECASE)
_LOOKS = ("stylesheet", "metadata", "viewstate", "calculationengine", "objectcontainer")
_NAME_OF_A_THING = re.compile(r"[a-z0-9_.:/\-]+|[0-9A-F]{8}-[0-9A-F-]{27}|[A-Za-z]+-?\d[\w-]*|\W*")
_CALENDAR = {"April", "May", "June"}  # the names of months and days, which are people's names too
_BREAK = re.compile("[\n\u2028\u2029\x04\x05\x0b\x0c\ufffc]")
_BLOCK = 3000


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield what a document says; what cannot be taken apart is reported."""
    try:
        package = Package(part.data, budget)
        names = [entry.filename.lower() for entry in package.members]
        if any(name.endswith(_LOCKED) for name in names):
            yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "a document of Apple with a password", part.leaf)
            return
        for text in filter(spoken, (entry.filename for entry in package.members)):
            yield Segment(text, (*part.place, "parts"), SegmentKind.FILE_NAME, False)
        document = _Document(part, budget)
        for entry in package.members:
            if entry.filename.lower().endswith(_INDEX):
                document.take(Package(package.read(entry), budget))
        document.take(package)
        yield from document.items()
        yield from _files(package, document.damaged)
    except BadPackage as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))


def _files(package: Package, damaged: bool) -> Iterator[Item]:
    """Yield every other file as a part; what was looked up already is none."""
    for entry in package.members:
        lowered = entry.filename.lower()
        if lowered.endswith((_ARCHIVE, _INDEX)) or (_PREVIEW.search(lowered) and not damaged):
            continue
        name = posixpath.basename(entry.filename)
        yield Child(package.read(entry), name or "embedded file", name, leaf=False)


class _Document:
    """The objects of all archives: texts and tables are put together from several."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self._part = part
        self._budget = budget
        self._objects: dict[int, Object] = {}
        self._looks: set[int] = set()
        self.damaged = False

    def take(self, package: Package) -> None:
        for entry in package.members:
            name = entry.filename.lower()
            if not name.endswith(_ARCHIVE):
                continue
            try:
                data = unpacked(package.read(entry), self._budget.limits.part_bytes)
                self._budget.spend_bytes(len(data))
                for found in objects(data):
                    key = found.number if found.number not in self._objects else -len(self._objects) - 1
                    self._objects[key] = found
                    if any(word in posixpath.basename(name) for word in _LOOKS):
                        self._looks.add(key)
            except (BadArchive, IndexError):
                self.damaged = True

    def items(self) -> Iterator[Item]:
        place = self._part.place
        shown: set[str] = set()
        for found in self._objects.values():
            if found.kind == TEXT:
                lines = _BREAK.split(self._text(found))
                shown.update(line.strip() for line in lines)
                yield from segments_of((Text(tidy(line)) for line in lines), place, SegmentKind.BODY)
        for table in tables(self._objects, self._budget):
            shown.update(text for row in table.rows for _, text, _ in row.values)
            self.damaged |= not table.whole
            name = tidy(table.name)
            here = (*place, f'table "{name}"')
            if name:
                yield Segment(name, here, SegmentKind.METADATA)
            yield from shape(table.rows, here)
        yield from self._others(shown)
        if self.damaged or not self._objects:
            yield Unreadable(place, UnreadableReason.DAMAGED, "a part of an Apple document", self._part.leaf)

    def _text(self, found: Object) -> str:
        try:
            return storage_text(found.data)
        except BadArchive:
            self.damaged = True
            return ""

    def _others(self, shown: set[str]) -> Iterator[Item]:
        """Yield every other text: names of sheets and charts, comments, links; among settings what reads like words."""
        lines: dict[str, None] = {}
        for key, found in self._objects.items():
            said = [tidy(text).strip() for text in texts(found.data)]
            machinery = key in self._looks or set(said) >= _CALENDAR
            for plain in said:
                if plain in shown or _NAME_OF_A_THING.fullmatch(plain) or (machinery and not spoken(plain)):
                    continue
                lines[plain] = None
        block: list[str] = []
        for line in [*lines, ""]:
            if block and (not line or sum(map(len, block)) > _BLOCK):
                yield Segment("\n".join(block), self._part.place, SegmentKind.SWEEP, False)
                block = []
            block.append(line)
