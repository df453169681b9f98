"""Presentations (PPTX, PPTM): every slide, hidden or not, notes, comments, masters, charts, properties."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mailguard.extract.budget import Budget
from mailguard.extract.cells import elements
from mailguard.extract.flat import opened
from mailguard.extract.ooxml import is_noise, read_members, resolve
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Item, Part
from mailguard.extract.sweep import BadXml
from mailguard.model import Place, SegmentKind, Unreadable, UnreadableReason

_OF_A_SLIDE = re.compile(r"/slides/slide(\d+)\.xml$")


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of a presentation; slides are numbered as a person counts them."""
    try:
        package = opened(part.data, budget)
        try:
            steps = _Steps(package)
        except BadXml as error:
            yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
            return
        yield from read_members(package, part.place, lambda _: False, steps.kind_of)
    except BadPackage as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))


class _Steps:
    """Which slide a part belongs to: the order is the presentation's, not that of the part's names."""

    def __init__(self, package: Package) -> None:
        self.slides: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        targets: dict[str, str] = {}
        order: list[str] = []
        for entry in package.members:
            lowered = entry.filename.lower()
            if lowered.endswith("presentation.xml.rels"):
                for element in elements(package, entry, "Relationship"):
                    targets[element.get("Id", "")] = resolve("ppt", element.get("Target", ""))
            elif lowered.endswith("ppt/presentation.xml"):
                for element in elements(package, entry, "sldId"):
                    order += [value for key, value in element.items() if key.endswith("}id")]
            elif "/slides/_rels/" in lowered and lowered.endswith(".rels"):
                slide = "ppt/slides/" + posixpath.basename(lowered).removesuffix(".rels")
                for element in elements(package, entry, "Relationship"):
                    self.owners[resolve("ppt/slides", element.get("Target", ""))] = slide
                self.owners[lowered] = slide
        for number, relation in enumerate(order, 1):
            self.slides[targets.get(relation, "")] = f"slide {number}"
        for entry in package.members:
            if _OF_A_SLIDE.search("/" + entry.filename.lower()) and not is_noise(entry.filename):
                self._look_at(package, entry.filename.lower())

    def _look_at(self, package: Package, name: str) -> None:
        """A slide may be hidden, or left in the file without being in the presentation at all."""
        step = self.slides.get(name)
        if step is None:
            self.slides[name] = f"slide {posixpath.basename(name).removesuffix('.xml')} (hidden)"
            return
        entry = package.find(name)
        if entry is not None and b'show="0"' in next(package.chunks(entry), b"")[:4096]:
            self.slides[name] = step + " (hidden)"

    def kind_of(self, name: str) -> tuple[SegmentKind, Place]:
        lowered = name.lower()
        slide = self.slides.get(lowered) or self.slides.get(self.owners.get(lowered, ""))
        steps: Place = (slide,) if slide else ()
        folder = posixpath.basename(posixpath.dirname(lowered))
        kind = {
            "slides": SegmentKind.HIDDEN if slide and slide.endswith("(hidden)") else SegmentKind.BODY,
            "notesslides": SegmentKind.NOTE,
            "comments": SegmentKind.COMMENT,
            "charts": SegmentKind.CACHE,
            "diagrams": SegmentKind.BODY,
            "drawings": SegmentKind.BODY,
            "slidemasters": SegmentKind.HEADER,
            "slidelayouts": SegmentKind.HEADER,
            "notesmasters": SegmentKind.HEADER,
            "handoutmasters": SegmentKind.HEADER,
        }.get(folder, SegmentKind.METADATA)
        step = {
            "notesslides": "notes",
            "comments": "comments",
            "charts": "chart",
            "docprops": "properties",
            "slidemasters": "slide master",
            "slidelayouts": "slide layout",
            "_rels": "links",
            "customxml": "custom XML",
        }.get(folder)
        return kind, (*steps, step) if step else steps
