"""What an address is to us: the first kind that matches, and everything it has rights by.

Kinds in order: contact, pupil and staff of the roll; agency; declared list; an address on a pupil domain; an address
on a staff domain; unknown, which is outside. An address may be several of them: rights add up, orders subtract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate

from mailguard.judge.similar import Neighbours
from mailguard.model import SENSITIVE, Category, PupilKey, Roll
from mailguard.policy import Agency, ListKind, Policy
from mailguard.roll.entitlement import Entitlements, Rights
from mailguard.roll.keys import address_key, domain_key

ALL_SCHOOLS = ""
# Some servers still send a local part such as "someone%elsewhere.example" on to where it says, so that the domain
# alone tells nothing; neither does it where there is no local part.
_NOT_BY_DOMAIN = re.compile(r"|.*[%!@].*", re.DOTALL)


class Kind(StrEnum):
    """What an address is, by first match."""

    CONTACT = "contact"
    PUPIL = "pupil"
    STAFF = "staff"
    AGENCY = "agency"
    STAFF_LIST = "staff-list"
    FAMILY_LIST = "family-list"
    PUPIL_DOMAIN = "pupil-domain"
    UNDECLARED_LIST = "undeclared-list"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """An address in the light of roll and policy. Recipients of equal standing get equal findings.

    `staff_schools` are the schools where it is staff, by staff.csv, domain or declared list ("" stands for all).
    `like` is the known address or domain that an unknown address is one slip away from, if any."""

    kind: Kind
    rights: Rights
    staff_schools: frozenset[str] = frozenset()
    agencies: tuple[Agency, ...] = ()
    like: str = ""

    @property
    def staff(self) -> bool:
        """True if it is staff of any school."""
        return bool(self.staff_schools)

    def staff_of(self, school: str) -> bool:
        """True if it is staff of `school`."""
        return school in self.staff_schools or ALL_SCHOOLS in self.staff_schools

    def agency_for(self, pupil: PupilKey, categories: tuple[Category, ...]) -> bool:
        """True if it is an agency that may receive content of these categories on this pupil."""
        return any(serves(agency, pupil.school) and covers(agency, categories) for agency in self.agencies)


def serves(agency: Agency, school: str) -> bool:
    """True if the agency may receive from `school`."""
    return not agency.schools or school in agency.schools


def covers(agency: Agency, categories: Iterable[Category]) -> bool:
    """True if the agency may receive content of these categories.

    Who a record is about and how to reach them goes with every record, so identity and contact details need no entry
    of their own beside a sensitive category that has one; alone they do."""
    if agency.categories is None:
        return True
    sensitive = SENSITIVE.intersection(categories)
    needed = sensitive or frozenset(categories)
    return bool(needed) and needed.issubset(agency.categories)


class Addresses:
    """Tells the standing of any address for one roll and policy."""

    def __init__(self, roll: Roll, policy: Policy) -> None:
        self._entitlements = Entitlements(roll)
        self._staff_domains: dict[str, list[tuple[str, re.Pattern[str] | None, bool]]] = {}
        self._pupil_domains = {domain_key(domain) for school in policy.schools for domain in school.pupil_domains}
        for school in policy.schools:
            lists = re.compile("|".join(translate(p) for p in school.list_patterns)) if school.list_patterns else None
            for domain in school.staff_domains:
                entry = (school.code, lists, school.staff_only_listed)
                self._staff_domains.setdefault(domain_key(domain), []).append(entry)
        self._lists = {address_key(entry.address).normal: entry.kind for entry in policy.lists}
        self._agencies: dict[str, list[Agency]] = {}
        for agency in policy.agencies:
            for name in (*agency.domains, *(address_key(address).normal for address in agency.addresses)):
                self._agencies.setdefault(name, []).append(agency)
        self._neighbours = Neighbours(roll, policy)

    def domain_schools(self, address: str) -> list[str]:
        """Return the codes of the schools whose staff domains hold the domain of `address`."""
        domain = address_key(address).exact.rpartition("@")[2]
        return [code for code, _, _ in self._staff_domains.get(domain, ())]

    def rights(self, address: str) -> Rights:
        """Return what the roll grants an address."""
        return self._entitlements.of(address)

    def of(self, address: str) -> Standing:
        """Return the standing of one recipient."""
        exact, normal = address_key(address)
        domain = exact.rpartition("@")[2]
        if _NOT_BY_DOMAIN.fullmatch(exact.rpartition("@")[0]):
            domain = ""
        rights = self._entitlements.of(address)
        declared = self._lists.get(normal)
        if declared is ListKind.FAMILIES:
            return Standing(_roll_kind(rights) or Kind.FAMILY_LIST, rights)
        staff, undeclared_list = self._staff(exact, normal, domain, rights, declared)
        agencies = tuple(self._agencies.get(normal, ())) + tuple(self._agencies.get(domain, ()))
        kind = _roll_kind(rights)
        if kind is None and agencies:
            kind = Kind.AGENCY
        elif kind is None and declared is ListKind.STAFF:
            kind = Kind.STAFF_LIST
        elif kind is None and domain in self._pupil_domains:
            kind = Kind.PUPIL_DOMAIN
        elif kind is None and staff:
            kind = Kind.STAFF
        elif kind is None and undeclared_list:
            kind = Kind.UNDECLARED_LIST
        if kind is None:
            return Standing(Kind.UNKNOWN, rights, like=self._neighbours.of(exact, normal))
        return Standing(kind, rights, staff, agencies)

    def _staff(
        self, exact: str, normal: str, domain: str, rights: Rights, declared: ListKind | None
    ) -> tuple[frozenset[str], bool]:
        """Return the schools where the address is staff, and whether it is an undeclared list on a staff domain.

        A pupil's mailbox on a staff domain is not staff, whatever the domain says: many schools give pupils and staff
        addresses on one domain. Only staff.csv can make it staff."""
        entries = self._staff_domains.get(domain, [])
        if declared is ListKind.STAFF:
            return rights.staff_schools | (frozenset(code for code, _, _ in entries) or {ALL_SCHOOLS}), False
        if rights.own_pupils or not entries:
            return rights.staff_schools, False
        locals_ = (exact.rpartition("@")[0], normal.rpartition("@")[0])
        schools = set(rights.staff_schools)
        listed = False
        for code, lists, only_listed in entries:
            if lists and any(lists.match(local) for local in locals_):
                listed = True
            elif not only_listed:
                schools.add(code)
        return frozenset(schools), listed


def _roll_kind(rights: Rights) -> Kind | None:
    """Return what the roll knows the address as, if it does."""
    return next((kind for kind in (Kind.CONTACT, Kind.PUPIL, Kind.STAFF) if kind in rights.kinds), None)
