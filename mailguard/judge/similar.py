"""Known addresses and domains that an unknown address is one slip of the pen away from.

A slip is one letter too many, too few, wrong, or two swapped (optimal string alignment distance 1). A slip in a
domain counts where the same local part is known on the right one, or where the right one is a domain of a school or
an agency. Nothing here permits anything: a near address is a reason to look, never a reason to deliver.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mailguard.model import Roll
from mailguard.policy import Policy
from mailguard.policy.domains import is_consumer
from mailguard.roll.keys import address_key, domain_key

# In three letters nearly everything is near everything.
_SHORT = 4


class Neighbours:
    """Finds near addresses in one roll and policy; local parts lie by domain and length, so that few are compared."""

    def __init__(self, roll: Roll, policy: Policy) -> None:
        self._locals: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        self._known: set[str] = set()
        domains: set[str] = set()
        for address in _addresses(roll, policy):
            normal = address_key(address).normal
            local, at, domain = normal.rpartition("@")
            if at and normal not in self._known:
                self._known.add(normal)
                self._locals[domain, len(local)].append(local)
                domains.add(domain)
        self._own_domains = sorted({domain_key(domain) for domain in _own_domains(policy)})
        self._domains = sorted(domains.union(self._own_domains))

    def of(self, exact: str, normal: str) -> str:
        """Return the known address or domain nearest to an unknown one, given by its keys; "" if none is near."""
        local, at, domain = normal.rpartition("@")
        if not at or normal in self._known:
            return ""
        own = exact.rpartition("@")[2]
        near_local = self._near_local(local, domain)
        if near_local:
            return f"{near_local}@{domain}"
        if own in self._own_domains or is_consumer(own):
            return ""
        for near in _near(own, self._domains, 2):
            if f"{local}@{near}" in self._known:
                return f"{local}@{near}"
        return next(_near(own, self._own_domains, 1), "")

    def _near_local(self, local: str, domain: str) -> str:
        if len(local) < _SHORT:
            return ""
        for length in (len(local), len(local) - 1, len(local) + 1):
            found = next(_near(local, self._locals.get((domain, length), ()), 1), None)
            if found and found != local:
                return found
        return ""


def _near(text: str, known: Iterable[str], distance: int) -> Iterator[str]:
    """Yield the known texts within `distance`, nearest first."""
    found = process.extract(text, list(known), scorer=OSA.distance, score_cutoff=distance, limit=8)
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
