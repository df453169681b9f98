"""RTF: text, tables, headers, notes, comments, deletions, hidden text, boxes, properties, pictures and objects.

Rich Text Format 1.9.1. A token loop over groups: destinations that are known to hold no text (fonts, colours, styles)
are passed over, every other one is read, known or not.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mailguard.extract.barepicture import as_file
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.found import (
    MARK_CODE,
    MARK_DELETED,
    MARK_HIDDEN,
    MARK_INSERTED,
    Found,
    Piece,
    Table,
    Text,
    readings_of,
)
from mailguard.extract.grid import GridRow
from mailguard.extract.lines import tidy
from mailguard.extract.olepackage import native
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.rtfwords import CHARSETS, CODEPAGES, DESTINATIONS, SILENT, SYMBOLS
from mailguard.extract.segments import segments_of
from mailguard.extract.speech import spoken
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_HEX = re.compile(rb"[^0-9a-fA-F]")
_MAX_GROUPS = 2_000_000
_STORE = "datastore"
_MANY_DIGITS = 6
_EMBEDDED = frozenset({"objdata", "pict", _STORE})


@dataclass(slots=True)
class _State:
    """What a group inherits and its end forgets."""

    silent: bool = False
    embedded: str = ""
    kind: SegmentKind | None = None
    visible: bool = True
    flags: int = 0
    font: int = -1
    fallback: int = 1
    in_table: bool = False
    opens: bool = False
    fonts: bool = False


@dataclass(slots=True)
class _Flow:
    """One stream of paragraphs: the body, a header, a note, a comment, a box."""

    pieces: list[Piece] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)
    row: list[tuple[int, str, str]] = field(default_factory=list)
    rows: list[GridRow] = field(default_factory=list)
    column: int = 0


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of an RTF file, then what is embedded in it."""
    reader = _Reader(part.data)
    yield from segments_of(reader.found(), part.place, SegmentKind.BODY)
    if reader.is_open:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "the RTF file ends inside a group")
    for step, name, data in reader.embedded:
        budget.spend_bytes(len(data))
        if step == _STORE:
            yield from (Segment(text, part.place, SegmentKind.SWEEP, False) for text in strings(data))
            continue
        yield Child(data, step, name, leaf=False)


