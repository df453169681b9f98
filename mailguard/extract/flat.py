"""Office files written as one XML file: flat OpenDocument (.fodt, .fods), Word 2003 XML, flat Open Packaging (Word's
"XML document"). They are given to their readers as the container that they would be."""

from __future__ import annotations

import binascii
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.package import BadPackage, Package
from mailguard.model import UnreadableReason

_PACKAGE = "{http://schemas.microsoft.com/office/2006/xmlPackage}"
_OPENDOCUMENT = b"urn:oasis:names:tc:opendocument:xmlns:office"
_BINARY = re.compile(rb"<(office:binary-data|w:binData|pkg:binaryData)\b([^>]*)>([^<]*)<")
_NEAR = 400
_SHOWS_AN_OBJECT = re.compile(rb"</draw:object>\s*<draw:image\b[^>]*>\s*\Z")
"""What stands before the picture of a chart that the file holds itself, where it is read."""
_NAME = re.compile(rb"name=[\"']([^\"']+)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def opened(data: bytes, budget: Budget) -> Package:
    """Return the container of an office file, zipped or flat. Raise BadPackage where it cannot be opened."""
    return (
        Flat(data, budget)
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in _WIDE
        else Package(data, budget)
    )


_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Flat(Package):
    """An office file in one XML file, as a container of its parts."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        self._parts: list[bytes] = []
        self.members = []
        self.folders = []
        head = data[:8192].replace(b"\0", b"")
        if _PACKAGE[1:-1].encode() in head:
            self._take_parts(data)
            return
        self._add("content.xml" if _OPENDOCUMENT in head else "word/document.xml", data)
        for number, match in enumerate(_BINARY.finditer(data), 1):
            if _SHOWS_AN_OBJECT.search(data, max(0, match.start() - _NEAR), match.start()):
                continue
            name = _NAME.search(match.group(2))
            title = posixpath.basename(name.group(1).decode("utf-8", "replace")) if name else f"embedded {number}"
            self._add(f"media/{title}", _from_base64(match.group(3)))

    def _add(self, name: str, content: bytes) -> None:
        self._budget.spend_bytes(len(content))
        self.members.append(zipfile.ZipInfo(name))
        self.members[-1].header_offset = len(self._parts)
        self._parts.append(content)

    def _take_parts(self, data: bytes) -> None:
        parser: Any = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        try:
            root: Any = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise BadPackage("the flat package is malformed") from error
        if root.getroottree().docinfo.doctype:
            raise BadPackage("a document type declaration in office XML")
        for part in root.iter(_PACKAGE + "part"):
            name = part.get(_PACKAGE + "name", "").lstrip("/") or "part"
            for holder in part:
                if holder.tag == _PACKAGE + "binaryData":
                    self._add(name, _from_base64((holder.text or "").encode("utf-8", "replace")))
                elif len(holder):
                    self._add(name, etree.tostring(holder[0], with_tail=False))

    def unlisted(self) -> bytes:
        """Return nothing: an XML file is read in all."""
        return b""

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield a part's bytes."""
        content = self._parts[entry.header_offset]
        if len(content) > self._budget.limits.part_bytes:
            limit = self._budget.limits.part_bytes
            raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {limit} bytes")
        yield content


def _from_base64(letters: bytes) -> bytes:
    packed = _NOT_BASE64.sub(b"", letters)
    packed = packed[: len(packed) - (len(packed) % 4 == 1)]
    return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
