"""The text of an open PDF page by pdfium's raw interface: whole, by rectangle, and where its runs stand."""

from __future__ import annotations

import ctypes
import re
from itertools import pairwise, repeat
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from mailguard.extract.lines import tidy
from mailguard.extract.pdfletters import is_set_apart, words_by_spacing

_MAX_RECTS = 8_000  # content order gives all of the text; rows of a page as odd as that are not worth their time
_ROOM = 8192
_SAMPLE, _STEP = 500, 4
_LEAST_WORD, _MOST_WORDS = 3, 50
_TORN = 6  # fewer letters a run than this: the page was set letter by letter
_MAX_LETTERS = 20_000
_GAP = 0.2
_SPARE = 0.18
_TOUCH = 0.3

_BROKEN = re.compile("[\ufffe\x02]")

Box = tuple[float, float, float, float]


def runs_of(page: Any) -> dict[Box, str]:
    """Return the runs of text of a page that was set letter by letter, put together from its letters and the room that
    their font gives them."""
    runs: dict[Box, str] = {}
    room = pdfium_c.FS_RECTF()
    letters: list[str] = []
    box = (0.0, 0.0, 0.0, 0.0)
    for index in range(pdfium_c.FPDFText_CountChars(page)):
        letter = chr(pdfium_c.FPDFText_GetUnicode(page, index))
        if letter.isspace() or letter == "\0" or not pdfium_c.FPDFText_GetLooseCharBox(page, index, room):
            letters.append(" ")
            continue
        # The room of a letter reaches from line to line; its middle is as high as the letters are.
        spare = _SPARE * (room.top - room.bottom)
        left, bottom, right, top = room.left, room.bottom + spare, room.right, room.top - spare
        height = max(top - bottom, 1.0)
        level = abs((top + bottom) - (box[1] + box[3])) < 0.5 * height
        if letters and (not level or not -height < left - box[2] < _GAP * height):
            _keep(runs, box, letters)
            letters = []
        box = (min(box[0], left), min(box[1], bottom), max(box[2], right), max(box[3], top)) if letters else (
            left, bottom, right, top
        )  # fmt: skip
        letters.append(letter)
    _keep(runs, box, letters)
    return runs


def _overlap(rects: list[Box]) -> bool:
    """Return whether runs reach into each other, as letters moved together do: text by rectangle would repeat them."""
    return any(
        one[0] < two[0] < one[2] - _TOUCH and abs(one[1] - two[1]) + abs(one[3] - two[3]) < one[3] - one[1]
        for one, two in pairwise(rects)
    )


def _hyphens(text: str) -> str:
    """Put hyphens where pdfium puts its own signs for those at the end of a line."""
    return text.replace("\ufffe", "-").replace("\x02", "-")


def _keep(runs: dict[Box, str], box: Box, letters: list[str]) -> None:
    text = " ".join(_hyphens(tidy("".join(letters))).split())
    if text:
        runs[box] = text


class _Whole(pdfium.PdfTextPage):  # type: ignore[misc]
    """The text of a page that somebody else closes."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw


# Called in half the time by this type: it is asked of hundreds of letters a page.
_has_map_error = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(pdfium_c.FPDFText_HasUnicodeMapError, ctypes.c_void_p).value or 0
)


class PageText:
    """Text of one page; coordinates are points, origin at the lower left. Valid while the text page is open."""

    def __init__(self, text_page: Any) -> None:
        """`text_page` is pdfium's own (FPDF_TEXTPAGE)."""
        self._page = text_page
        self._address = ctypes.cast(text_page, ctypes.c_void_p).value
        self._room = (ctypes.c_ushort * _ROOM)()
        self._known: dict[Box, str] = {}
        self._torn = False
        raw = tidy(_Whole(text_page).get_text_range().replace("\r\n", "\n"))
        self.content = _hyphens(raw)
        # The hyphen at the end of a line is the word's own or the line's: these are the lines without it.
        broken = [line for line in raw.split("\n") if _BROKEN.search(line)] if _BROKEN.search(raw) else []
        self.unbroken = "\n".join(_BROKEN.sub("", line) for line in broken)

    def rects(self) -> list[Box]:
        """Return left, bottom, right, top of each run of text, in content order."""
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        rects: list[Box] = []
        count = min(pdfium_c.FPDFText_CountRects(self._page, 0, -1), _MAX_RECTS)
        torn = self._torn = count * _TORN > len(self.content)
        for index in range(0 if torn else count):
            pdfium_c.FPDFText_GetRect(self._page, index, left, top, right, bottom)
            rects.append((left.value, bottom.value, right.value, top.value))
        if (torn or _overlap(rects)) and len(self.content) < _MAX_LETTERS:
            self._known = runs_of(self._page)
            return list(self._known)
        return rects

    def by_spacing(self) -> str:
        """Return the page with its words parted by each line's own spacing; "" where it was set in words and the words
        look like some. Ask `rects` first."""
        if not self._torn and not is_set_apart(self.content):
            return ""
        return words_by_spacing(self._page)

    def inside(self, left: float, bottom: float, right: float, top: float) -> str:
        """Return the text inside a rectangle as one line."""
        if known := self._known.get((left, bottom, right, top)):
            return known
        count = pdfium_c.FPDFText_GetBoundedText(self._page, left, top, right, bottom, self._room, _ROOM)
        raw = ctypes.string_at(self._room, 2 * min(count, _ROOM))
        return " ".join(_hyphens(tidy(raw.decode("utf-16-le", "replace"))).split())

    def unmapped(self) -> set[str]:
        """Return the words whose letters have no Unicode value, of those that a sample meets; letters that stand alone
        count where there are many."""
        count = pdfium_c.FPDFText_CountChars(self._page)
        step = max(count // _SAMPLE, _STEP)
        words: set[str] = set()
        if 1 not in map(_has_map_error, repeat(self._address), range(0, count, step)):
            return words
        at = met = 0
        while at < count and len(words) < _MOST_WORDS:
            if self._is_unmapped(at):
                first = last = at
                while first > 0 and self._is_unmapped(first - 1):
                    first -= 1
                while last + 1 < count and self._is_unmapped(last + 1):
                    last += 1
                letters = (pdfium_c.FPDFText_GetUnicode(self._page, index) for index in range(first, last + 1))
                words.add("".join(map(chr, letters)))
                met += 1
                at = last
            at += step
        return words if met * step * 10 > count else {word for word in words if len(word) >= _LEAST_WORD}

    def _is_unmapped(self, index: int) -> bool:
        return bool(_has_map_error(self._address, index) == 1)