class _Reader:
    """One pass over the tokens."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._state = _State()
        self._stack: list[_State] = []
        self._flow = _Flow()
        self._flows: list[tuple[int, _Flow]] = []
        self._ready: list[Found] = []
        self._codepage = "cp1252"
        self._font_codecs: dict[int, str] = {}
        self._bytes = bytearray()
        self._skip = 0
        self._star = False
        self._hex: list[bytes] = []
        self._unseen: list[bytes] = []
        self.embedded: list[tuple[str, str, bytes]] = []

    @property
    def is_open(self) -> bool:
        """Whether a group is open: at the end, of a file that is cut short or lost the brace that ends silence."""
        return bool(self._stack)

    def found(self) -> Iterator[Found]:
        """Yield paragraphs and tables in the order in which they end."""
        at, end, match_at = 0, len(self._data), _TOKEN.match
        while at < end:
            match = match_at(self._data, at)
            if match is None:
                at += 1
                continue
            at = match.end()
            word, number, byte, symbol, brace, text = match.groups()
            if word is not None:
                length = self._word(word.decode("ascii"), int(number) if number else None)
                if length and self._state.embedded:
                    self._embed(self._data[at : at + length])
                elif length:
                    self._ready += [_aside(text) for text in strings(self._data[at : at + length])]
                at += length
            elif byte is not None:
                self._byte(int(byte, 16))
            elif symbol is not None:
                self._symbol(symbol)
            elif brace is not None:
                self._brace(brace)
            elif text is not None:
                self._text(text)
            if self._ready:
                yield from self._ready
                self._ready.clear()
        while self._flows:
            self._end_flow()
        self._end_paragraph()
        self._end_table()
        yield from self._ready
        for name in self._unseen:
            # Styles and fonts have names like people's; one with a day or a number in it is no style's.
            if b" " in name and sum(48 <= byte < 58 for byte in name) >= _MANY_DIGITS:
                text = name.decode(self._codepage, "replace")
                yield from (_aside(text) for _ in range(bool(spoken(text))))

    def _brace(self, brace: bytes) -> None:
        self._decode()
        self._skip = 0
        if brace == b"{":
            if len(self._stack) > _MAX_GROUPS:
                raise OverBudget(UnreadableReason.TOO_DEEP, "too many groups in an RTF file", local=True)
            self._stack.append(self._state)
            self._state = replace(self._state, opens=True)
            return
        if self._state.embedded and self._hex and not (self._stack and self._stack[-1].embedded):
            self._take_embedded()
        while self._flows and self._flows[-1][0] >= len(self._stack):
            self._end_flow()
        if self._stack:
            self._state = self._stack.pop()
        self._state.opens = False
        self._star = False

    def _word(self, word: str, number: int | None) -> int:
        """Take a control word; return how many bytes of raw data follow it."""
        state = self._state
        if word == "bin":
            self._decode()
            return max(number or 0, 0)
        if word == "u":
            self._decode()
            self._say(chr((number or 0) & 0xFFFF))
            self._skip = state.fallback
            return 0
        self._decode()
        self._skip = 0
        opens, state.opens = state.opens, False
        if opens and self._star:
            # A picture's own properties stand among its digits: its description is one of them.
            state.embedded = ""
        if word in SILENT and opens:
            state.silent = True
            state.fonts = word == "fonttbl"
        elif word in _EMBEDDED and opens:
            state.embedded = word
        elif word in DESTINATIONS and opens:
            self._enter(word)
        elif opens and self._star and word not in SYMBOLS:
            state.kind, state.visible = SegmentKind.METADATA, False
            self._begin_flow()
        elif word in SYMBOLS:
            self._say(SYMBOLS[word])
        else:
            self._format(word, number)
        self._star = False
        return 0

    def _enter(self, word: str) -> None:
        kind, visible, mark = DESTINATIONS[word]
        self._state.flags |= mark
        if not mark:
            self._state.kind, self._state.visible = kind, visible
            self._begin_flow()

    def _format(self, word: str, number: int | None) -> None:
        state = self._state
        on = number != 0
        if word in ("par", "sect", "page", "line"):
            self._end_line(word)
        elif word in ("cell", "nestcell"):
            self._end_cell()
        elif word in ("row", "nestrow"):
            self._end_row()
        elif word == "pard":
            state.in_table = False
        elif word == "intbl":
            state.in_table = True
        elif word == "plain":
            state.flags &= MARK_CODE
        elif word in ("v", "deleted", "revised", "cspan"):
            mark = {"v": MARK_HIDDEN, "deleted": MARK_DELETED, "revised": MARK_INSERTED}.get(word, 0)
            state.flags = state.flags | mark if on else state.flags & ~mark
        elif word == "f":
            state.font = number or 0
        elif word == "fcharset" and state.fonts:
            self._font_codecs[state.font] = CHARSETS.get(number or 0, "")
        elif word == "uc":
            state.fallback = max(number or 0, 0)
        elif word == "ansicpg" and number:
            self._codepage = _codec(f"cp{number}") or self._codepage
        elif word in CODEPAGES:
            self._codepage = CODEPAGES[word]

    def _symbol(self, symbol: bytes) -> None:
        self._decode()
        if symbol == b"*":
            self._star = True
            return
        if symbol in b"\r\n":
            self._end_line("par")
        elif symbol in b"\\{}":
            self._say(symbol.decode("ascii"))
        elif symbol in b"~_":
            self._say(" " if symbol == b"~" else "-")

    def _byte(self, value: int) -> None:
        if self._skip:
            self._skip -= 1
        elif not self._state.silent:
            self._bytes.append(value)

    def _text(self, text: bytes) -> None:
        if self._state.embedded:
            self._hex.append(text)
            return
        if self._state.silent:
            self._unseen.append(text)
            return
        if self._skip:
            text, self._skip = text[self._skip :], max(self._skip - len(text), 0)
        self._bytes += text

    def _decode(self) -> None:
        if self._bytes:
            codec = self._font_codecs.get(self._state.font) or self._codepage
            text = bytes(self._bytes).decode(codec, "replace")
            self._bytes.clear()
            self._say(text)

    def _say(self, text: str) -> None:
        if not self._state.silent and not self._state.embedded:
            self._flow.pieces.append((text, self._state.flags))

    def _begin_flow(self) -> None:
        self._flows.append((len(self._stack), self._flow))
        self._flow = _Flow()

    def _end_flow(self) -> None:
        self._decode()
        self._end_paragraph()
        self._end_table()
        self._flow = self._flows.pop()[1]

    def _end_line(self, word: str) -> None:
        self._decode()
        if word == "line":
            self._say("\n")
        elif self._state.in_table:
            self._flow.cell.append(self._paragraph())
        else:
            self._end_table()
            self._end_paragraph()

    def _paragraph(self) -> str:
        """Return what a person sees of the paragraph in hand and put its other readings out."""
        pieces, self._flow.pieces = self._flow.pieces, []
        texts = readings_of(pieces, self._state.kind, self._state.visible)
        self._ready += texts[1:]
        return texts[0].text

    def _end_paragraph(self) -> None:
        pieces, self._flow.pieces = self._flow.pieces, []
        if pieces:
            self._ready += readings_of(pieces, self._state.kind, self._state.visible)
        else:
            self._ready += readings_of([])

    def _end_cell(self) -> None:
        flow = self._flow
        flow.column += 1
        text = "\n".join([*flow.cell, self._paragraph()]).strip()
        flow.cell = []
        if text:
            flow.row.append((flow.column, text, ""))

    def _end_row(self) -> None:
        flow = self._flow
        if flow.row:
            flow.rows.append(GridRow(len(flow.rows) + 1, flow.row))
        flow.row, flow.column = [], 0

    def _end_table(self) -> None:
        self._end_row()
        if self._flow.rows:
            self._ready.append(Table(self._flow.rows, self._state.kind))
            self._flow.rows = []

    def _take_embedded(self) -> None:
        digits = _HEX.sub(b"", b"".join(self._hex))
        self._hex = []
        data = bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))
        if len(data) > 8:
            self._embed(data)

    def _embed(self, data: bytes) -> None:
        if self._state.embedded == "pict":
            self.embedded.append(("picture", "", as_file(data)))
        elif self._state.embedded == "objdata":
            name, content = native(data)
            self.embedded.append((name or "embedded object", name, content))
        else:
            self.embedded.append((_STORE, "", data))


def _aside(text: str) -> Text:
    return Text(tidy(text), SegmentKind.METADATA, False, False)


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""
