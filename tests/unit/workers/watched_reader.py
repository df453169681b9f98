"""The real readers, warm, telling what each reading still imports or opens."""

import sys

from unit.workers.evil_reader import Walk

from mailguard.extract import Limits, iter_message, warm, warm_pictures
from mailguard.extract import iter_file as really_iter_file
from mailguard.model import Segment

__all__ = ["Limits", "iter_file", "iter_message", "warm", "warm_pictures"]

_late = []


def _watch(event, arguments):
    if event in ("open", "import", "ctypes.dlopen"):
        _late.append(f"{event} {arguments[0]}")


sys.addaudithook(_watch)


def iter_file(data, name, limits=None, passwords=()):
    _late.clear()
    found = really_iter_file(data, name, limits, passwords)
    for _ in found:
        pass
    walk = Walk([Segment(late, (name,)) for late in _late])
    walk.pictures = found.pictures
    return walk
