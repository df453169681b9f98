"""The real readers, warm, telling what each reading still imports or opens."""

import sys

from unit.workers.evil_reader import Walk

from mailguard.extract import Limits, iter_message, warm
from mailguard.extract import iter_file as really_iter_file
from mailguard.model import Segment

__all__ = ["Limits", "iter_file", "iter_message", "warm"]

_late = []


def _watch(event, arguments):
    if event in ("open", "import", "ctypes.dlopen"):
        _late.append(f"{event} {arguments[0]}")


sys.addaudithook(_watch)


def iter_file(data, name, limits=None, passwords=()):
    _late.clear()
    for _ in really_iter_file(data, name, limits, passwords):
        pass
    return Walk([Segment(late, (name,)) for late in _late])
