"""The text of an open PDF page by pdfium's raw interface: whole, by rectangle, and where its runs stand."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium_c

from mailguard.extract.lines import tidy

_MAX_RECTS = 8_000  # content order gives all of the text; rows of a page as odd as that are not worth their time
_ROOM = 8192
_SAMPLE = 64


class PageText:
    """Text of one page; coordinates are points, origin at the lower left. Valid while the text page is open."""

    def __init__(self, text_page: Any) -> None:
        self._page = text_page
        self._room = (ctypes.c_ushort * _ROOM)()
        self.content = tidy(text_page.get_text_range().replace("\r\n", "\n").replace("\ufffe", "-"))

    def rects(self) -> list[tuple[float, float, float, float]]:
        """Return left, bottom, right, top of each run of text, in content order."""
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        rects = []
        for index in range(min(pdfium_c.FPDFText_CountRects(self._page, 0, -1), _MAX_RECTS)):
            pdfium_c.FPDFText_GetRect(self._page, index, left, top, right, bottom)
            rects.append((left.value, bottom.value, right.value, top.value))
        return rects

    def inside(self, left: float, bottom: float, right: float, top: float) -> str:
        """Return the text inside a rectangle as one line."""
        count = pdfium_c.FPDFText_GetBoundedText(self._page, left, top, right, bottom, self._room, _ROOM)
        raw = ctypes.string_at(self._room, 2 * min(count, _ROOM))
        return " ".join(tidy(raw.decode("utf-16-le", "replace").replace("\ufffe", "-")).split())

    def unmapped_share(self) -> float:
        """Return the share of characters without a Unicode value, by a sample."""
        count = pdfium_c.FPDFText_CountChars(self._page)
        sample = range(0, count, max(count // _SAMPLE, 1))
        bad = sum(pdfium_c.FPDFText_HasUnicodeMapError(self._page, index) == 1 for index in sample)
        return bad / len(sample) if count > 0 else 0.0
