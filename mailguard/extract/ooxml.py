"""What the three Office Open XML formats share: vocabulary, the walk over a package's parts, properties, media.

ECMA-376; both the transitional and the strict namespaces. Parts are swept one by one, whatever the relationships say:
a part that no document refers to is still in the file that is sent.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator

from mailguard.extract.barepicture import as_file
from mailguard.extract.binarytext import strings
from mailguard.extract.found import MARK_CODE, MARK_DELETED, MARK_INSERTED, Text
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Child, Item
from mailguard.extract.segments import segments_of
from mailguard.extract.speech import spoken
from mailguard.extract.sweep import BadXml, Vocabulary, sweep
from mailguard.extract.words import words
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_LEVEL = re.compile(r"%\d")
_TRANSITIONAL = "http://schemas.openxmlformats.org/"
_STRICT = "http://purl.oclc.org/ooxml/"
_SPACES = {
    "wordprocessingml/2006/main": "w",
    "spreadsheetml/2006/main": "x",
    "presentationml/2006/main": "p",
    "drawingml/2006/main": "a",
    "drawingml/2006/chart": "c",
    "drawingml/2006/diagram": "dgm",
    "drawingml/2006/spreadsheetDrawing": "xdr",
    "drawingml/2006/wordprocessingDrawing": "wp",
    "officeDocument/2006/math": "m",
    "officeDocument/2006/extended-properties": "ep",
    "officeDocument/2006/custom-properties": "cp",
    "officeDocument/2006/docPropsVTypes": "vt",
    "package/2006/metadata/core-properties": "core",
    "package/2006/relationships": "rel",
    "markup-compatibility/2006": "mc",
}
_STRICT_NAMES = {
    "wordprocessingml/main": "w", "spreadsheetml/main": "x", "presentationml/main": "p", "drawingml/main": "a",
    "drawingml/chart": "c", "drawingml/diagram": "dgm", "drawingml/spreadsheetDrawing": "xdr",
    "drawingml/wordprocessingDrawing": "wp", "officeDocument/math": "m",
    "officeDocument/extendedProperties": "ep", "officeDocument/customProperties": "cp",
    "officeDocument/docPropsVTypes": "vt",
}  # fmt: skip
NAMESPACES = (
    {_TRANSITIONAL + name: prefix for name, prefix in _SPACES.items()}
    | {_STRICT + name: prefix for name, prefix in _STRICT_NAMES.items()}
    | {
        "urn:schemas-microsoft-com:vml": "v",
        "urn:schemas-microsoft-com:office:office": "o",
        "urn:schemas-microsoft-com:office:excel": "xvml",
        "http://purl.org/dc/elements/1.1/": "dc",
        "http://purl.org/dc/terms/": "dcterms",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
        "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc",
        "http://schemas.microsoft.com/office/powerpoint/2018/8/main": "p188",
        "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main": "x14",
        "http://schemas.microsoft.com/office/excel/2006/main": "xm",
        "http://schemas.microsoft.com/office/powerpoint/2010/main": "p14",
        "http://schemas.microsoft.com/office/webextensions/webextension/2010/11": "we",
        "http://schemas.microsoft.com/office/word/2003/wordml": "w",
        "http://schemas.microsoft.com/office/visio/2012/main": "vis",
    }
)
_ANY: frozenset[str] = frozenset()
ATTRIBUTES: dict[str, frozenset[str]] = {
    "descr": _ANY,
    "title": _ANY,
    "alt": _ANY,
    "string": _ANY,
    "prompt": _ANY,
    "promptTitle": _ANY,
    "error": _ANY,
    "errorTitle": _ANY,
    "tooltip": _ANY,
    "displayText": _ANY,
    "displayName": _ANY,
    "author": _ANY,
    "initials": frozenset({"p:cmAuthor"}),
    "userId": _ANY,
    "v": _ANY,
    "caption": _ANY,
    "comment": _ANY,
    "address": _ANY,
    "instr": frozenset({"w:fldSimple"}),
    "userName": _ANY,
    "sourceName": _ANY,
    "refreshedBy": _ANY,
    "lastEdited": _ANY,
    "tag": _ANY,
    "description": _ANY,
    "label": _ANY,
    "placeholder": _ANY,
    "user": _ANY,
    "editVal": _ANY,
    "totalsRowLabel": _ANY,
    "stringValue1": _ANY,
    "stringValue2": _ANY,
    "sourceFile": _ANY,
    "odcFile": _ANY,
    "command": _ANY,
    "connection": _ANY,
    "ddeTopic": _ANY,
    "ddeItem": _ANY,
    "help": _ANY,
    "statusBar": _ANY,
    "customMenu": _ANY,
    "sheet": _ANY,
    "sourceFieldName": _ANY,
    "codeName": _ANY,
    "anchor": frozenset({"w:hyperlink"}),
    "text": frozenset({"x:cfRule"}),
    "display": frozenset({"x:hyperlink"}),
    "n": frozenset({"x:item", "x:s", "x14:i"}),
    "Name": frozenset({"x:Map"}),
    "value": frozenset({"w:listItem", "we:property"}),
    "name": words("""
