"""One budget for one message: bytes, parts, depth, pages and cells that may be spent on reading it.

The wall clock and CPU time belong to the worker, not to this module. Passing a limit raises `OverBudget`, which the
driver turns into an unreadable part with the reason it names: never silence.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.model import UnreadableReason


class OverBudget(Exception):
    """A limit was reached; `reason` is TOO_LARGE or TOO_DEEP and `detail` names the limit (never content).

    `local` is True where only this part is over a limit; otherwise the message as a whole is, and nothing more of it
    is read."""

    def __init__(self, reason: UnreadableReason, detail: str, local: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.local = local


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost; the figures are those of the hostile tests."""

    part_bytes: int = 64 << 20
    total_bytes: int = 256 << 20
    text_chars: int = 64 << 20
    parts: int = 2000
    depth: int = 8
    pages: int = 2000
    cells: int = 2_000_000
    scans: int = 0  # pictures and pages whose text is recognised; 0: none is, and each is reported
    scan_pixels: int = 80_000_000  # of one of them, as it is decoded


class Budget:
    """Counts what was spent against `Limits`; every `spend_*` raises OverBudget when its limit is passed."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.total_bytes = 0
        self.text_chars = 0
        self.parts = 0
        self.pages = 0
        self.cells = 0
        self.scans = 0

    def spend_bytes(self, count: int) -> None:
        """Charge `count` unpacked bytes."""
        self.total_bytes += count
        if self.total_bytes > self.limits.total_bytes:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {self.limits.total_bytes} bytes unpacked")

    def spend_text(self, chars: int) -> None:
        """Charge `chars` characters of text; the driver does so for every segment, readers need not."""
        self.text_chars += chars
        if self.text_chars > self.limits.text_chars:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {self.limits.text_chars} characters of text")

    def spend_part(self, size: int, depth: int) -> None:
        """Charge one part of `size` bytes at `depth`."""
        self.parts += 1
        if self.parts > self.limits.parts:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {self.limits.parts} parts")
        if depth > self.limits.depth:
            raise OverBudget(UnreadableReason.TOO_DEEP, f"nested deeper than {self.limits.depth}", local=True)
        if size > self.limits.part_bytes:
            detail = f"a part of more than {self.limits.part_bytes} bytes"
            raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
        self.spend_bytes(size)

    def spend_pages(self, count: int) -> None:
        """Charge `count` pages."""
        self.pages += count
        if self.pages > self.limits.pages:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {self.limits.pages} pages")

    def spend_cells(self, count: int) -> None:
        """Charge `count` cells."""
        self.cells += count
        if self.cells > self.limits.cells:
            raise OverBudget(UnreadableReason.TOO_LARGE, f"more than {self.limits.cells} cells")

    def spend_scan(self, width: int, height: int) -> None:
        """Charge one picture of so many pixels whose text is to be recognised; passing a limit concerns it alone."""
        if width * height > self.limits.scan_pixels:
            detail = f"a picture of more than {self.limits.scan_pixels} pixels"
            raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
        self.scans += 1
        if self.scans > self.limits.scans:
            detail = f"more than {self.limits.scans} pictures whose text must be recognised"
            raise OverBudget(UnreadableReason.TOO_LARGE, detail, local=True)
