"""Pivot caches of workbooks: the records of a table that may long be deleted, put together again row by row.

ECMA-376 part 1, 18.10. The definition lists each field with its shared items; a record holds a value or the number of a
shared item for each field."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator

from mailguard.extract.cells import Element, elements
from mailguard.extract.grid import GridRow, Value, shape
from mailguard.extract.lines import tidy
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.sweep import BadXml
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

Field = tuple[str, list[str]]


def read_records(package: Package, place: Place) -> Iterator[Segment | Unreadable]:
    """Yield a segment for each record of each pivot cache, with the names of its fields."""
    definitions = {
        _number(entry.filename): entry for entry in package.members if "pivotcachedefinition" in _base(entry)
    }
    for entry in package.members:
        if not is_records(entry.filename):
            continue
        definition = definitions.get(_number(entry.filename))
        here = (*place, "pivot cache")
        try:
            fields = list(_fields(package, definition)) if definition is not None else []
            heads = {column: name for column, (name, _) in enumerate(fields, 1) if name}
            yield from shape(_rows(package, entry, fields), here, SegmentKind.CACHE, whole=False, heads=heads)
        except (BadPackage, BadXml) as error:
            yield Unreadable(here, UnreadableReason.DAMAGED, str(error))


def is_records(name: str) -> bool:
    """Return whether a member holds the records of a pivot cache."""
    return "pivotcacherecords" in name.lower() and name.lower().endswith(".xml")


def _base(entry: zipfile.ZipInfo) -> str:
    return posixpath.basename(entry.filename.lower())


def _number(name: str) -> str:
    return "".join(filter(str.isdigit, posixpath.basename(name)))


def _fields(package: Package, entry: zipfile.ZipInfo) -> Iterator[Field]:
    for element in elements(package, entry, "cacheField"):
        items = [_value(item) for child in element if _local(child) == "sharedItems" for item in child]
        yield tidy(element.get("name", "")), items


def _rows(package: Package, entry: zipfile.ZipInfo, fields: list[Field]) -> Iterator[GridRow]:
    for number, record in enumerate(elements(package, entry, "r"), 1):
        values: list[Value] = []
        for column, item in enumerate(record, 1):
            text = _value(item)
            if _local(item) == "x" and column <= len(fields):
                shared = fields[column - 1][1]
                text = shared[int(text)] if text.isdigit() and int(text) < len(shared) else ""
            if text:
                values.append((column, text, ""))
        yield GridRow(number, values, visible=False)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(item: Element) -> str:
    value = tidy(item.get("v", "")).strip()
    return value[:10] if _local(item) == "d" else value
