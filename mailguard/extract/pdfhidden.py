"""Text that a PDF paints elsewhere than on its pages: looks of annotations and fields, patterns, drawn glyphs, pages
that are in no list.

A person may see any of it (a stamp, a filled field), and no reader of pages does. Each such stream becomes a page of
its own in a copy of the file, and the copy is read as pages are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf
import pypdfium2 as pdfium

from mailguard.extract.lines import join_spaced, tidy

_MAX_STREAMS = 400
_MAX_DEPTH = 8
_SHOWING = (b"Tj", b"TJ", b"'", b'"')
_ROOM = [-4000, -4000, 8000, 8000]

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Painted:
    """The text of a stream that no page paints; `page` is that of its annotation, 0 if it has none."""

    text: str
    page: int


def painted_elsewhere(pdf: pikepdf.Pdf) -> tuple[list[Painted], bool]:
    """Return the texts painted off the pages, and whether there are more than are looked at. The document is changed:
    its pages are replaced, so nothing else may be read from it afterwards."""
    shown, pages = _shown(pdf)
    found: list[tuple[pikepdf.Object, pikepdf.Object | None, int]] = []
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and thing.objgen not in shown and _paints(thing):
            found.append((thing, thing.get("/Resources"), pages.get(thing.objgen, 0)))
        elif isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Page" and thing.objgen not in shown:
            contents = thing.get("/Contents")
            streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
            found += [(s, thing.get("/Resources"), 0) for s in streams if isinstance(s, pikepdf.Stream)]
        elif isinstance(thing, pikepdf.Dictionary) and thing.get("/Subtype") == "/Type3":
            glyphs = thing.get("/CharProcs")
            procedures = list(glyphs.as_dict().values()) if isinstance(glyphs, pikepdf.Dictionary) else []
            found += [(s, thing.get("/Resources"), 0) for s in procedures if isinstance(s, pikepdf.Stream)]
        if len(found) > _MAX_STREAMS:
            break
    found = [each for each in found if _shows_text(each[0])]
    return (list(_read(pdf, found[:_MAX_STREAMS])) if found else []), len(found) > _MAX_STREAMS


def _shown(pdf: pikepdf.Pdf) -> tuple[set[Key], dict[Key, int]]:
    """Return what the pages paint, and the page of each stream of an annotation's looks."""
    shown: set[Key] = set()
    looks: dict[Key, int] = {}
    for number, page in enumerate(pdf.pages, 1):
        shown.add(page.obj.objgen)
        _add_forms(page.obj.get("/Resources"), shown, 0)
        annotations = page.obj.get("/Annots")
        for annotation in annotations if isinstance(annotations, pikepdf.Array) else ():
            if isinstance(annotation, pikepdf.Dictionary):
                for stream in _streams(annotation.get("/AP"), 0):
                    looks[stream.objgen] = number
    return shown, looks


def _add_forms(resources: object, shown: set[Key], depth: int) -> None:
    inner = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(inner, pikepdf.Dictionary) or depth > _MAX_DEPTH:
        return
    for thing in inner.as_dict().values():
        if isinstance(thing, pikepdf.Stream) and thing.objgen not in shown:
            shown.add(thing.objgen)
            _add_forms(thing.get("/Resources"), shown, depth + 1)


def _streams(looks: object, depth: int) -> Iterator[pikepdf.Object]:
    if isinstance(looks, pikepdf.Stream):
        yield looks
    elif isinstance(looks, pikepdf.Dictionary) and depth < _MAX_DEPTH:
        for thing in looks.as_dict().values():
            yield from _streams(thing, depth + 1)


def _paints(stream: pikepdf.Object) -> bool:
    return stream.get("/Subtype") == "/Form" or stream.get("/PatternType") == 1


def _shows_text(stream: pikepdf.Object) -> bool:
    try:
        data = stream.read_bytes()
    except pikepdf.PdfError:
        return False
    return b"BT" in data and any(mark in data for mark in _SHOWING)


def _read(pdf: pikepdf.Pdf, found: list[tuple[pikepdf.Object, pikepdf.Object | None, int]]) -> Iterator[Painted]:
    standard = pdf.pages[0].obj.get("/Resources") if len(pdf.pages) else None
    numbers = [page for _, _, page in found]
    sheets = [
        pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Page, MediaBox=pikepdf.Array(_ROOM), Contents=stream,
                Resources=resources if resources is not None else standard or pikepdf.Dictionary(),
            )
        )
        for stream, resources, _ in found
    ]  # fmt: skip
    while len(pdf.pages):
        del pdf.pages[0]
    for sheet in sheets:
        pdf.pages.append(pikepdf.Page(sheet))
    copy = io.BytesIO()
    pdf.save(copy, encryption=False)
    with pdfium.PdfDocument(copy.getvalue()) as document:
        for index, number in zip(range(len(document)), numbers, strict=False):
            page = document[index]
            text_page = page.get_textpage()
            text = join_spaced(tidy(text_page.get_text_range().replace("\r\n", "\n"))).strip()
            text_page.close()
            page.close()
            if text:
                yield Painted(text, number)