w:bookmarkStart w:docVar cp:property p:cmAuthor p188:author p:cSld p14:section p:custShow x:definedName x:tableColumn
x:cacheField x:scenario x:connection x:protectedRange x:customWorkbookView x:queryTable x:table x:userInfo
x:pivotTableDefinition x14:slicer x:parameter
"""),
    "val": words("""
w:docVar w:alias w:tag w:default w:helpText w:statusText w:listEntry w:attr w:placeholder w:query w:connectString
w:table w:mailSubject w:addressFieldName w:mappedName w:tblCaption w:tblDescription w:lvlText p:tag x:filter
x:customFilter x:sheetName x:inputCells x14:item
"""),
}
"""Attributes that hold text of a person, with the elements that own them (none: any element)."""

_MACHINERY = words("""
style ascii hAnsi cs eastAsia hint typeface panose sqref ref spans Ignorable Requires path coordsize points d fill
topLeftCell ContentType Type schemaLocation formatCode fontFamily font filltype connectlocs textboxrect formulas
gfxdata progId ProgID activeCell lang presetID uri
""")
"""Attributes of lists, fonts and figures that only look like words."""

VOCABULARY = Vocabulary(
    namespaces=NAMESPACES,
    paragraphs=words("w:p a:p div x:si x:comment tc:threadedComment p188:cm p:cm v:textpath vis:Text"),
    breaks={
        "w:br": "\n", "w:cr": "\n", "w:tab": "\t", "w:ptab": "\t", "a:br": "\n", "a:tab": "\t",
        "w:noBreakHyphen": "-",
    },
    tables=frozenset({"w:tbl", "a:tbl"}),
    rows=frozenset({"w:tr", "a:tr"}),
    cells=frozenset({"w:tc", "a:tc"}),
    contexts={
        "w:comment": (SegmentKind.COMMENT, True),
        "w:footnote": (SegmentKind.NOTE, True),
        "w:endnote": (SegmentKind.NOTE, True),
        "w:hdr": (SegmentKind.HEADER, True),
        "w:ftr": (SegmentKind.HEADER, True),
        "x:comment": (SegmentKind.COMMENT, True),
        "tc:threadedComment": (SegmentKind.COMMENT, True),
        "p:cm": (SegmentKind.COMMENT, True),
        "p188:cm": (SegmentKind.COMMENT, True),
        "w:docPartBody": (SegmentKind.HIDDEN, False),
    },
    marks={
        "w:del": MARK_DELETED, "w:moveFrom": MARK_DELETED, "w:ins": MARK_INSERTED, "w:moveTo": MARK_INSERTED,
        "w:instrText": MARK_CODE, "w:delInstrText": MARK_CODE | MARK_DELETED, "w:ffData": MARK_CODE,
    },
    runs=frozenset({"w:r"}),
    hiding=frozenset({"w:vanish", "w:webHidden", "w:specVanish"}),
    sections=frozenset({"x:comment", "tc:threadedComment"}),
    spans=frozenset({"w:gridSpan"}),
    merges=frozenset({"w:vMerge"}),
    settled=frozenset({"x:rFont", "w:lsdException", "w:font"}),
    reversing=frozenset({"w:bdo"}),
    symbols=frozenset({"w:sym"}),
    machinery=_MACHINERY,
    mute=words("wp:posOffset wp:align c:formatCode w:binData a:tableStyleId xvml:Anchor xvml:ClientData"),
    attributes=ATTRIBUTES,
)  # fmt: skip
"""Words of Office Open XML that the sweep must know."""

_SKIPPED_NAMES = frozenset(
    [
        "theme",
        "fonttable",
        "styles",
        "styleswitheffects",
        "numbering",
        "websettings",
        "calcchain",
        "tablestyles",
        "stylesheet",
        "colors",
        "layoutdefinition",
        "quickstyle",
    ]
)
_SKIPPED_STEMS = ("theme", "colors", "quickstyle", "layout", "style", "volatiledependencies")
_SKIPPED_FOLDERS = ("/theme/", "/_xmlsignatures/", "/printersettings/", "/fonts/")
_SWEPT_FOLDERS = ("/activex/", "/ctrlprops/")
_MEDIA = "media/"
_NOISE = Vocabulary(
    namespaces=NAMESPACES,
    attributes={"val": frozenset({"w:lvlText", "w:name"}), "name": frozenset({"x:cellStyle", "a:tblStyle"})},
)
_MANY_DIGITS = 6
_FILES = (b"PK", b"%PDF", b"{\\rtf", b"\xd0\xcf\x11\xe0")
_PICTURES = (
    *(b"\xff\xd8\xff", b"\x89PNG", b"GIF8"),
    *(b"\xd7\xcd\xc6\x9a", b"\x01\x00\x00\x00", b"\x01\x00\x09\x00"),
)


def is_noise(name: str) -> bool:
    """Return whether a part holds names of fonts, styles and layouts only, which read like people's names: no attribute
    of it is read, only text, of which it should have none."""
    lowered = name.lower()
    if any(folder in "/" + lowered for folder in _SKIPPED_FOLDERS) or lowered.startswith("docprops/thumbnail"):
        return True
    stem = posixpath.basename(lowered).removesuffix(".xml")
    if stem.startswith("vbaprojectsignature"):
        return True
    if stem in _SKIPPED_NAMES:
        return True
    in_diagrams = "/diagrams/" in lowered or "/charts/" in lowered
    return in_diagrams and stem.rstrip("0123456789") in _SKIPPED_STEMS


def _noise(package: Package, entry: zipfile.ZipInfo, place: Place) -> Iterator[Item]:
    """Yield what text a part of styles holds all the same; fonts, printers and thumbnails are looked through."""
    here = (*place, "settings")
    if is_xml(entry):
        try:
            for found in sweep(package.chunks(entry), _NOISE):
                if isinstance(found, Text) and spoken(text := _LEVEL.sub("", found.text)) and _says_more(found, text):
                    yield Segment(text, here, SegmentKind.METADATA, False)
        except BadXml as error:
            yield Unreadable(here, UnreadableReason.DAMAGED, str(error))
        return
    data = package.read(entry)
    if data.startswith(_FILES):
        yield Child(data, embedded_step(entry.filename), posixpath.basename(entry.filename), leaf=False)
    elif not data.startswith(_PICTURES):
        for text in strings(data):
            if any(spoken(line) for line in text.split("\n")):
                yield Segment(text, here, SegmentKind.SWEEP, False)


def _says_more(found: Text, text: str) -> bool:
    """Return whether text among styles is more than the name of one: names of styles and fonts read like people's."""
    return found.kind is not SegmentKind.METADATA or sum(map(str.isdigit, text)) >= _MANY_DIGITS or "%" in found.text


