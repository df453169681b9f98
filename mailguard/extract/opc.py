"""Packages of the Open Packaging Conventions that are no office document: Visio drawings (.vsdx), printed pages in XPS
(ECMA-388). Every part of any such package is swept; one of no known format is reported besides.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from mailguard.extract.budget import Budget
from mailguard.extract.metafile import words_joined
from mailguard.extract.ocrlayout import Placed, laid_out
from mailguard.extract.ooxml import read_members
from mailguard.extract.outlines import RECORD_LETTERS
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Item, Part
from mailguard.extract.speech import spoken
from mailguard.extract.svgpaths import Shapes
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_PAGE = ".fpage"
_MACHINERY = (".odttf", ".ttf", ".icc", ".fdoc", ".fdseq")
_LETTER_WIDTH = 0.5
_NUMBER = re.compile(r"\d+")

Matrix = tuple[float, ...]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the text of a package: pages as they are laid out, drawings as they stand, anything inside as a child."""
    try:
        package = Package(part.data, budget)
        names = [entry.filename.lower() for entry in package.members]
        pages = [entry for entry in package.members if entry.filename.lower().endswith(_PAGE)]
        for number, entry in enumerate(sorted(pages, key=_in_order), 1):
            budget.spend_pages(1)
            yield from _page(package.read(entry), (*part.place, f"page {number}"))
        yield from read_members(package, part.place, lambda name: name.lower().endswith((_PAGE, *_MACHINERY)), _kind_of)
    except BadPackage as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
        return
    if not pages and not any(name.startswith("visio/") for name in names):
        yield Unreadable(part.place, UnreadableReason.UNSUPPORTED, "a package of an unknown format")


def _in_order(entry: zipfile.ZipInfo) -> tuple[list[int], str]:
    return [int(digits) for digits in _NUMBER.findall(entry.filename)], entry.filename


def _kind_of(name: str) -> tuple[SegmentKind, Place]:
    stem = posixpath.basename(name.lower()).removesuffix(".xml")
    if "/pages/page" in "/" + name.lower():
        return SegmentKind.BODY, (stem.replace("page", "page "),)
    return SegmentKind.METADATA, (stem,) if not name.lower().endswith(".rels") else ("links",)


def _page(data: bytes, place: Place) -> Iterator[Item]:
    """Yield a page of XPS: its glyphs where they stand, other text in its attributes; report what has no text."""
    parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root: Any = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        yield Unreadable(place, UnreadableReason.DAMAGED, "malformed XML")
        return
    shapes = Shapes()
    placed: list[Placed] = []
    unmapped = False
    for element, matrix in _walk(root):
        name = etree.QName(element).localname
        text = element.get("UnicodeString", "").removeprefix("{}")
        if name == "Glyphs":
            unmapped |= not text.strip() and bool(element.get("Indices"))
            placed += _placed(element, text, matrix)
        elif name in ("Path", "PathGeometry"):
            shapes.take("path", {"d": element.get("Data", "") or element.get("Figures", "")})
        elif name == "PathFigure":
            shapes.take("path", {"d": _figure(element)})
        for key, value in element.items():
            if key != "UnicodeString" and spoken(value):
                yield Segment(value, place, SegmentKind.METADATA, False)
    yield from laid_out(words_joined(placed), place, SegmentKind.BODY)
    if unmapped:
        yield Unreadable(place, UnreadableReason.NO_TEXT_MAP, "letters that the page does not name")
    if shapes.letters() >= RECORD_LETTERS:
        yield Unreadable(place, UnreadableReason.PICTURE, "text of outlines on the page")


def _walk(root: Any) -> Iterator[tuple[Any, Matrix]]:
    """Yield each element with the transform that holds for it; the tree may be deeper than Python's stack."""
    waiting = [(root, _IDENTITY)]
    while waiting:
        element, above = waiting.pop()
        if not isinstance(element.tag, str):
            continue
        matrix = _times(_matrix(element.get("RenderTransform", "")), above)
        yield element, matrix
        waiting += [(child, matrix) for child in reversed(element)]


def _matrix(text: str) -> Matrix:
    try:
        values = tuple(float(value) for value in text.split(","))
    except ValueError:
        return _IDENTITY
    return values if len(values) == len(_IDENTITY) else _IDENTITY


def _times(own: Matrix, above: Matrix) -> Matrix:
    a, b, c, d, e, f = own
    g, h, i, j, k, m = above
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _placed(element: Any, text: str, matrix: Matrix) -> Iterator[Placed]:
    x, y, size = (_number(element.get(key, "")) for key in ("OriginX", "OriginY", "FontRenderingEmSize"))
    if not text.strip():
        return
    a, b, c, d, e, f = matrix
    left, line = a * x + c * y + e, b * x + d * y + f
    height = size * max(abs(d), abs(b)) or 1.0
    yield Placed(text, left, -line, left + _LETTER_WIDTH * height * len(text), height - line)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _figure(element: Any) -> str:
    """Return the points of a figure as a path."""
    start = element.get("StartPoint", "0,0")
    points = " ".join(piece.get("Points", "") or piece.get("Point", "") for piece in element if piece.tag)
    return f"M{start} L{points}"
