"""What a PDF page shows that is no text: scans, letters turned into outlines, large pictures.

Where the budget says so, the page or the stretch of it is painted and its text recognised; else it is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from PIL import Image

from mailguard.extract.budget import Budget
from mailguard.extract.outlines import FEWEST_LETTERS, RECORD_LETTERS, count_letters
from mailguard.extract.parts import Item, NotLookedAt
from mailguard.extract.pdflayout import Line
from mailguard.extract.pdfthings import Box, Things
from mailguard.extract.picturesize import may_show_record
from mailguard.extract.scanned import read_scan
from mailguard.model import Place, Unreadable, UnreadableReason

_FEW_CHARS = 12
_PICTURE_SHARE = 0.1
_WHOLE_SHARE = 0.5
_OVERLAID = 3
_THIN_CHARS = 200
_OUTLINE_SEGMENTS = 2000
_SHORT_SIDE = 1500
_FINEST = 4.0
_MOST_PIXELS = 24_000_000


def read_pictures(
    page: Any, things: Things, rows: Sequence[Line], content: str, place: Place, budget: Budget
) -> Iterator[Item]:
    """Read or report what may show a record on an open page that is no text; `rows` and `content` are its text."""
    shown = _Page(page, things, rows, content)
    detail, stretches = shown.unread()
    if not budget.limits.scans:
        outlined = shown.outlined()
        if detail or outlined >= RECORD_LETTERS:
            yield Unreadable(place, UnreadableReason.PICTURE, detail or "text of outlines on the page")
        elif shown.is_thin() or outlined:
            yield NotLookedAt()
    elif (detail and not stretches) or shown.is_thin():
        yield from read_page(page, place, budget)
    else:
        if shown.outlined():
            yield from read_page(page, place, budget, drawn=True)
        for box, finest in stretches:
            yield from _read_stretch(page, box, finest, place, budget)


def read_page(page: Any, place: Place, budget: Budget, drawn: bool = False) -> Iterator[Item]:
    """Paint a whole page and read it as a scan; what is `drawn` cannot be handwriting."""
    yield from _read_stretch(page, (0.0, 0.0, *page.get_size()), _FINEST, place, budget, drawn)


class _Page:
    """A page's text beside its pictures."""

    def __init__(self, page: Any, things: Things, rows: Sequence[Line], content: str) -> None:
        self._things = things
        self._rows = rows
        self._few = sum(map(len, content.split())) < _FEW_CHARS
        width, height = page.get_size()
        self._area: float = max(width * height, 1.0)

    def unread(self) -> tuple[str, list[tuple[Box, float]]]:
        """Return why the page is not read by its text alone ("" if it is), and the stretches with the finest scale at
        which to look at each; none where the whole page must be looked at."""
        if self._few and self._things.segments > _OUTLINE_SEGMENTS:
            return "a page of outlines without text", []
        if self._things.more:
            return "more things on a page than are looked at", []
        detail = ""
        stretches = []
        for box, across, down in self._large():
            if not self._few and len(self._upon(box)) >= _OVERLAID:
                continue  # the text of a scan that was read, or of a letterhead
            detail = detail or f"a picture of {across} x {down} pixels on the page"
            if self._few or self._share(box) >= _WHOLE_SHARE:
                return detail, []
            stretches.append((box, across / max(box[2] - box[0], 1.0)))
        return detail, stretches

    def outlined(self) -> int:
        """Return about how many letters are outlines, 0 where they are too few to say anything of anybody."""
        letters, _ = count_letters(self._things.shapes)
        return letters if letters >= FEWEST_LETTERS else 0

    def is_thin(self) -> bool:
        """Return whether a picture that all but fills the page has little text upon it, which may be part of what it
        shows: a stamp, a heading, the poor work of a scanner."""
        return any(
            self._share(box) >= _WHOLE_SHARE and sum(map(len, self._upon(box))) < _THIN_CHARS
            for box, _, _ in self._large()
        )

    def _large(self) -> Iterator[tuple[Box, int, int]]:
        share = 0.0 if self._few else _PICTURE_SHARE
        for box, across, down in self._things.pictures:
            if self._share(box) >= share and may_show_record(across, down):
                yield box, across, down

    def _share(self, box: Box) -> float:
        left, bottom, right, top = box
        return (right - left) * (top - bottom) / self._area

    def _upon(self, box: Box) -> list[str]:
        left, bottom, right, top = box
        return [
            cell.text
            for line in self._rows
            for cell in line.cells
            if bottom <= (line.bottom + line.top) / 2 <= top and left <= (cell.left + cell.right) / 2 <= right
        ]


def _read_stretch(
    page: Any, box: Box, finest: float, place: Place, budget: Budget, drawn: bool = False
) -> Iterator[Item]:
    width, height = page.get_size()
    left, bottom, right, top = max(box[0], 0.0), max(box[1], 0.0), min(box[2], width), min(box[3], height)
    across, down = right - left, top - bottom
    if across < 1 or down < 1:
        return
    scale = min(_SHORT_SIDE / min(across, down), finest, _FINEST, (_MOST_PIXELS / (across * down)) ** 0.5)
    paint = partial(_paint, page, scale, (left, bottom, width - right, height - top))
    yield from read_scan(paint, (round(across * scale), round(down * scale)), place, budget, drawn)


def _paint(page: Any, scale: float, crop: Box) -> Image.Image:
    picture: Image.Image = page.render(scale=scale, crop=crop).to_pil().convert("RGB")
    return picture