def is_xml(entry: zipfile.ZipInfo) -> bool:
    """Return whether a member is XML by its name, as office programs take it."""
    return entry.filename.lower().endswith((".xml", ".rels", ".vml"))


def read_members(
    package: Package,
    place: Place,
    skip: Callable[[str], bool],
    kind_of: Callable[[str], tuple[SegmentKind, Place]],
) -> Iterator[Item]:
    """Sweep every member that `skip` does not claim: XML as text, anything else as a child of its own.

    `kind_of` gives a member's kind of text and the steps added to `place`."""
    for text in filter(spoken, strings(package.unlisted())):
        yield Segment(text, place, SegmentKind.SWEEP, False)
    for name in filter(spoken, package.folders):
        yield Segment(name, (*place, "parts"), SegmentKind.FILE_NAME, False)
    for entry in sorted(package.members, key=_below):
        name = entry.filename
        if skip(name):
            continue
        if spoken(name):
            yield Segment(name, (*place, "parts"), SegmentKind.FILE_NAME, False)
        if is_noise(name):
            yield from _noise(package, entry, place)
            continue
        kind, steps = kind_of(name)
        try:
            if is_xml(entry):
                yield from sweep_member(package, entry, (*place, *steps), kind)
            elif any(folder in "/" + name.lower() for folder in _SWEPT_FOLDERS):
                texts = strings(package.read(entry))
                yield from (Segment(text, (*place, *steps, "control"), SegmentKind.SWEEP, False) for text in texts)
            else:
                data = package.read(entry)
                data = as_file(data) if _MEDIA in name.lower() else data
                yield Child(data, embedded_step(name), posixpath.basename(name), leaf=False)
        except BadPackage as error:
            yield Unreadable((*place, *steps), UnreadableReason.DAMAGED, str(error))


