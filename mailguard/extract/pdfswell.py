"""PDFs that would swell: seen before a page is loaded, because the engine that paints it ends its process when memory
runs out, and with it the reading of all that came with the file."""

from __future__ import annotations

import io
import re
import zlib

import pikepdf

from mailguard.extract.budget import Budget

# Deflate packs at most 1032 to one.
_MOST_PACKED = 1000
_PAGES_LOOKED_AT = 200
_MAX_PAINTED = 50_000
_PAINT = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")


def swells(data: bytes, password: str, budget: Budget) -> str:
    """Return which limit a PDF would pass when its pages are loaded, "" if none. A file that the walk over its objects
    cannot open swells no more than its size: "" too."""
    shortest = budget.limits.part_bytes // _MOST_PACKED
    if len(data) < shortest and b"/Form" not in data and b"/ObjStm" not in data:
        return ""
    try:
        with pikepdf.open(io.BytesIO(data), password=password, suppress_warnings=True) as pdf:
            streams = [thing for thing in pdf.objects if isinstance(thing, pikepdf.Stream)]
            if any(_unpacks_past(stream, budget.limits.part_bytes, shortest) for stream in streams):
                return f"a part of more than {budget.limits.part_bytes} bytes"
            if _painted(streams, _of_pages(pdf)) > _MAX_PAINTED:
                return f"forms painted more than {_MAX_PAINTED} times"
    except (pikepdf.PdfError, ValueError, RuntimeError):
        return ""
    return ""


def _unpacks_past(stream: pikepdf.Stream, most: int, shortest: int) -> bool:
    filters = stream.get("/Filter")
    if stream.get("/Subtype") == "/Image" or filters is None:
        return False
    names = list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    raw = stream.read_raw_bytes()
    if names[0] != "/FlateDecode" or (len(raw) < shortest and len(names) == 1):
        return False
    for name in names:
        if name != "/FlateDecode":
            return False
        try:
            raw = zlib.decompressobj().decompress(raw, most + 1)
        except zlib.error:
            return False
        if len(raw) > most:
            return True
    return False


def _of_pages(pdf: pikepdf.Pdf) -> dict[str, pikepdf.Object]:
    """Return the forms that pages name: a form without resources of its own takes them from its page."""
    named: dict[str, pikepdf.Object] = {}
    for page in pdf.pages[:_PAGES_LOOKED_AT]:
        resources = page.obj.get("/Resources")
        things = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        if isinstance(things, pikepdf.Dictionary):
            named |= dict(things.items())
    return named


def _painted(streams: list[pikepdf.Stream], of_pages: dict[str, pikepdf.Object]) -> int:
    """Return how many times forms are painted for the one that paints most, through all it paints; past every limit
    where one paints itself."""
    inner = {stream.objgen: forms for stream in streams if (forms := _forms_of(stream, of_pages))}
    weights: dict[tuple[int, int], int] = {}
    for start in inner:
        # A form waits on the stack until those that it paints are weighed.
        stack, begun = [start], set()
        while stack:
            form = stack[-1]
            if form in weights:
                stack.pop()
            elif form in begun:
                stack.pop()
                weights[form] = min(1 + sum(weights.get(one, 1) for one in inner[form]), _MAX_PAINTED + 1)
            else:
                begun.add(form)
                if any(one in begun and one not in weights for one in inner[form]):
                    return _MAX_PAINTED + 1
                stack += [one for one in inner[form] if one in inner and one not in begun and one not in weights]
    return max(weights.values(), default=0)


def _forms_of(stream: pikepdf.Stream, of_pages: dict[str, pikepdf.Object]) -> list[tuple[int, int]]:
    """Return the forms that a form paints, as often as it does."""
    resources = stream.get("/Resources")
    own = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    things = of_pages if resources is None else own
    if stream.get("/Subtype") != "/Form" or things is None or isinstance(things, pikepdf.Stream):
        return []
    forms = {
        name[1:].encode("utf-8", "replace"): thing.objgen
        for name, thing in things.items()
        if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Form"
    }
    if not forms:
        return []
    try:
        content = stream.read_bytes()
    except pikepdf.PdfError:
        return []
    return [forms[name] for name in _PAINT.findall(content) if name in forms]
