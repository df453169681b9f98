"""One small picture of each raster format, so that every decoder is loaded before a process is locked."""

from __future__ import annotations

import base64
import importlib.util
import io

from PIL import Image

# A grey picture of 40 x 30 by libheif: what writes this format is no part of mailguard.
_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAA"
    "AERAAAEAAQAAAAABoAABAAAAAAAAACIAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAAAADc"
    "aXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAA"
    "AwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFw"
    "AAAAKAAAAAEAAAAeAAAAAf///+gAAAAC////3gAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAKm1kYXQAAAAe"
    "KAGvGSElDu4j81tPZO5wWQqnp+TJ4Jn+MpeOhyCY"
)


def samples() -> tuple[bytes, ...]:
    """Return a picture file of each format that is decoded; the TIFF once for each way in which scanners pack one."""
    grey = Image.new("L", (40, 30), 200)
    files = [
        _saved(grey, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM", "TGA")
    ]
    files += [_saved(grey, "TIFF", compression=how) for how in ("tiff_lzw", "jpeg", "tiff_adobe_deflate")]
    files.append(_saved(grey.convert("1"), "TIFF", compression="group4"))
    files.append(_saved(grey.convert("CMYK"), "JPEG"))
    files.append(_saved(grey.convert("RGBA"), "PNG"))
    if importlib.util.find_spec("pi_heif"):
        files.append(base64.b64decode(_HEIC))
    return tuple(files)


def _saved(picture: Image.Image, kind: str, **options: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()
