"""Drawings of Windows (MS-EMF, MS-WMF): the text that their commands draw and where, and the bitmaps that they paint.

Office keeps the looks of an embedded workbook as such a drawing: each cell is a command, a row is what stands on one
line. Coordinates go through window, viewport and world transform, as a program that shows the drawing takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from struct import unpack_from

from mailguard.extract.barepicture import as_file
from mailguard.extract.contours import Contours
from mailguard.extract.lines import tidy
from mailguard.extract.ocrlayout import Placed
from mailguard.extract.outlines import Box

_MOST_RECORDS = 200_000
_EMF_PLUS, _LEAST_PLUS = b"EMF+", 4096
_FILES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
_RIGHT, _CENTRE, _BOTTOM, _BASELINE, _UPDATE = 2, 6, 8, 24, 1
# Where the bitmap's header and bits are told in BITBLT, STRETCHBLT, SETDIBITSTODEVICE, STRETCHDIBITS, ALPHABLEND.
_BITMAPS = {76: 84, 77: 84, 80: 48, 81: 48, 114: 84}
_WMF_BITMAPS = {0x0F43: 28, 0x0B41: 26, 0x0940: 22, 0x0D33: 24}
_HEIGHT_IN_FONT = 12.0
_PAGE, _MOST_POINTS = 800.0, 400_000
_NEW_LINES, _LINES_ON = frozenset({2, 3, 4, 85, 86, 87}), frozenset({5, 6, 88, 89})
_MANY_LINES = frozenset({7, 8, 90, 91})
_FROM_WIDE = 85  # from here on points are pairs of 16 bits

Pair = tuple[float, float]


@dataclass(slots=True)
class _State:
    """What the commands so far have set: two coordinate systems, a transform, the font's height, alignment, pen."""

    window: Pair = (0, 0)
    window_size: Pair = (1, 1)
    viewport: Pair = (0, 0)
    viewport_size: Pair = (1, 1)
    world: tuple[float, ...] = (1, 0, 0, 1, 0, 0)
    height: float = _HEIGHT_IN_FONT
    align: int = 0
    pen: Pair = (0, 0)

    def scale(self) -> Pair:
        """Return how large a unit is, across and down."""
        across = self.viewport_size[0] / (self.window_size[0] or 1) * (self.world[0] or self.world[1] or 1)
        down = self.viewport_size[1] / (self.window_size[1] or 1) * (self.world[3] or self.world[2] or 1)
        return across, down

    def at(self, x: float, y: float) -> Pair:
        """Return where a point is shown."""
        a, b, c, d, e, f = self.world
        x, y = a * x + c * y + e - self.window[0], b * x + d * y + f - self.window[1]
        return (
            x * self.viewport_size[0] / (self.window_size[0] or 1) + self.viewport[0],
            y * self.viewport_size[1] / (self.window_size[1] or 1) + self.viewport[1],
        )


@dataclass(slots=True)
class Drawing:
    """What a drawing shows: texts in the order of their commands, the same by where they stand, bitmap files, sizes of
    pictures that are kept in a way which is not taken apart, what EMF+ says, shapes as high as letters on a page, and
    whether there are more lines than were followed."""

    texts: list[str] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    bitmaps: list[bytes] = field(default_factory=list)
    other: list[tuple[int, int]] = field(default_factory=list)
    remarks: list[bytes] = field(default_factory=list)
    shapes: list[tuple[Box, int]] = field(default_factory=list)
    more: bool = False


def is_metafile(data: bytes) -> bool:
    """Return whether a picture is a drawing of Windows, an EMF or a WMF with its placeable header."""
    return data[40:44] == b" EMF" or data.startswith(b"\xd7\xcd\xc6\x9a")


def drawn(data: bytes) -> Drawing:
    """Return what a metafile draws. Damage ends the reading; struct.error where a command is cut short."""
    return _Emf(data).drawing if data[40:44] == b" EMF" else _Wmf(data).drawing


