"""Objects as OLE 1 stored them (MS-OLEDS 2.2): the data that RTF keeps of an object, and files packed into it."""

from __future__ import annotations

from struct import error as StructError
from struct import unpack_from

_EMBEDDED = 2


def native(data: bytes) -> tuple[str, bytes]:
    """Return name and content of an embedded object's data: of a packed file its own. ("", data) if it is none."""
    try:
        if unpack_from("<I", data, 4)[0] != _EMBEDDED:
            return "", data
        at = 8
        # The names of class, topic and item.
        for _ in range(3):
            at += 4 + unpack_from("<I", data, at)[0]
        size = unpack_from("<I", data, at)[0]
    except StructError:
        return "", data
    content = data[at + 4 : at + 4 + size]
    if data[12:19].lower() == b"package":
        return packed(len(content).to_bytes(4, "little") + content)
    return ("", content) if content else ("", data)


def packed(data: bytes) -> tuple[str, bytes]:
    """Return name and content of an Ole10Native stream (a file dropped into a document); ("", data) if it is none."""
    try:
        at = 6
        end = data.index(b"\0", at)
        title = data[at:end].decode("cp1252", "replace")
        at = data.index(b"\0", end + 1) + 1 + 4
        at += 4 + unpack_from("<I", data, at)[0]
        size = unpack_from("<I", data, at)[0]
        content = data[at + 4 : at + 4 + size]
    except (ValueError, StructError):
        return "", data
    return (title, content) if content else ("", data)
