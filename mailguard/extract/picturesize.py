"""Which pictures cannot show a record.

Without reading pixels the guard goes by size. A record needs a name and one more fact in letters of about 8 x 12
pixels: a scanned form has two million pixels, a photograph one million, the picture of a few rows of a screen more
than 100,000. Logos, badges and buttons of signatures and letterheads have fewer, tracking pixels have one, rules and
spacers are a few pixels thin. So a picture of at most 100,000 pixels, or at most 8 pixels in one direction, passes; any
other is reported.

Where pixels are read, smaller pictures are looked at too: a row cut from a screen has 20,000 pixels. They are never
held for what cannot be read in them.
"""

from __future__ import annotations

LEGIBLE_PIXELS = 100_000
"""More pixels than this may show a record."""
_THIN = 8
_LINE_PIXELS = 8_000
_LINE_HIGH = 14
_LINE_WIDE = 120


def may_show_record(width: int, height: int) -> bool:
    """Return whether a picture of this size in pixels can show a name and a fact in legible letters."""
    return width * height > LEGIBLE_PIXELS and min(width, height) > _THIN


def may_show_text(width: int, height: int) -> bool:
    """Return whether a picture of this size may show a line of legible letters."""
    low, high = sorted((width, height))
    return may_show_record(width, height) or (
        width * height >= _LINE_PIXELS and low >= _LINE_HIGH and high >= _LINE_WIDE
    )
