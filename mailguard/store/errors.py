"""What can go wrong in the store. Texts hold no address, name or content: they may be logged."""

from __future__ import annotations


class StoreError(Exception):
    """The store could not do it; nothing is half done. An SMTP client is answered 451 4.3.0."""


class StoreFull(StoreError):
    """No room for another message: disk reserve or backlog limit. An SMTP client is answered 452 4.3.1."""


class Gone(StoreError):
    """There is no such message, or its content was erased after it was delivered or decided."""


class AlreadyJudged(StoreError):
    """The message has its verdict; a second one is not recorded."""


class Conflict(StoreError):
    """Somebody else decided first: the state is no longer the one that the caller saw."""
