"""Pictures that annotations of a PDF show: stamps, icons of buttons, what was pasted."""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from PIL import Image

from mailguard.extract.raster import NotDecoded

_MAX_APPEARANCE = 6


def pictures_of(looks: object, depth: int, seen: set[tuple[int, int]]) -> Iterator[tuple[pikepdf.Object, int, int]]:
    """Yield the pictures, with their sizes, that an annotation's appearance paints, through its states and forms."""
    if not isinstance(looks, pikepdf.Dictionary | pikepdf.Stream) or depth > _MAX_APPEARANCE or looks.objgen in seen:
        return
    if looks.is_indirect:
        seen.add(looks.objgen)
    if looks.get("/Subtype") == "/Image":
        sides = [looks.get(key) for key in ("/Width", "/Height")]
        across, down = (int(side) if isinstance(side, int) else 0 for side in sides)
        yield looks, across, down
        return
    resources = looks.get("/Resources", looks) if isinstance(looks, pikepdf.Stream) else looks
    inner = resources.get("/XObject", resources) if isinstance(resources, pikepdf.Dictionary) else None
    if isinstance(inner, pikepdf.Dictionary):
        for thing in inner.as_dict().values():
            yield from pictures_of(thing, depth + 1, seen)


def decoded(image: pikepdf.Object) -> Image.Image:
    """Return the pixels of a picture object; NotDecoded where it cannot be decoded."""
    if not isinstance(image, pikepdf.Stream):
        raise NotDecoded("no stream")
    try:
        picture: Image.Image = pikepdf.PdfImage(image).as_pil_image()
        return picture.convert("RGB")
    except MemoryError:
        raise
    except Exception as error:  # a picture may be broken in more ways than its library names
        raise NotDecoded(type(error).__name__) from None
