"""What is painted on a PDF page beside text: rulings, pictures, outlines (pdfium's page objects)."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium_c

from mailguard.extract.contours import Contours
from mailguard.extract.outlines import HIGHEST, LEAST_SEGMENTS, may_be_letters

_MAX_OBJECTS = 30_000
_MAX_EDGES = 4000
_MAX_SHAPES = 8000
_MAX_DEPTH = 4
_THIN = 2.0
_SIMPLE_PATH = 6
_MANY_SEGMENTS = 160  # twenty letters have more
_MAX_FOLLOWED = 200_000

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points, origin at the lower left."""


@dataclass(slots=True)
class Things:
    """Horizontal edges as (y, left, right), vertical ones as (x, bottom, top); pictures with their size in pixels;
    the number of path segments; whether there is more than was looked at; shapes that may be letters, with their
    segments; how many segments were followed one by one to find them."""

    across: list[tuple[float, float, float]] = field(default_factory=list)
    upright: list[tuple[float, float, float]] = field(default_factory=list)
    pictures: list[tuple[Box, int, int]] = field(default_factory=list)
    segments: int = 0
    more: bool = False
    shapes: list[tuple[Box, int]] = field(default_factory=list)
    followed: int = 0


def things_on(page: Any) -> Things:
    """Return what is painted on an open page; more than `_MAX_OBJECTS` objects are not looked at."""
    things = Things()
    count = pdfium_c.FPDFPage_CountObjects(page)
    things.more = count > _MAX_OBJECTS
    for index in range(min(count, _MAX_OBJECTS)):
        thing = pdfium_c.FPDFPage_GetObject(page, index)
        kind = pdfium_c.FPDFPageObj_GetType(thing)
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            _take_path(thing, things)
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            things.pictures.append((_bounds(thing), *_pixels(thing)))
        elif kind == pdfium_c.FPDF_PAGEOBJ_FORM:
            # The inner objects have coordinates of their own: the form's place on the page stands for theirs.
            box = _bounds(thing)
            for inner in _inside(thing, things, 0):
                kind = pdfium_c.FPDFPageObj_GetType(inner)
                if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                    things.pictures.append((box, *_pixels(inner)))
                elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
                    count = pdfium_c.FPDFPath_CountSegments(inner)
                    things.segments += count
                    _take_shape(inner, count, things)
    return things


def _inside(form: Any, things: Things, depth: int) -> Iterator[Any]:
    count = pdfium_c.FPDFFormObj_CountObjects(form)
    most = _MAX_OBJECTS >> 3 * depth if depth < _MAX_DEPTH else 0
    things.more |= count > most
    for index in range(min(count, most)):
        thing = pdfium_c.FPDFFormObj_GetObject(form, index)
        if pdfium_c.FPDFPageObj_GetType(thing) == pdfium_c.FPDF_PAGEOBJ_FORM:
            yield from _inside(thing, things, depth + 1)
        else:
            yield thing


def _bounds(thing: Any) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pdfium_c.FPDFPageObj_GetBounds(thing, left, bottom, right, top)
    return left.value, bottom.value, right.value, top.value


def _pixels(picture: Any) -> tuple[int, int]:
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(picture, width, height)
    return width.value, height.value


def _take_path(path: Any, things: Things) -> None:
    count = pdfium_c.FPDFPath_CountSegments(path)
    things.segments += count
    _take_shape(path, count, things)
    if len(things.across) + len(things.upright) > _MAX_EDGES:
        return
    if count <= _SIMPLE_PATH:
        _take_box(_bounds(path), things)
        return
    if count <= _MAX_EDGES:
        _take_lines(path, count, things)


def _take_shape(path: Any, count: int, things: Things) -> None:
    """Keep a shape that may be a letter, or the shapes of one path that may be all letters of a page. Inside a form its
    place is the form's own, which is as good for rows."""
    if count < LEAST_SEGMENTS or len(things.shapes) >= _MAX_SHAPES:
        return
    box = _bounds(path)
    if count >= _MANY_SEGMENTS and box[3] - box[1] > HIGHEST:
        things.followed += count
        if things.followed <= _MAX_FOLLOWED:
            things.shapes += _contours(path, count)
        else:
            things.more = True
    elif may_be_letters(box, count):
        things.shapes.append((box, count))


def _contours(path: Any, count: int) -> list[tuple[Box, int]]:
    contours = Contours()
    for kind, x, y in _points(path, count):
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            contours.move(x, y)
        else:
            contours.to(x, y)
    return contours.letters()


def _points(path: Any, count: int) -> Iterator[tuple[int, float, float]]:
    """Yield of each segment of a path its type and the point on the page to which it goes."""
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(path, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        across = matrix.a * x.value + matrix.c * y.value + matrix.e
        up = matrix.b * x.value + matrix.d * y.value + matrix.f
        yield pdfium_c.FPDFPathSegment_GetType(segment), across, up


def _take_box(box: Box, things: Things) -> None:
    left, bottom, right, top = box
    if top - bottom <= _THIN:
        things.across.append(((top + bottom) / 2, left, right))
    elif right - left <= _THIN:
        things.upright.append(((left + right) / 2, bottom, top))
    else:
        things.across += [(bottom, left, right), (top, left, right)]
        things.upright += [(left, bottom, top), (right, bottom, top)]


def _take_lines(path: Any, count: int, things: Things) -> None:
    """A grid drawn as one path: its straight segments one by one."""
    before = (0.0, 0.0)
    for kind, *point in _points(path, count):
        here = (point[0], point[1])
        if kind == pdfium_c.FPDF_SEGMENT_LINETO:
            left, right = sorted((before[0], here[0]))
            bottom, top = sorted((before[1], here[1]))
            if top - bottom <= _THIN or right - left <= _THIN:
                _take_box((left, bottom, right, top), things)
        before = here
