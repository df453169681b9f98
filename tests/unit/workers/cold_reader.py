"""The real readers without their warm-up: whatever they load late, they load inside the locked jail."""

from mailguard.extract import Limits, iter_file, iter_message

__all__ = ["Limits", "iter_file", "iter_message"]
