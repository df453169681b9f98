"""Documents of Apple's office programs with `Zara Quill` in one place each, written object by object."""

from __future__ import annotations

import io
import struct
import zipfile

from mailguard.extract.samples import archive, iwork, package, protobuf

_TEXT, _SHEET, _TABLE, _COMMENT, _CHART = 2001, 2, 6001, 3056, 5021
_DAY = 13 * 365 * 86400.0


def _reference(number: int) -> bytes:
    return protobuf((1, number))


def _document(*objects: tuple[int, int, bytes], **others: str | bytes) -> bytes:
    return iwork({"Index/Document.iwa": archive(*objects), **others})


def _storage(text: str) -> bytes:
    return protobuf((1, 0), (3, text.encode()))


def _cell(kind: int, flags: int, *values: bytes) -> bytes:
    return struct.pack("<BB6xI", 5, kind, flags) + b"".join(values)


def table(version: int = 5) -> list[tuple[int, int, bytes]]:
    """A table of two rows: heads, then a name in a list of texts, a date, a number, a text with looks of its own."""
    strings = protobuf(
        (1, 1), *((3, protobuf((1, key), (3, text))) for key, text in ((7, b"Name"), (8, b"Zara Quill")))
    )
    rich = protobuf((1, 8), (3, protobuf((1, 4), (9, _reference(30)))))
    number = struct.pack("<Q6xH", 75, (0x1820 - 1) << 1)
    rows = []
    for index, cells in enumerate(
        (
            [_cell(3, 8, struct.pack("<I", 7))],
            [
                _cell(3, 8, struct.pack("<I", 8)),
                _cell(5, 4, struct.pack("<d", _DAY)),
                _cell(2, 1, number),
                _cell(9, 16, struct.pack("<I", 4)),
            ],
        )
    ):
        offsets, buffer = [], b""
        for cell in cells:
            offsets.append(len(buffer) // 4)
            buffer += bytes((version,)) + cell[1:]
        packed = struct.pack("<4h", *(offsets + [-1] * 4)[:4])
        rows.append((5, protobuf((1, index), (2, len(cells)), (6, buffer), (7, packed), (8, 1))))
    store = protobuf(
        (3, protobuf((1, protobuf((1, 0), (2, _reference(20)))), (2, 256))), (4, _reference(21)), (17, _reference(22))
    )
    return [
        (10, _TABLE, protobuf((4, store), (6, 2), (8, b"Marks"))),
        (20, 6002, protobuf(*rows)),
        (21, 6005, strings),
        (22, 6005, rich),
        (30, 6218, protobuf((1, _reference(31)))),
        (31, _TEXT, _storage("Heron class")),
    ]


def _copied() -> bytes:
    """An archive whose second half is a copy of its first, as Snappy packs what comes again."""
    text = b"Zara Quill Zara Quill "
    message = protobuf((3, text))
    head = protobuf((1, 1), (2, protobuf((1, _TEXT), (3, len(message)))))
    before = bytes((len(head),)) + head + message[: len(message) - 11]
    block = bytes((len(before) + 11,)) + bytes((len(before) - 1 << 2,)) + before + bytes(((11 - 1) << 2 | 2, 11, 0))
    return iwork({"Index/Document.iwa": b"\0" + len(block).to_bytes(3, "little") + block})


def _bundle() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as index:
        index.writestr("Document.iwa", archive((1, _TEXT, _storage("Zara Quill"))))
    return package({"Letter.pages/Index.zip": inner.getvalue(), "Letter.pages/Metadata/Properties.plist": b"bplist00"})


_GIF = b"GIF89a\1\0\1\0\0\0\0!\xfe\x0aZara Quill\0;"
_OLD = (
    '<?xml version="1.0"?><sl:document xmlns:sl="a" xmlns:sf="b">'
    "<sf:p>Za<sf:span>ra</sf:span> Quill</sf:p></sl:document>"
)
CASES: list[tuple[str, bytes]] = [
    ("running text.pages", _document((1, _TEXT, _storage("Dear all,\nZara Quill came first.\n")))),
    ("text in two objects.pages", _document((1, _TEXT, _storage("x")), (2, _TEXT, _storage("Zara Quill")))),
    ("text that is copied.pages", _copied()),
    ("bundle.pages", _bundle()),
    ("comment.pages", _document((1, _COMMENT, protobuf((1, b"Zara Quill"), (3, _reference(4)))))),
    ("deep field.key", _document((1, 9, protobuf((1, protobuf((5, protobuf((2, b"Zara Quill")))))))),),
    ("text that may be a message.key", _document((1, 9, protobuf((1, protobuf((4, b"Zara Quill, whose father"))))))),
    ("chart.key", _document((1, _CHART, protobuf((10002, protobuf((3, b"Zara Quill"))))))),
    ("name of a sheet.numbers", _document((1, _SHEET, protobuf((1, b"Zara Quill"), (2, _reference(4)))))),
    ("cell.numbers", _document(*table())),
    ("picture.pages", _document((1, _TEXT, _storage("x")), **{"Data/a.gif": _GIF})),
    ("name of a picture.pages", _document((1, _TEXT, _storage("x")), **{"Data/Zara Quill.bin.txt": b"x"})),
    ("index.xml.pages", package({"index.xml": _OLD, "buildVersionHistory.plist": b"x"})),
]  # fmt: skip
REPORTED: dict[str, bytes] = {
    "with a password.pages": package({"Index/Document.iwa": b"x", ".iwpv2": b"x", "Metadata/a": b"x"}),
    "cut short.pages": iwork({"Index/Document.iwa": archive((1, _TEXT, _storage("Zara Quill")))[:-4]}),
    "without archives.pages": iwork({"Index/Document.iwa": b""}),
    "cells of another form.numbers": _document(*table(version=4)),
}
