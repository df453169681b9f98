"""The memory of a fork server, laid out so that its children copy little of it.

A page that a child writes to is copied for it first, which costs about as much as two hundred lines of Python. Three
things are done once, when a server is warm:

- `settle` takes every gap in the C library's heap, so that what a child needs comes from fresh memory in one piece and
  not from hundreds of half-used pages, each of which would be copied;
- the fresh piece, and what is warm, is offered to the kernel for huge pages: 2 MB come with one fault, and a process
  with fewer pages is cheaper to fork and to end;
- `start_afresh`, called by a child, has its first allocation begin where no page was ever touched.

Nothing here changes what a program computes. Where the C library or the kernel cannot do a step, it is left out.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

_HUGE = 2 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")
_FRESH = 16 << 20
_LARGEST, _SMALLEST = 1 << 20, 16
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MOST_THRESHOLD = 32 << 20  # the C library takes no more
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_CHUNK_HEAD = 8  # bytes of the C library before each block; blocks begin every 16 bytes
_ALREADY_AHEAD = 64 << 10

_libc = ctypes.CDLL(None)


class _Use(ctypes.Structure):
    """struct mallinfo2 (man 3 mallinfo), of which the last is the free piece at the end of the heap."""

    _fields_ = (*((f"_{n}", ctypes.c_size_t) for n in range(9)), ("last", ctypes.c_size_t))


def settle() -> bool:
    """Lay out the heap of this process, which is warm and about to fork; False where its C library is not GNU's."""
    try:
        _libc.mallinfo2.restype = _Use
        _libc.malloc.restype = _libc.sbrk.restype = ctypes.c_void_p
        _libc.malloc.argtypes = (ctypes.c_size_t,)
        _libc.free.argtypes = (ctypes.c_void_p,)
        _libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for option, value in (
            (_M_MMAP_THRESHOLD, _MOST_THRESHOLD),  # all from the one heap
            (_M_TRIM_THRESHOLD, _MOST_THRESHOLD << 1),  # what is given back would be faulted in again
        ):
            _libc.mallopt(option, value)
        _libc.malloc_trim(0)
        _take_gaps()
        _libc.mallopt(_M_TOP_PAD, _FRESH)
        _libc.malloc(_libc.mallinfo2().last + _ALREADY_AHEAD)
        _libc.mallopt(_M_TOP_PAD, _HUGE)
    except AttributeError:
        return False
    _offer_huge_pages(_end() - _libc.mallinfo2().last)
    return True


def start_afresh() -> None:
    """Have this child's next allocations come from pages that were never touched. Only after `settle` gave True."""
    block = _libc.malloc(_ALREADY_AHEAD)
    if not block or not 0 < _end() - block < _FRESH:
        return  # not from the fresh piece
    following = block + _ALREADY_AHEAD + 2 * _CHUNK_HEAD
    gap = -following % _HUGE
    if gap >= 4 * _CHUNK_HEAD:
        _libc.malloc(gap - _CHUNK_HEAD)


def _end() -> int:
    return int(_libc.sbrk(0))


def _take_gaps() -> None:
    """Allocate all that is free inside the heap, largest first, and never use it."""
    start, top = _start(), _end() - _libc.mallinfo2().last
    sizes = [1 << power for power in range(_LARGEST.bit_length() - 1, 10, -1)]
    for size in (*sizes, *range(1024, _SMALLEST - 1, -16)):
        while True:
            block = _libc.malloc(size)
            if not block or not start <= block < top:
                _libc.free(block)
                break


def _offer_huge_pages(fresh: int) -> None:
    """Make huge pages of what the heap holds, and ask for them from `fresh` on, where nothing was touched yet."""
    start = _start()
    first = start + -start % _HUGE
    if not start or first >= fresh:
        return
    _libc.madvise(first, _end() - first, _MADV_HUGEPAGE)
    there = (ctypes.c_ubyte * (_HUGE // _PAGE))()
    for page in range(first, fresh - fresh % _HUGE, _HUGE):
        _libc.mincore(ctypes.c_void_p(page), ctypes.c_size_t(_HUGE), there)
        if sum(byte & 1 for byte in there) > len(there) // 2:  # gaps that hold no memory are left without
            _libc.madvise(page, _HUGE, _MADV_COLLAPSE)


def _start() -> int:
    """Return where the heap begins, 0 if that is not told."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            if line.endswith("[heap]"):
                return int(line.partition("-")[0], 16)
    return 0
