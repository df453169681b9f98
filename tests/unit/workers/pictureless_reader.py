"""The real readers, whose models cannot be loaded."""

from mailguard.extract import Limits, iter_file, iter_message

__all__ = ["Limits", "iter_file", "iter_message", "warm_pictures"]


def warm_pictures():
    raise ImportError("no models")
