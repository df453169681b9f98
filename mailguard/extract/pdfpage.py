"""An open PDF and its pages by pdfium's raw interface.

The library's own objects keep books on each other so that none is closed too early, which takes as long as reading a
short page; here whoever opens closes. Only what paints a page asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c


class OpenPdf:
    """An open file, to be closed after its pages. pdfium.PdfiumError, with `err_code`, where it cannot be opened."""

    def __init__(self, data: bytes, password: str) -> None:
        self._data = data  # pdfium reads from it as long as the file is open
        secret = password.encode() + b"\0" if password else None
        self._raw = pdfium_c.FPDF_LoadMemDocument64(data, len(data), secret)
        self._painter: pdfium.PdfDocument | None = None
        self.pages: int = pdfium_c.FPDF_GetPageCount(self._raw)
        """How many pages there are, at least one."""
        if self.pages < 1:
            code = pdfium_c.FPDF_GetLastError()
            pdfium_c.FPDF_CloseDocument(self._raw)
            raise pdfium.PdfiumError("not opened", err_code=code)

    @property
    def is_form(self) -> bool:
        """Whether it has fields to fill in."""
        return bool(pdfium_c.FPDF_GetFormType(self._raw) != pdfium_c.FORMTYPE_NONE)

    def close(self) -> None:
        """Close it."""
        if self._painter is not None:
            self._painter.close()
        else:
            pdfium_c.FPDF_CloseDocument(self._raw)

    @contextmanager
    def page(self, index: int) -> Iterator[OpenPage]:
        """Open page `index` (from 0) for a while; pdfium.PdfiumError where it cannot be loaded."""
        raw = pdfium_c.FPDF_LoadPage(self._raw, index)
        if not raw:
            raise pdfium.PdfiumError("page not loaded")
        try:
            yield OpenPage(self, index, raw)
        finally:
            pdfium_c.FPDF_ClosePage(raw)

    def painter(self) -> pdfium.PdfDocument:
        """Return the file as an object of the library, which can paint."""
        if self._painter is None:
            self._painter = pdfium.PdfDocument(self._raw)
        return self._painter


class OpenPage:
    """An open page; pass it to pdfium's raw functions as it is."""

    __slots__ = ("_as_parameter_", "_index", "_pdf")

    def __init__(self, pdf: OpenPdf, index: int, raw: Any) -> None:
        self._pdf = pdf
        self._index = index
        self._as_parameter_ = raw

    @contextmanager
    def text(self) -> Iterator[Any]:
        """Have its text at hand for a while (pdfium's FPDF_TEXTPAGE); pdfium.PdfiumError where it cannot be loaded."""
        raw = pdfium_c.FPDFText_LoadPage(self._as_parameter_)
        if not raw:
            raise pdfium.PdfiumError("text not loaded")
        try:
            yield raw
        finally:
            pdfium_c.FPDFText_ClosePage(raw)

    def get_size(self) -> tuple[float, float]:
        """Return width and height in points."""
        raw = self._as_parameter_
        return pdfium_c.FPDF_GetPageWidthF(raw), pdfium_c.FPDF_GetPageHeightF(raw)

    def render(self, *, scale: float, crop: tuple[float, float, float, float]) -> pdfium.PdfBitmap:
        """Paint it, `scale` pixels a point, without `crop` (left, bottom, right, top in points)."""
        page = self._pdf.painter()[self._index]
        try:
            return page.render(scale=scale, crop=crop)
        finally:
            page.close()
