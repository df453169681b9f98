"""One key for one mailbox, however its address is spelt.

RFC 5321 lets local parts differ by case; no provider of note tells them apart, and a family writes its address as it
likes, so keys fold case. Domains become A-labels by UTS 46, which also keeps look-alike letters apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import idna

GMAIL = frozenset({"gmail.com", "googlemail.com"})
_GMAILS = tuple(f"@{domain}" for domain in GMAIL)
_PLAIN_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789._'-"
_PLAIN = re.compile(r"[a-z0-9._'-]+@[a-z0-9.-]*[a-z0-9]", re.ASCII)


class AddressKey(NamedTuple):
    """Two keys of an address: `exact` folds spelling only; `normal` also drops what providers ignore (a +tag, at
    Gmail the dots) and is what contacts are matched by."""

    exact: str
    normal: str


def address_key(address: str) -> AddressKey:
    """Return the keys of an address. Text that is no address gets a key too (folded), which matches only itself."""
    text = address.lower() if address.isascii() else ""
    if _PLAIN.fullmatch(text) and not text.endswith(_GMAILS):
        return AddressKey(text, text)  # nearly every address: a roll has hundreds of thousands
    local, at, domain = address.strip().rpartition("@")
    if not at:
        text = _folded(address.strip())
        return AddressKey(text, text)
    local = _unquoted(_folded(local))
    domain = domain_key(domain)
    base = local.partition("+")[0] or local
    normal_domain = domain
    if domain in GMAIL:
        base = base.replace(".", "") or base
        normal_domain = "gmail.com"
    return AddressKey(f"{local}@{domain}", f"{base}@{normal_domain}")


def normal_keys(addresses: Sequence[str]) -> list[str]:
    """Return `address_key(...).normal` of each, several times as fast for the plain ones, which nearly all are."""
    joined = "\n".join(addresses)
    if not joined.isascii():
        return [address_key(address).normal for address in addresses]
    joined = joined.lower()
    texts, rests = joined.split("\n"), joined.encode("ascii").translate(None, _PLAIN_LETTERS).split(b"\n")
    if len(texts) != len(addresses):
        return [address_key(address).normal for address in addresses]
    return [
        _normal(text, address) if rest == b"@" else address_key(address).normal
        for text, rest, address in zip(texts, rests, addresses, strict=True)
    ]


def _normal(text: str, address: str) -> str:
    """Return the key of an address of plain characters and one @."""
    local, _, domain = text.partition("@")
    if domain in GMAIL:
        return f"{local.replace('.', '') or local}@gmail.com"
    return text if text[-1] != "." else address_key(address).normal


@lru_cache(maxsize=4096)
def domain_key(domain: str) -> str:
    """Return a domain as lower-case A-labels without a trailing dot; one that is not valid stays folded text."""
    bare = domain.strip().rstrip(".")
    if bare.isascii():
        return bare.lower()
    try:
        return idna.encode(bare, uts46=True).decode("ascii").rstrip(".")
    except idna.IDNAError:
        return _folded(bare)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _unquoted(local: str) -> str:
    """`"jo.smith"@x` and `jo.smith@x` are one mailbox (RFC 5321, 4.1.2)."""
    if len(local) > 2 and local[0] == local[-1] == '"':
        return local[1:-1].replace("\\", "")
    return local
