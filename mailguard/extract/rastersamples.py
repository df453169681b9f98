"""One small picture of each raster format, so that every decoder is loaded before a process is locked."""

from __future__ import annotations

import io

from PIL import Image


def samples() -> tuple[bytes, ...]:
    """Return a picture file of each format that is decoded; the TIFF once for each way in which scanners pack one."""
    grey = Image.new("L", (40, 30), 200)
    files = [_saved(grey, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF")]
    files += [_saved(grey, "TIFF", compression=how) for how in ("tiff_lzw", "jpeg", "tiff_adobe_deflate")]
    files.append(_saved(grey.convert("1"), "TIFF", compression="group4"))
    files.append(_saved(grey.convert("CMYK"), "JPEG"))
    files.append(_saved(grey.convert("RGBA"), "PNG"))
    return tuple(files)


def _saved(picture: Image.Image, kind: str, **options: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()
