"""Bytes to reading: every place where text can hide is read or reported unreadable. Pure."""
