"""Pictures decoded to pixels, as a person sees them: turned as the camera says, on a ground that shows their ink.

Pillow decodes; formats that no mail program shows by itself, and drawings, are not decoded here.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from functools import cache

from PIL import AvifImagePlugin, Image, ImageChops, ImageOps, ImageStat

from mailguard.extract import isobmff

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "ICO", "AVIF", "HEIF", "JPEG2000", "PPM", "TGA")
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a jailed reader may start none
_PAGES = frozenset({"TIFF", "HEIF"})
_MOST_STILLS = 12
_MOST_LOOKED_AT = 300_000_000  # pixels of all pictures of one that moves
_GLANCE, _CHANGED = (48, 48), 0.3
_ENOUGH = 3000
_FAX = 1.3


class NotDecoded(Exception):
    """The picture is of a kind that is not decoded, or damaged; the text holds nothing of it."""


def sizes(data: bytes) -> list[tuple[int, int, int]]:
    """Return number, width and height of each page of a picture file, or of stills of one that moves: those that differ
    from the one before, as the slides of a show do.

    Only what moves is decoded yet, in so far as it is small. NotDecoded if it cannot be."""
    try:
        with _open(data) as picture:
            count = getattr(picture, "n_frames", 1)
            still = picture.format in _PAGES or count <= _MOST_STILLS
            found = []
            for number in range(count) if still else _stills(picture, count):
                picture.seek(number)
                found.append((number, *picture.size))
            return found
    except Exception as error:  # Pillow's readers raise what they like
        raise NotDecoded(type(error).__name__) from None


def _stills(picture: Image.Image, count: int) -> list[int]:
    numbers = list(range(count))
    if picture.width * picture.height * count <= _MOST_LOOKED_AT:
        numbers, before = [], None
        for number in range(count):
            picture.seek(number)
            small = picture.convert("L").resize(_GLANCE)
            if before is None or ImageStat.Stat(ImageChops.difference(small, before)).mean[0] > _CHANGED:
                numbers.append(number)
                before = small
    return numbers[:: -(-len(numbers) // _MOST_STILLS)]


def page(data: bytes, number: int) -> Image.Image:
    """Return one page in colour or grey. NotDecoded if it cannot be; MemoryError stays one."""
    try:
        with _open(data) as picture:
            picture.seek(number)
            if picture.format == "JPEG":
                picture.draft(None, (_ENOUGH, _ENOUGH))
            return _as_seen(picture)
    except MemoryError:
        raise
    except Exception as error:
        raise NotDecoded(type(error).__name__) from None


@cache
def _with_telephones() -> None:
    """Let Pillow open what telephones take (HEIC), where the extra that reads pictures is installed.

    Its decoder computes in a thread of its own, which the readers of pictures alone may start."""
    with contextlib.suppress(ImportError):
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _open(data: bytes) -> Image.Image:
    Image.init()
    if data[4:8] == b"ftyp":
        _with_telephones()
        if not isobmff.whole(data):
            raise EOFError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the budget knows its own limit
        return Image.open(io.BytesIO(data), formats=_FORMATS)


def _as_seen(picture: Image.Image) -> Image.Image:
    density = picture.info.get("dpi", (1, 1))
    picture.load()
    seen = ImageOps.exif_transpose(picture)
    if seen.mode.startswith("I"):
        seen = seen.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if seen.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in seen.info:
        seen = _on_ground(seen.convert("RGBA"))
    seen = seen if seen.mode == "L" else seen.convert("RGB")
    return _square(seen, density)


def _on_ground(picture: Image.Image) -> Image.Image:
    """Lay a picture with transparent places on white, on black if what it shows is light."""
    ink = ImageStat.Stat(picture.convert("L"), picture.getchannel("A").point([0] * 128 + [255] * 128))
    light = ink.count[0] > 0 and ink.mean[0] > 170
    ground = Image.new("RGBA", picture.size, "black" if light else "white")
    return Image.alpha_composite(ground, picture)


def _square(picture: Image.Image, density: tuple[float, float]) -> Image.Image:
    """A fax has twice as many dots across as down: make its dots square."""
    try:
        ratio = float(density[0]) / float(density[1])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return picture
    if _FAX < ratio < 3:
        return picture.resize((picture.width, round(picture.height * ratio)))
    if 1 / 3 < ratio < 1 / _FAX:
        return picture.resize((round(picture.width / ratio), picture.height))
    return picture
