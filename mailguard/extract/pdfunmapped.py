"""The second reading of pages whose fonts pdfium cannot map to Unicode: pdfminer knows some of them by the font's own
tables."""

from __future__ import annotations

import io
import struct

import pdfplumber
from pdfminer.pdfparser import PDFSyntaxError
from pdfminer.psparser import PSException

from mailguard.extract.lines import tidy

_MAX_BYTES = 16 << 20


def second_reading(data: bytes, index: int, password: str) -> str:
    """Return the text of page `index` (from 0), "" where pdfminer cannot read it either."""
    if len(data) > _MAX_BYTES:
        return ""
    try:
        with pdfplumber.open(io.BytesIO(data), pages=[index + 1], password=password) as document:
            text = document.pages[0].extract_text() if document.pages else ""
    except (PDFSyntaxError, PSException, struct.error, ValueError, KeyError, IndexError, TypeError, AttributeError):
        # What pdfminer makes of a damaged file; pdfium has read what it could.
        return ""
    return tidy(text or "")
