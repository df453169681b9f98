"""Known addresses and domains that an unknown address is one slip of the pen away from.

A slip is one letter too many, too few, wrong, or two swapped (optimal string alignment distance 1). A slip in a
domain counts where the right one is known; where the same local part is known on it, two slips count. Nothing here
permits anything: a near address is a reason to look, never a reason to deliver.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mailguard.model import Roll
from mailguard.policy import Policy
from mailguard.policy.domains import is_consumer
from mailguard.roll.keys import address_key, domain_key

# In three letters nearly everything is near everything; "bbc.co" and "bbd.co" are two organisations.
_SHORT = 4
_SHORT_DOMAIN = 8


class Neighbours:
    """Finds near addresses in one roll and policy. Local parts lie by domain and length, so that few are compared, and
    in one text each, because a hundred thousand short strings would weigh ten times as much."""

    def __init__(self, roll: Roll, policy: Policy) -> None:
        locals_: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        for address in _addresses(roll, policy):
            local, at, domain = address_key(address).normal.rpartition("@")
            if at:
                locals_[domain, len(local)].add(local)
        self._locals = {where: "\n".join(sorted(found)) for where, found in locals_.items()}
        own = {domain_key(domain) for domain in _own_domains(policy)}
        self._domains = sorted({domain for domain, _ in locals_} | own)

    def of(self, exact: str, normal: str) -> str:
        """Return the known address or domain nearest to an unknown one, given by its keys; "" if none is near."""
        local, at, domain = normal.rpartition("@")
        if not at:
            return ""
        near_local = self._near_local(local, domain)
        if near_local:
            return f"{near_local}@{domain}"
        own = exact.rpartition("@")[2]
        if own in self._domains or is_consumer(own):
            return ""
        for near in _near(own, self._domains, 2):
            there = address_key(f"{local}@{near}").normal.rpartition("@")[0]
            if there in self._at(near, len(there)):
                return f"{there}@{near}"
        return next(_near(own, self._domains, 1), "") if len(own) >= _SHORT_DOMAIN else ""

    def _at(self, domain: str, length: int) -> list[str]:
        """Return the known local parts of one length on one domain."""
        return self._locals.get((domain, length), "").split("\n")

    def _near_local(self, local: str, domain: str) -> str:
        if len(local) < _SHORT:
            return ""
        for length in (len(local), len(local) - 1, len(local) + 1):
            found = next(_near(local, self._at(domain, length), 1), "")
            if found and found != local:
                return found
        return ""


def _near(text: str, known: list[str], distance: int) -> Iterator[str]:
    """Yield the known texts within `distance`, nearest first."""
    found = process.extract(text, known, scorer=OSA.distance, score_cutoff=distance, limit=8)
    yield from (name for name, _, _ in found)


def _own_domains(policy: Policy) -> Iterator[str]:
    for school in policy.schools:
        yield from school.staff_domains
        yield from school.pupil_domains
    for agency in policy.agencies:
        yield from agency.domains


def _addresses(roll: Roll, policy: Policy) -> Iterator[str]:
    for contact in roll.contacts:
        yield from contact.emails
    yield from (pupil.email for pupil in roll.pupils if pupil.email)
    yield from (member.email for member in roll.staff if member.email)
    yield from (entry.address for entry in policy.lists)
    for agency in policy.agencies:
        yield from agency.addresses
