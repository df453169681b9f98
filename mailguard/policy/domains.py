"""Domains and addresses of a policy: one spelling for one domain, and a lint that refuses what would trust the world.

A staff or agency domain gives everybody on it a right to receive. Nobody means to give that right to all of `.com`
or to every Gmail user, so such an entry is always a slip, and a slip here would switch the guard off in silence.
"""

from __future__ import annotations

import re

import idna

# Second labels that registries sell names under ("co.uk"); nobody's own domain.
_REGISTRY_LABELS = "ac co com edu go gob gouv gov govt ltd me mil mod net nhs nic or org plc police sch school"

# Mail providers where anybody can have an address, whatever the ending (hotmail.co.uk, yahoo.fr ...).
_CONSUMER_NAMES = (
    "aol fastmail gmail gmx googlemail hotmail hushmail icloud laposte mailfence msn outlook proton protonmail "
    "rediffmail rocketmail tuta tutanota yahoo yandex ymail zoho zohomail"
)
_CONSUMER_DOMAINS = (
    "163.com 126.com blueyonder.co.uk btinternet.com btopenworld.com duck.com ee.co.uk facebook.com free.fr "
    "freeserve.co.uk inbox.com interia.pl libero.it lineone.net live.co.uk live.com live.fr mac.com mail.com mail.ru "
    "me.com naver.com ntlworld.com o2.co.uk o2.pl onet.pl onmicrosoft.com orange.fr plus.com plusnet.com pm.me qq.com "
    "sky.com talk21.com talktalk.co.uk talktalk.net tesco.net tiscali.co.uk virgin.net virginmedia.com wanadoo.fr "
    "web.de wp.pl"
)
_REGISTRY = frozenset(_REGISTRY_LABELS.split())
_BRANDS = frozenset(_CONSUMER_NAMES.split())
_PROVIDERS = frozenset(_CONSUMER_DOMAINS.split())
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"*]+@[^\s@*]+")


def normal_domain(text: str) -> str | None:
    """Return a domain as lower-case A-labels without a trailing dot (UTS 46), or None if it is no domain name."""
    try:
        domain = idna.encode(text.strip().rstrip("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None
    return domain if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", domain) else None


def normal_address(text: str) -> str | None:
    """Return an address in lower case with a normal domain, or None if it is not one plain address."""
    text = text.strip()
    if not _ADDRESS.fullmatch(text):
        return None
    local, _, domain = text.rpartition("@")
    normal = normal_domain(domain)
    return f"{local.casefold()}@{normal}" if normal else None


def is_public_suffix(domain: str) -> bool:
    """True if names are registered under `domain`, so that it belongs to nobody ("com", "co.uk", "kent.sch.uk")."""
    labels = domain.split(".")
    if len(labels) == 1:
        return True
    if domain.endswith(".sch.uk"):
        return len(labels) == 3
    return len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _REGISTRY


def is_consumer(domain: str) -> bool:
    """True if anybody can have an address on `domain`."""
    name, _, rest = domain.partition(".")
    return domain in _PROVIDERS or (name in _BRANDS and bool(rest) and is_public_suffix(rest))


def danger(domain: str) -> str | None:
    """Say why `domain` (normal form) may not be trusted as a whole, or None if it may."""
    if is_public_suffix(domain):
        return f'"{domain}" is not one organisation\'s domain: everybody under it would be trusted.'
    if is_consumer(domain):
        return f'"{domain}" is a public mail provider: anybody can have an address there.'
    return None
