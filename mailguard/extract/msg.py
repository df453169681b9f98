"""Outlook's .msg files ([MS-OXMSG]): every string property, bodies, recipients, attachments, messages inside."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import olefile

from mailguard.extract import mapi
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_PROPERTY = re.compile(r"__substg1\.0_([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})(?:-[0-9A-Fa-f]{8})?")
_ATTACHED = "__attach_version1.0_"
_RECIPIENT = "__recip_version1.0_"
_OBJECT = "__substg1.0_3701000D"
_MULTIPLE = 0x1000
_MOST_NESTED = 10

Path = tuple[str, ...]


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the message's text, recipients and attachments."""
    try:
        with olefile.OleFileIO(io.BytesIO(part.data)) as ole:
            file = _File(ole, part.place, budget)
            yield from file.message((), ())
            if file.cut_short:
                yield Unreadable(part.place, UnreadableReason.DAMAGED, "a stream is cut short", part.leaf)
    except (OSError, IndexError, ValueError, TypeError) as error:
        detail = f"the compound file is broken ({type(error).__name__})"
        yield Unreadable(part.place, UnreadableReason.DAMAGED, detail, part.leaf)


class _File:
    """A compound file by its paths."""

    def __init__(self, ole: olefile.OleFileIO, place: Place, budget: Budget) -> None:
        self._ole = ole
        self._place = place
        self._budget = budget
        self.cut_short = False
        self._below: dict[Path, list[str]] = {}
        for path in ole.listdir(streams=True, storages=True):
            self._below.setdefault(tuple(path[:-1]), []).append(path[-1])

    def message(self, at: Path, above: Place) -> Iterator[Item]:
        """Yield one message: the outer one, or the one attached to it under the names `above`."""
        place = (*self._place, *above)
        if len(above) > _MOST_NESTED:
            detail = f"messages nested deeper than {_MOST_NESTED}"
            yield Unreadable(place, UnreadableReason.TOO_DEEP, detail, len(place))
            return
        children = self._below.get(at, [])
        for kind, identity, data in self._properties(at):
            for item in mapi.items(kind, identity, data, place):
                yield replace(item, above=above) if isinstance(item, Child) else item
        for name in children:
            if name.startswith(_RECIPIENT):
                yield from self._recipient((*at, name), place)
        for number, name in enumerate((n for n in children if n.startswith(_ATTACHED)), 1):
            yield from self._attachment((*at, name), above, number)

    def _properties(self, at: Path) -> Iterator[tuple[int, int, bytes]]:
        for name in self._below.get(at, []):
            match = _PROPERTY.fullmatch(name)
            if match and match.group(2).upper() != "000D":
                kind = int(match.group(2), 16) & ~_MULTIPLE
                yield kind, int(match.group(1), 16), self._stream((*at, name))

    def _stream(self, path: Path) -> bytes:
        data: bytes = self._ole.openstream(list(path)).read()
        # The library fills the gap of a damaged file with silence.
        self.cut_short = self.cut_short or len(data) < self._ole.get_size(list(path))
        self._budget.spend_bytes(len(data))
        return data

    def _recipient(self, at: Path, place: Place) -> Iterator[Item]:
        texts = [
            mapi.text_of(kind, data)
            for kind, identity, data in self._properties(at)
            if kind in (mapi.STRING8, mapi.UNICODE) and identity in (mapi.RECIPIENT_NAME, *mapi.RECIPIENT_ADDRESSES)
        ]
        text = " ".join(dict.fromkeys(text.strip() for text in texts if text.strip()))
        if text:
            yield Segment(text, (*place, "header To"), SegmentKind.HEADER, leaf=len(place) + 1)

    def _attachment(self, at: Path, above: Place, number: int) -> Iterator[Item]:
        names: dict[int, str] = {}
        content: bytes | None = None
        for kind, identity, data in self._properties(at):
            if identity == mapi.ATTACHMENT_DATA:
                content = data
            elif kind in (mapi.STRING8, mapi.UNICODE):
                names[identity] = mapi.text_of(kind, data).strip()
        name = next((names[identity] for identity in mapi.ATTACHMENT_NAMES if names.get(identity)), "")
        step = name or f"attachment {number}"
        if content is not None:
            yield Child(content, step, name, above=above)
        inside = (*at, _OBJECT)
        if any(n.startswith("__properties") for n in self._below.get(inside, [])):
            here = (*self._place, *above, step)
            if name:
                yield Segment(name, here, SegmentKind.FILE_NAME, leaf=len(here))
            yield from self.message(inside, (*above, step))
        elif inside in self._below:
            yield from self._object(inside, step, above)

    def _object(self, at: Path, step: str, above: Place) -> Iterator[Item]:
        """Yield each stream of an embedded object: a picture, a native file, a document's own streams."""
        for path in self._ole.listdir(streams=True, storages=False):
            if tuple(path[: len(at)]) == at:
                data = self._stream(tuple(path))
                if data.strip(b"\0"):
                    yield Child(data, step, above=above)
