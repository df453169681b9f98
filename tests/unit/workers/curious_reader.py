"""A stand-in for the readers that tells which modules its process has in memory."""

import sys

from unit.workers.evil_reader import Walk

from mailguard import extract
from mailguard.model import Segment

Limits = extract.Limits
warm = extract.warm


def iter_message(data, limits=None, passwords=()):
    return Walk([Segment(" ".join(sorted(sys.modules)), ("body",))])