class _Canvas:
    """State and drawing of either kind."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.state = _State()
        self.saved: list[_State] = []
        self.drawing = Drawing()
        self.contours = Contours()
        self.points = 0

    def follow(self, points: Sequence[int], new: bool = True) -> None:
        """Follow a line through points, given one coordinate after the other; it is a `new` one or goes on."""
        self.points += len(points) // 2
        self.drawing.more |= self.points > _MOST_POINTS
        if self.drawing.more:
            return
        for at in range(0, len(points) - 1, 2):
            x, y = self.state.at(points[at], points[at + 1])
            if new and not at:
                self.contours.move(x, -y)
            else:
                self.contours.to(x, -y)

    def outline(self) -> None:
        """Keep what may be letters among the lines: as they go, the drawing is as large as a page."""
        reach = self.contours.reach()
        self.drawing.shapes = self.contours.letters(_PAGE / reach) if reach else []

    def write(self, text: str, x: float, y: float, advances: list[int]) -> None:
        """Place a text; without advances a letter is taken for half as wide as the font is high."""
        state = self.state
        self.drawing.texts.append(text)
        across, down = state.scale()
        length = sum(advances) if advances else 0.5 * state.height * len(text)
        width, height = abs(length * across), abs(state.height * down) or 1.0
        left, line = state.at(*(state.pen if state.align & _UPDATE else (x, y)))
        if state.align & _UPDATE:
            self.state = replace(state, pen=(state.pen[0] + length, state.pen[1]))
        how = state.align & _CENTRE
        left -= width if how == _RIGHT else width / 2 if how == _CENTRE else 0
        top = line - height if state.align & (_BASELINE | _BOTTOM) else line
        shown = tidy(text).strip()
        if shown:
            self.drawing.placed.append(Placed(shown, left, -(top + height), left + width, -top))

    def paint(self, header: bytes, bits: bytes) -> None:
        """Keep a device-independent bitmap as a file; one that holds a JPEG or PNG is that file."""
        for signature in _FILES:
            if bits.startswith(signature):
                self.drawing.bitmaps.append(bits)
                return
        self.drawing.bitmaps.append(as_file(header + bits))

    def save(self) -> None:
        self.saved = [*self.saved[-99:], replace(self.state)]

    def restore(self) -> None:
        self.state = self.saved.pop() if self.saved else self.state


class _Emf(_Canvas):
    """The records of MS-EMF 2.3."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.fonts: dict[int, float] = {}
        self._read()
        self.outline()

    def _read(self) -> None:
        data, at = self.data, 0
        for _ in range(_MOST_RECORDS):
            if at + 8 > len(data):
                return
            kind, size = unpack_from("<II", data, at)
            if size < 8:
                return
            self._record(kind, at, size)
            at += size

    def _record(self, kind: int, at: int, size: int) -> None:
        data = self.data
        if kind in (83, 84) and size >= 76:
            self._text(kind == 84, at, size)
        elif kind in _BITMAPS and size > _BITMAPS[kind] + 16:
            start, length, bits, count = unpack_from("<IIII", data, at + _BITMAPS[kind])
            if start and start + length <= size:
                self.paint(data[at + start : at + start + length], data[at + bits : at + min(bits + count, size)])
        elif kind == 70 and data[at + 12 : at + 16] == _EMF_PLUS:
            self._plus(data[at + 16 : at + size])
        elif kind in (9, 10, 11, 12):
            name = {9: "window_size", 10: "window", 11: "viewport_size", 12: "viewport"}[kind]
            setattr(self.state, name, unpack_from("<ii", data, at + 8))
        elif kind == 35 or (kind == 36 and unpack_from("<I", data, at + 32)[0] in (1, 4)):
            given = unpack_from("<6f", data, at + 8)
            identity = kind == 36 and unpack_from("<I", data, at + 32)[0] == 1
            self.state.world = _State().world if identity else given
        elif kind == 82:
            self.fonts[unpack_from("<I", data, at + 8)[0]] = abs(unpack_from("<i", data, at + 12)[0]) or _HEIGHT_IN_FONT
        elif kind == 37:
            height = self.fonts.get(unpack_from("<I", data, at + 8)[0], self.state.height)
            self.state.height = height
        elif kind == 22:
            self.state.align = unpack_from("<I", data, at + 8)[0]
        elif kind == 27:
            pen = unpack_from("<ii", data, at + 8)
            self.state.pen = pen
            self.follow(pen)
        elif kind == 54:
            self.follow(unpack_from("<ii", data, at + 8), new=False)
        elif kind in _NEW_LINES or kind in _LINES_ON:
            self.follow(self._points(kind, at + 28, at + size, unpack_from("<I", data, at + 24)[0]), kind in _NEW_LINES)
        elif kind in _MANY_LINES:
            self._lines(kind, at, at + size)
        elif kind == 33:
            self.save()
        elif kind == 34:
            self.restore()

    def _text(self, wide: bool, at: int, size: int) -> None:
        """EMR_EXTTEXTOUTA and W (2.3.5.7, 2.3.5.8); one command may draw a piece of a word."""
        data = self.data
        x, y, count, offset = unpack_from("<iiII", data, at + 36)
        raw = data[at + offset : at + min(offset + count * (2 if wide else 1), size)]
        text = raw.decode("utf-16-le" if wide else "cp1252", "replace")
        spaces = unpack_from("<I", data, at + 72)[0]
        fits = spaces > 0 and spaces + 4 * count <= size
        self.write(text, x, y, list(unpack_from(f"<{count}i", data, at + spaces)) if fits else [])

    def _points(self, kind: int, at: int, end: int, count: int) -> tuple[int, ...]:
        wide = 4 if kind < _FROM_WIDE else 2
        count = max(min(2 * count, (end - at) // wide), 0)
        return unpack_from(f"<{count}{'i' if wide == 4 else 'h'}", self.data, at)

    def _lines(self, kind: int, at: int, end: int) -> None:
        """EMR_POLYPOLYGON and its like (2.3.5.28): how many points each line has, then all of them."""
        lines = min(unpack_from("<I", self.data, at + 24)[0], (end - at) // 4)
        start = at + 32 + 4 * lines
        for count in unpack_from(f"<{lines}I", self.data, at + 32):
            self.follow(self._points(kind, start, end, count))
            start += count * (8 if kind < _FROM_WIDE else 4)

    def _plus(self, data: bytes) -> None:
        """Commands of EMF+ (MS-EMFPLUS): pictures and texts by their looks."""
        found = [data[start:] for mark in _FILES[:3] if (start := data.find(mark)) >= 0]
        self.drawing.bitmaps += found
        if not found and len(data) > _LEAST_PLUS:
            self.drawing.other.append((len(data), 16))
        self.drawing.remarks.append(data[:1_000_000])


class _Wmf(_Canvas):
    """The records of MS-WMF 2.3, behind the placeable and the plain header."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._read()
        self.outline()

    def _read(self) -> None:
        data, at = self.data, 22 + 18
        for _ in range(_MOST_RECORDS):
            if at + 6 > len(data):
                return
            words, kind = unpack_from("<IH", data, at)
            if words < 3:
                return
            self._record(kind, at, words * 2)
            at += words * 2

    def _record(self, kind: int, at: int, size: int) -> None:
        data = self.data
        if kind == 0x0521:
            count = unpack_from("<H", data, at + 6)[0]
            end = at + 8 + count + count % 2
            y, x = unpack_from("<hh", data, end) if end + 4 <= at + size else (0, 0)
            self.write(data[at + 8 : at + 8 + count].decode("cp1252", "replace"), x, y, [])
        elif kind == 0x0A32:
            y, x, count, options = unpack_from("<hhHH", data, at + 6)
            start = at + 14 + (8 if options & 6 else 0)
            end = start + count + count % 2
            fits = end + 2 * count <= at + size
            advances = list(unpack_from(f"<{count}h", data, end)) if fits else []
            self.write(data[start : start + count].decode("cp1252", "replace"), x, y, advances)
        elif kind in _WMF_BITMAPS and size > _WMF_BITMAPS[kind] + 12:
            self._bitmap(data[at + _WMF_BITMAPS[kind] : at + size])
        elif kind in (0x020B, 0x020C, 0x020D, 0x020E):
            name = {0x020B: "window", 0x020C: "window_size", 0x020D: "viewport", 0x020E: "viewport_size"}[kind]
            y, x = unpack_from("<hh", data, at + 6)
            # The program that shows the drawing chooses the viewport: only the direction of the axes counts.
            sign = (1 if x >= 0 else -1, 1 if y >= 0 else -1)
            if kind == 0x020C:
                self.state.viewport_size = (abs(x), abs(y))
            value = (abs(x) * sign[0], abs(y) * sign[1]) if kind in (0x020C, 0x020E) else (x, y)
            setattr(self.state, name, value)
        elif kind == 0x02FB:
            self.state.height = abs(unpack_from("<h", data, at + 6)[0]) or _HEIGHT_IN_FONT
        elif kind == 0x012E:
            self.state.align = unpack_from("<H", data, at + 6)[0]
        elif kind == 0x0214:
            y, x = unpack_from("<hh", data, at + 6)
            self.state.pen = (x, y)
            self.follow((x, y))
        elif kind == 0x0213:
            y, x = unpack_from("<hh", data, at + 6)
            self.follow((x, y), new=False)
        elif kind in (0x0324, 0x0325):
            self._line(at + 8, at + size, unpack_from("<H", data, at + 6)[0])
        elif kind == 0x0538:
            lines = min(unpack_from("<H", data, at + 6)[0], size // 2)
            start = at + 8 + 2 * lines
            for count in unpack_from(f"<{lines}H", data, at + 8):
                self._line(start, at + size, count)
                start += 4 * count
        elif kind == 0x001E:
            self.save()
        elif kind == 0x0127:
            self.restore()

    def _line(self, at: int, end: int, count: int) -> None:
        count = max(min(2 * count, (end - at) // 2), 0)
        self.follow(unpack_from(f"<{count}h", self.data, at))

    def _bitmap(self, bitmap: bytes) -> None:
        size = unpack_from("<I", bitmap)[0]
        if size in (12, 40, 64, 108, 124):
            self.paint(bitmap, b"")


def words_joined(placed: list[Placed]) -> list[Placed]:
    """Return texts with those joined that touch on one line, as pieces of a word do."""
    joined: list[Placed] = []
    for piece in sorted(placed, key=lambda piece: (-round(piece.bottom), piece.left)):
        before = joined[-1] if joined else None
        height = piece.top - piece.bottom
        if (
            before
            and abs(before.bottom - piece.bottom) < 0.3 * height
            and abs(piece.left - before.right) < 0.5 * height
        ):
            gap = "" if piece.left - before.right < 0.15 * height else " "
            joined[-1] = replace(before, text=f"{before.text}{gap}{piece.text}", right=max(before.right, piece.right))
        else:
            joined.append(piece)
    return joined
