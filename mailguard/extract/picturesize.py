"""Which pictures cannot show a record.

Without reading pixels the guard goes by size. A record needs a name and one more fact in letters of about 8 x 12
pixels: a scanned form has two million pixels, a photograph one million, the picture of a few rows of a screen more
than 100,000. Logos, badges and buttons of signatures and letterheads have fewer, tracking pixels have one, rules and
spacers are a few pixels thin. So a picture of at most 100,000 pixels, or at most 8 pixels in one direction, passes; any
other is reported.
"""

from __future__ import annotations

LEGIBLE_PIXELS = 100_000
"""More pixels than this may show a record."""
_THIN = 8


def may_show_record(width: int, height: int) -> bool:
    """Return whether a picture of this size in pixels can show a name and a fact in legible letters."""
    return width * height > LEGIBLE_PIXELS and min(width, height) > _THIN
