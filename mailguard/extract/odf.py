"""OpenDocument (ODT, ODS, ODP, ODG and their templates): text, sheets, slides, styles with headers, properties.

OASIS OpenDocument 1.3. Text and drawings are swept; sheets are read cell by cell, as shown and as stored."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from mailguard.extract.barepicture import as_file
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.cells import elements
from mailguard.extract.flat import opened
from mailguard.extract.found import Found, Section
from mailguard.extract.odfcells import read_sheets
from mailguard.extract.odfwords import VOCABULARY
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.segments import segments_of
from mailguard.extract.speech import spoken
from mailguard.extract.sweep import BadXml, sweep
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_SETTINGS = frozenset({"mimetype", "settings.xml", "manifest.xml", "manifest.rdf", "layout-cache"})
_METAFILE = b"VCLMTF"
_SETTINGS_FOLDERS = ("Thumbnails/", "Configurations2/", "META-INF/")
_FILES = (b"PK", b"%PDF", b"{\\rtf", b"\xd0\xcf\x11\xe0")
_PREVIEWS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_REPLACEMENTS = "ObjectReplacements/"


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of an OpenDocument file; one with locked members is reported as encrypted."""
    try:
        package = opened(part.data, budget)
        manifest = package.find("META-INF/manifest.xml")
        if manifest is not None and b"encryption-data" in package.read(manifest):
            yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "an OpenDocument file with a password")
            return
        for text in filter(spoken, strings(package.unlisted())):
            yield Segment(text, part.place, SegmentKind.SWEEP, False)
        for entry in package.members:
            yield from _member(package, entry, part.place, budget)
    except BadPackage as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))


def _member(package: Package, entry: zipfile.ZipInfo, place: Place, budget: Budget) -> Iterator[Item]:
    name = entry.filename
    base = posixpath.basename(name)
    if base in _SETTINGS or name.startswith(_SETTINGS_FOLDERS):
        try:
            yield from _settings(package, entry, place)
        except BadXml as error:
            yield Unreadable((*place, "settings"), UnreadableReason.DAMAGED, str(error))
        return
    if _shows_an_object(package, name):
        return
    if not base.endswith((".xml", ".rdf")):
        data = package.read(entry)
        if data.startswith(_METAFILE):
            for text in strings(data):
                yield Segment(text, place, SegmentKind.SWEEP, False)
            yield Unreadable(place, UnreadableReason.PICTURE, "a drawing in an office suite's own format")
        else:
            yield Child(as_file(data), base or "embedded file", base, leaf=False)
        return
    folder = posixpath.dirname(name)
    here: Place = (*place, folder) if folder else place
    try:
        if base == "content.xml" and _holds_sheets(package, entry):
            yield from read_sheets(package, entry, here, budget)
        elif base == "content.xml":
            yield from _document(package, entry, here)
        elif base == "styles.xml":
            yield from segments_of(sweep(package.chunks(entry), VOCABULARY), here, SegmentKind.HEADER)
        else:
            yield from segments_of(
                sweep(package.chunks(entry), VOCABULARY), (*here, "properties"), SegmentKind.METADATA
            )
    except BadXml as error:
        yield Unreadable(here, UnreadableReason.DAMAGED, str(error))


def _settings(package: Package, entry: zipfile.ZipInfo, place: Place) -> Iterator[Item]:
    """Yield what text stands among settings of programs and printers; a preview shows what the file holds."""
    here = (*place, "settings")
    data = package.read(entry)
    if data.startswith(_FILES):
        yield Child(data, "embedded file", posixpath.basename(entry.filename), leaf=False)
    elif entry.filename.endswith((".xml", ".rdf")):
        for item in segments_of(sweep([data], VOCABULARY), here, SegmentKind.METADATA):
            lines = [line for line in item.text.split("\n") if spoken(line.partition(": ")[2] or line)]
            if lines:
                yield replace(item, text="\n".join(lines))
    elif not data.startswith((*_PREVIEWS, b"application/vnd.")):
        yield from (Segment(text, here, SegmentKind.SWEEP, False) for text in strings(data) if spoken(text))


def _shows_an_object(package: Package, name: str) -> bool:
    """Return whether a member is the picture of an object that the file holds itself, where it is read."""
    folder, mark, shown = name.rpartition(_REPLACEMENTS)
    return bool(mark and shown) and any(entry.filename.startswith(folder + shown) for entry in package.members)


def _holds_sheets(package: Package, entry: zipfile.ZipInfo) -> bool:
    return any(True for _ in elements(package, entry, "spreadsheet"))


def _document(package: Package, entry: zipfile.ZipInfo, place: Place) -> Iterator[Segment]:
    hidden = {
        value
        for style in elements(package, entry, "style")
        if any(key.endswith("}visibility") and value == "hidden" for child in style for key, value in child.items())
        for key, value in style.items()
        if key.endswith("}name")
    }
    slide = 0
    here, kind = place, SegmentKind.BODY
    batch: list[Found] = []
    for item in sweep(package.chunks(entry), VOCABULARY):
        if isinstance(item, Section):
            yield from segments_of(batch, here, kind)
            batch = []
            slide += 1
            is_hidden = item.attributes.get("style-name") in hidden
            kind = SegmentKind.HIDDEN if is_hidden else SegmentKind.BODY
            here = (*place, f"slide {slide}" + (" (hidden)" if is_hidden else ""))
        batch.append(item)
        if len(batch) > 2000:
            yield from segments_of(batch, here, kind)
            batch = []
    yield from segments_of(batch, here, kind)
