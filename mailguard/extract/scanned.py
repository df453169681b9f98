"""A picture's text as segments, and whether what could not be read of it matters.

Where the model finds no text there is none to hide a record in: a photograph of a class outing passes. Where it finds
text that it cannot read (handwriting, a picture too coarse), or none on what looks like a written page, the picture
stays unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PIL import Image, ImageChops, ImageFilter

from mailguard.extract import ocr
from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.ocr import Fragment
from mailguard.extract.ocrlayout import segments_of
from mailguard.extract.picturesize import may_show_record
from mailguard.extract.raster import NotDecoded
from mailguard.model import Place, Segment, Unreadable, UnreadableReason

_SURE = 0.8
_LEGIBLE = 0.5
_UNSURE_SHARE = 0.12
_A_NAME = 14.0
_NO_WORDS = 8.0
_SHORT = 4.0
_LOOKED_AT = 800
_PALER = 26  # steps of 255 below the paper around
_INK = 60


def read_scan(
    paint: Callable[[], Image.Image], size: tuple[int, int], place: Place, budget: Budget, drawn: bool = False
) -> Iterator[Segment | Unreadable]:
    """Yield what a picture says, and report it where it shows text that cannot be read.

    `size` is its width and height in pixels as it is decoded, `paint` decodes it. A limit of the budget is reported at
    the picture's own place, if it may show a record at all. What is `drawn` by a program is nobody's handwriting."""
    matters = may_show_record(*size)
    try:
        budget.spend_scan(*size)
    except OverBudget as over:
        if matters:
            yield Unreadable(place, over.reason, over.detail)
        return
    try:
        picture = paint()
    except NotDecoded:
        if matters:
            detail = f"a picture of {size[0]} x {size[1]} pixels that cannot be decoded"
            yield Unreadable(place, UnreadableReason.PICTURE, detail)
        return
    fragments = ocr.read(picture)
    yield from segments_of([fragment for fragment in fragments if fragment.sure >= _LEGIBLE], place)
    detail = what_is_hidden(fragments, None if drawn else picture) if matters else ""
    if detail:
        yield Unreadable(place, UnreadableReason.PICTURE, detail)


def what_is_hidden(fragments: Sequence[Fragment], picture: Image.Image | None) -> str:
    """Return why a name and a fact may stand in a picture beside what was surely read of it, "" if they may not."""
    lengths = [(_length(fragment), fragment.sure) for fragment in fragments if not _is_a_mark(fragment)]
    whole = sum(length for length, _ in lengths)
    doubtful = sum(length for length, sure in lengths if sure < _SURE)
    if doubtful >= _A_NAME and doubtful > _UNSURE_SHARE * whole:
        return "text in a picture that cannot be read with confidence"
    if picture and whole - doubtful < _NO_WORDS and looks_written(picture):
        return "a picture that looks written, in which no text could be read"
    return ""


def looks_written(picture: Image.Image) -> bool:
    """Return whether a picture looks like paper with strokes of a pen: even ground, a little ink, all of it thin.

    A photograph's ground is not even, a drawing's and a logo's ink is not thin."""
    grey = picture.convert("L")
    grey.thumbnail((_LOOKED_AT, _LOOKED_AT), Image.Resampling.BOX)
    paper = grey.filter(ImageFilter.MaxFilter(15)).filter(ImageFilter.GaussianBlur(6))
    darker = ImageChops.subtract(paper, grey)
    ink = darker.point([0] * (_INK + 1) + [255] * (255 - _INK))
    share = _share(ink)
    return (
        _share(darker.point([255] * _PALER + [0] * (256 - _PALER))) >= 0.8
        and 0.002 <= share <= 0.15
        and _share(ink.filter(ImageFilter.MinFilter(7))) < 0.05 * share
    )


def _share(mask: Image.Image) -> float:
    histogram = mask.histogram()
    return histogram[255] / max(sum(histogram), 1)


def _is_a_mark(fragment: Fragment) -> bool:
    """Return whether what was taken for text is a bar, a dot or a ring: not long, and nothing like a letter in it."""
    return _length(fragment) < _SHORT and not any(map(str.isalnum, fragment.text))


def _length(fragment: Fragment) -> float:
    """Return about how many letters a fragment has, by the shape of its box."""
    (left, upper), (right, other), _, (below, lower) = fragment.corners
    across = ((right - left) ** 2 + (other - upper) ** 2) ** 0.5
    down = ((below - left) ** 2 + (lower - upper) ** 2) ** 0.5
    return float(2 * max(across, down) / max(min(across, down), 1.0))