def _below(entry: zipfile.ZipInfo) -> bool:
    """Return whether a member is anything but the header of a page, which a person sees above the page."""
    return not posixpath.basename(entry.filename).lower().startswith("header")


def resolve(base: str, target: str) -> str:
    """Return the part name in small letters that a relationship of a part in folder `base` points to."""
    path = target.lstrip("/") if target.startswith("/") else posixpath.join(base, target)
    return posixpath.normpath(path).lower()


def embedded_step(name: str) -> str:
    """Return the step that leads to a file inside an office file."""
    return posixpath.basename(name.replace("\\", "/")) or "embedded file"


def sweep_member(
    package: Package, entry: zipfile.ZipInfo, place: Place, kind: SegmentKind, vocabulary: Vocabulary = VOCABULARY
) -> Iterator[Item]:
    """Sweep one XML member into segments: paragraphs in blocks, tables as rows, the rest as found."""
    if entry.filename.lower().endswith(".rels"):
        yield from _relations(package, entry, place)
        return
    try:
        yield from segments_of(sweep(package.chunks(entry), vocabulary), place, kind)
    except BadXml as error:
        yield Unreadable(place, UnreadableReason.DAMAGED, str(error))


_RELATIONS = Vocabulary(namespaces=NAMESPACES, attributes={"Target": _ANY})
_WITHIN = (".xml", ".rels", ".bin", ".vml", ".png", ".jpeg", ".jpg", ".emf", ".wmf", ".gif")


def _relations(package: Package, entry: zipfile.ZipInfo, place: Place) -> Iterator[Item]:
    """Links that leave the file: mail addresses, web addresses with names in them, paths of other documents."""
    try:
        for found in sweep(package.chunks(entry), _RELATIONS):
            if not isinstance(found, Text):
                continue
            leaves = ":" in found.text or found.text.startswith("\\\\") or not found.text.lower().endswith(_WITHIN)
            if leaves or found.kind is SegmentKind.HIDDEN:
                yield Segment(found.text, place, SegmentKind.METADATA, False)
    except BadXml as error:
        yield Unreadable(place, UnreadableReason.DAMAGED, str(error))
