"""The walk over a PDF's objects: every string, form values with their labels, XML streams, scripts, attachments.

ISO 32000-2. A special case for each place would miss the next one; instead every string object of the file is text
unless its key is known to hold none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pikepdf

from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.embedded import is_something
from mailguard.extract.found import Text
from mailguard.extract.lines import tidy
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.pdffields import Box, Written, label_of
from mailguard.extract.pdfhidden import painted_elsewhere
from mailguard.extract.pdfstamps import decoded, pictures_of
from mailguard.extract.picturesize import may_show_record
from mailguard.extract.scanned import read_scan
from mailguard.extract.speech import spoken
from mailguard.extract.sweep import BadXml, Vocabulary, sweep
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_MAX_VISITS = 400_000
_MAX_DEPTH = 40
_MAX_CONTENT_PAGES = 100
_MARKED = re.compile(rb"<<((?:[^<>]|<[^<]|>[^>])*)>>\s*(?:BDC|DP)\b", re.DOTALL)
_STRING = re.compile(rb"\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_REMARK = re.compile(rb"^%([^\r\n]{4,1000})", re.MULTILINE)
# A string, a name with a blank in it, or a key that `_dictionary` treats as something of its own.
_SPEAKING = re.compile(rb"\(|(?<!<)<(?!<)|#20|/(?:JS|EF|XFA|FT|T)(?![A-Za-z0-9])")
_RICH = frozenset({"/RC", "/RV"})
_LETTER_MAP = b"/CIDInit"
_FILES = (b"PK\x03\x04", b"%PDF-", b"{\\rtf", b"\xd0\xcf\x11\xe0")
_TYPED = frozenset({"/XObject", "/ObjStm", "/XRef", "/Pattern", "/CMap", "/Metadata", "/EmbeddedFile"})
# Keys of streams that hold pictures, fonts, functions, shadings, halftones, colour profiles, sounds.
_OF_NO_USE = frozenset(
    {"/Subtype", "/BBox", "/Width", "/Length1", "/FunctionType", "/ShadingType", "/HalftoneType", "/N", "/R"}
    | {"/PatternType", "/CMapName"}
)
_NO_TEXT = frozenset(
    [
        "/ID",
        "/Lang",
        "/CharSet",
        "/Registry",
        "/Ordering",
        "/Producer",
        "/Creator",
        "/CreationDate",
        "/ModDate",
        "/M",
        "/DA",
        "/O",
        "/U",
        "/OE",
        "/UE",
        "/Perms",
        "/Panose",
        "/Style",
        "/CheckSum",
        "/Cert",
        "/ByteRange",
        "/OutputConditionIdentifier",
        "/OutputCondition",
        "/RegistryName",
        "/FontFamily",
        "/PTEX.Fullbanner",
        "/DestOutputProfile",
        "/Lookup",
        "/Version",
        "/PANTONE",
        "/IDS",
    ]
)
_XML = Vocabulary(
    namespaces={"http://www.w3.org/1999/xhtml": "h"},
    paragraphs=frozenset({"h:p"}),
    machinery=frozenset(
        {"about", "xmptk", "typeface", "style", "font", "name", "CreatorTool", "Producer", "softwareAgent"}
    ),
)
"""XMP keeps properties in attributes as well as in elements."""


def read_objects(
    part: Part, budget: Budget, password: str, pages_shown: bool, written: Mapping[int, Sequence[Written]] | None = None
) -> Iterator[Item]:
    """Yield what the objects of the file hold beside its pages. `pages_shown` is whether any page had text: if none
    had and the file needed rescue, its text is gone and that is reported. `written` is the text of pages of a form, by
    number, where the labels of its fields stand."""
    try:
        with pikepdf.open(io.BytesIO(part.data), password=password, suppress_warnings=True) as pdf:
            yield from _Walk(pdf, part, budget, written or {}).read()
            rescued = any("xref" in str(warning) or "reconstruct" in str(warning) for warning in pdf.get_warnings())
            if rescued and not pages_shown:
                yield Unreadable(part.place, UnreadableReason.DAMAGED, "a PDF that was cut and has no text left")
    except pikepdf.PasswordError:
        yield Unreadable(part.place, UnreadableReason.ENCRYPTED, "the PDF's objects need a password")
    except (pikepdf.PdfError, ValueError, RuntimeError):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the PDF's objects cannot be read")


class _Walk:
    """One walk. Indirect objects are visited once each, in file order, so no loop of references can hold it."""

    def __init__(self, pdf: pikepdf.Pdf, part: Part, budget: Budget, written: Mapping[int, Sequence[Written]]) -> None:
        self.written = written
        self.pdf = pdf
        self.place = part.place
        self.budget = budget
        self.visits = 0
        self.seen: set[str] = set()
        self.taken: set[tuple[int, int]] = set()
        self.pages: dict[tuple[int, int], int] = {}
        self.fields: dict[int, list[str]] = {}

    def read(self) -> Iterator[Item]:
        self._number_annotations()
        yield from self._visit(self.pdf.trailer, 0)
        for thing in self.pdf.objects:
            yield from self._visit(thing, 0)
        yield from self._replaced_texts()
        yield from self._stamps()
        for page, lines in self.fields.items():
            place: Place = (*self.place, f"page {page}") if page else (*self.place, "form")
            yield Segment("\n".join(lines), place, SegmentKind.FORM_FIELD)
        yield from self._elsewhere()

    def _number_annotations(self) -> None:
        if len(self.pdf.pages) > self.budget.limits.pages:
            return
        for number, page in enumerate(self.pdf.pages, 1):
            contents = page.obj.get("/Contents")
            self.taken |= {s.objgen for s in (contents if isinstance(contents, pikepdf.Array) else (contents,)) if s}
            annotations = page.obj.get("/Annots")
            if isinstance(annotations, pikepdf.Array):
                for annotation in annotations:
                    if isinstance(annotation, pikepdf.Dictionary):
                        self.pages[annotation.objgen] = number

    def _elsewhere(self) -> Iterator[Item]:
        """What is painted off the pages and said by no object that was read."""
        said = " ".join(" ".join((*self.seen, *(line for lines in self.fields.values() for line in lines))).split())
        texts, more = painted_elsewhere(self.pdf)
        for painted in texts:
            if " ".join(painted.text.split()) in said:
                continue
            place = (*self.place, f"page {painted.page}") if painted.page else (*self.place, "off the pages")
            kind = SegmentKind.COMMENT if painted.page else SegmentKind.HIDDEN
            yield Segment(painted.text, place, kind, painted.page > 0)
        if more:
            yield Unreadable(self.place, UnreadableReason.TOO_LARGE, "more painted off the pages than is looked at")

    def _stamps(self) -> Iterator[Item]:
        """Report the large pictures of annotations: a stamp, a button's icon, a pasted picture are no part of the page
        itself."""
        seen: set[tuple[int, int]] = set()
        for page in self.pdf.pages if len(self.pdf.pages) <= self.budget.limits.pages else ():
            annotations = page.obj.get("/Annots")
            for annotation in annotations if isinstance(annotations, pikepdf.Array) else ():
                looks = annotation.get("/AP") if isinstance(annotation, pikepdf.Dictionary) else None
                for image, across, down in pictures_of(looks, 0, seen):
                    if may_show_record(across, down):
                        place = (*self.place, f"page {self.pages.get(annotation.objgen, 0)}")
                        if self.budget.limits.scans:
                            yield from read_scan(partial(decoded, image), (across, down), place, self.budget)
                            continue
                        detail = f"a picture of {across} x {down} pixels in an annotation"
                        yield Unreadable(place, UnreadableReason.PICTURE, detail)

    def _replaced_texts(self) -> Iterator[Item]:
        """Text that a content stream gives in place of what it paints, or as a remark, is inside the stream."""
        if len(self.pdf.pages) > _MAX_CONTENT_PAGES:
            return
        for number, page in enumerate(self.pdf.pages, 1):
            contents = page.obj.get("/Contents")
            streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
            data = b"\n".join(self._bytes(stream) for stream in streams if isinstance(stream, pikepdf.Stream))
            marked = _MARKED.finditer(data) if b"<<" in data else ()
            strings = [string for match in marked for string in _STRING.findall(match.group(1))]
            said = _REMARK.findall(data) if b"%" in data else ()
            remarks = [spoken(remark.decode("utf-8", "replace")) for remark in said]
            found = [" ".join(map(_literal, strings)), *map(tidy, remarks)]
            yield from self._lines(found, SegmentKind.METADATA, (*self.place, f"page {number}"))

    def _visit(self, thing: pikepdf.Object, depth: int) -> Iterator[Item]:
        self.visits += 1
        if self.visits > _MAX_VISITS:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {_MAX_VISITS} objects in a PDF")
        if depth > _MAX_DEPTH:
            raise OverBudget(UnreadableReason.TOO_DEEP, f"PDF objects nested deeper than {_MAX_DEPTH}")
        if isinstance(thing, pikepdf.Stream):
            yield from self._stream(thing)
            if _may_speak(thing.stream_dict):
                yield from self._dictionary(thing, depth)
        elif isinstance(thing, pikepdf.Dictionary):
            if _may_speak(thing):
                yield from self._dictionary(thing, depth)
        elif isinstance(thing, pikepdf.Array):
            if _may_speak(thing):
                yield from self._array(thing, depth)
        elif isinstance(thing, pikepdf.String) and depth == 0:
            yield from self._lines([_text(thing)], SegmentKind.METADATA, self.place)

    def _array(self, array: pikepdf.Object, depth: int) -> Iterator[Item]:
        lines = []
        for item in array:
            if isinstance(item, pikepdf.String):
                lines.append(_text(item))
            elif isinstance(item, pikepdf.Object) and not item.is_indirect:
                yield from self._visit(item, depth + 1)
        yield from self._lines(lines, SegmentKind.METADATA, self.place)

    def _dictionary(self, thing: pikepdf.Object, depth: int) -> Iterator[Item]:
        signature = "/ByteRange" in thing
        lines: list[str] = []
        for key, value in thing.items():
            if key in _NO_TEXT or (signature and key == "/Contents"):
                continue
            if key in _RICH and isinstance(value, pikepdf.String):
                rich = _text(value).encode("utf-8", "replace")
                yield Child(rich, "rich text", media_type="text/html", charset="utf-8", leaf=False)
            elif isinstance(value, pikepdf.String):
                lines.append(_text(value))
            elif key == "/JS" and isinstance(value, pikepdf.Stream):
                yield from self._script(value)
            elif key == "/EF" and isinstance(value, pikepdf.Dictionary):
                yield from self._attachment(thing, value)
            elif key == "/XFA":
                yield from self._xfa(value)
            elif isinstance(value, pikepdf.Object) and not value.is_indirect:
                yield from self._visit(value, depth + 1)
            if " " in key:
                lines.append(spoken(key[1:]))
        if _is_field(thing):
            self._field(thing)
            return
        page = self.pages.get(thing.objgen, 0)
        place = (*self.place, f"page {page}") if page else self.place
        kind = SegmentKind.COMMENT if page and thing.get("/Subtype") != "/Link" else SegmentKind.METADATA
        yield from self._lines(lines, kind, place)

    def _lines(self, lines: list[str], kind: SegmentKind, place: Place) -> Iterator[Item]:
        fresh = [line for line in dict.fromkeys(lines) if line and line not in self.seen]
        self.seen.update(fresh)
        if fresh:
            yield Segment("\n".join(fresh), place, kind, kind is SegmentKind.COMMENT)

    def _field(self, thing: pikepdf.Object) -> None:
        """A field is a line "Label: value"; its label is what it says of itself, what stands beside it on the page, or
        its name."""
        page, box = self._widget(thing)
        beside = label_of(box, self.written.get(page, ()), thing.get("/FT") == "/Btn") if box else ""
        said, name = (_text(thing[key]) if isinstance(thing.get(key), pikepdf.String) else "" for key in ("/TU", "/T"))
        names = list(filter(None, (said, beside, name)))
        label = names[0] if names else ""
        values = [_value(thing.get(key)) for key in ("/V", "/DV")]
        line = f"{label}: {values[0] or values[1]}" if any(values) else label
        extra = [name for name in names[1:] if name != label]
        extra += [values[1]] if values[1] and values[1] != values[0] else []
        extra += [_value(option) for option in thing.get("/Opt", [])] if "/Opt" in thing else []
        self.fields.setdefault(page, []).append(" | ".join([line, *filter(None, extra)]))

    def _widget(self, thing: pikepdf.Object) -> tuple[int, Box | None]:
        """Return page and place of the box in which a field is shown: its own, or that of the first of its kids."""
        kids = thing.get("/Kids")
        shown = [thing, *(kids if isinstance(kids, pikepdf.Array) else ())]
        for widget in shown:
            page = self.pages.get(widget.objgen, 0) if isinstance(widget, pikepdf.Dictionary) else 0
            rect = widget.get("/Rect") if page else None
            if isinstance(rect, pikepdf.Array) and len(rect) == 4:
                try:
                    left, bottom, right, top = (float(side) for side in rect)
                except (TypeError, ValueError):
                    continue
                return page, (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
        return self.pages.get(thing.objgen, 0), None

    def _stream(self, stream: pikepdf.Stream) -> Iterator[Item]:
        if stream.objgen in self.taken:
            return
        kind = stream.get("/Type")
        if kind == "/EmbeddedFile":
            self.taken.add(stream.objgen)
            yield Child(self._bytes(stream), "attachment", leaf=True)
        elif kind == "/Metadata":
            yield from self._xml(self._bytes(stream), SegmentKind.METADATA, ())
        elif _OF_NO_USE.isdisjoint(stream.keys()) and kind not in _TYPED:
            yield from self._private(stream)

    def _private(self, stream: pikepdf.Stream) -> Iterator[Item]:
        """Data that a program keeps in the file for itself, in no form that the format knows."""
        data = self._bytes(stream)
        if data.startswith(_FILES):
            yield Child(data, "private data", leaf=False)
        elif data.lstrip().startswith(_LETTER_MAP):
            return
        elif is_something(data):
            for text in filter(spoken, strings(data)):
                yield Segment(text, self.place, SegmentKind.SWEEP, False)

    def _attachment(self, spec: pikepdf.Object, files: pikepdf.Object) -> Iterator[Item]:
        names = [_text(spec[key]) for key in ("/UF", "/F") if isinstance(spec.get(key), pikepdf.String)]
        name = next(filter(None, names), "attachment")
        for stream in files.values():
            if isinstance(stream, pikepdf.Stream) and stream.objgen not in self.taken:
                self.taken.add(stream.objgen)
                yield Child(self._bytes(stream), name, name)

    def _script(self, stream: pikepdf.Stream) -> Iterator[Item]:
        text = tidy(self._bytes(stream).decode("utf-8", "replace"))
        yield Segment(text, (*self.place, "script"), SegmentKind.METADATA, False)

    def _xfa(self, value: pikepdf.Object) -> Iterator[Item]:
        streams = list(value) if isinstance(value, pikepdf.Array) else [value]
        packets = [self._bytes(item) for item in streams if isinstance(item, pikepdf.Stream)]
        whole = b"".join(packets)
        if whole:
            yield from self._xml(whole, SegmentKind.FORM_FIELD, ("form",))

    def _xml(self, data: bytes, kind: SegmentKind, steps: Place) -> Iterator[Item]:
        place = (*self.place, *steps)
        try:
            for found in sweep([data], _XML):
                if isinstance(found, Text) and found.text.strip() and found.text not in self.seen:
                    self.seen.add(found.text)
                    yield Segment(found.text, place, kind, kind is SegmentKind.FORM_FIELD)
        except BadXml:
            text = tidy(data.decode("utf-8", "replace"))
            yield Segment(text, place, kind, False)

    def _bytes(self, stream: pikepdf.Stream) -> bytes:
        """Return a stream decoded, charged to the budget; one with a filter that is no compression comes raw."""
        try:
            data = stream.read_bytes()
        except pikepdf.PdfError:
            data = stream.read_raw_bytes()
        if len(data) > self.budget.limits.part_bytes:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {self.budget.limits.part_bytes} bytes")
        self.budget.spend_bytes(len(data))
        return data


def _may_speak(thing: pikepdf.Object) -> bool:
    """Return whether a dictionary or array holds a string at any depth, or what is looked at in another way: most hold
    numbers and references, and are told in one call instead of one for each item."""
    return _SPEAKING.search(thing.unparse(resolved=True)) is not None


def _literal(raw: bytes) -> str:
    try:
        value = pikepdf.Object.parse(raw)
    except (pikepdf.PdfError, ValueError):
        return ""
    return _text(value) if isinstance(value, pikepdf.String) else ""


def _is_field(thing: pikepdf.Object) -> bool:
    if "/FT" in thing:
        return True
    return "/T" in thing and ("/V" in thing or "/Kids" in thing) and "/S" not in thing


def _value(value: object) -> str:
    if isinstance(value, pikepdf.String):
        return _text(value)
    if isinstance(value, pikepdf.Name):
        return str(value)[1:]
    if isinstance(value, pikepdf.Array):
        return ", ".join(filter(None, (_value(item) for item in value)))
    return ""


def _text(value: pikepdf.Object) -> str:
    """Return a string object as text; "" for dates and for bytes that are no text."""
    text = tidy(str(value)).strip()
    if text.startswith("D:") and text[2:6].isdigit():
        return ""
    readable = sum(character.isprintable() or character in "\r\n\t" for character in text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if readable * 10 >= len(text) * 8 else ""
