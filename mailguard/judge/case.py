"""One message before the rules: what was seen in it, where it comes from, and who may see what.

Every question the rules share is answered here once, so that a rule is only its own reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from mailguard.judge.lookups import Lookups
from mailguard.judge.namesakes import contradicts
from mailguard.judge.plain import plain
from mailguard.judge.standing import Standing, covers, serves
from mailguard.judge.words import shows
from mailguard.model import (
    Category,
    ContactSighting,
    Envelope,
    EvidenceKind,
    Place,
    PupilKey,
    Reading,
    Sighting,
    Sightings,
    Strength,
    UnknownIdentifier,
)
from mailguard.policy import Policy
from mailguard.policy.domains import is_consumer
from mailguard.roll.keys import address_key

UNKNOWN_SCHOOL = "unknown"
# So many other pupils in one part are an export or a list, and worth saying.
_CROWD = 10


@dataclass(frozen=True)
class Case:
    """One message to judge. `school` is its school's code or "unknown". The roll of the `stale` schools is
    too old for its permissions to be believed where records are concerned."""

    sightings: Sightings
    reading: Reading
    envelope: Envelope
    standings: tuple[Standing, ...]
    school: str
    lookups: Lookups
    stale: frozenset[str] = frozenset()

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.lookups.policy

    def inside(self, standing: Standing) -> bool:
        """True if the address belongs to the message's own school; with no school known, to any of ours."""
        return standing.staff if self.school == UNKNOWN_SCHOOL else standing.staff_of(self.school)

    def barred(self, standing: Standing) -> Iterator[Sighting]:
        """Yield what shows, or may show, a pupil from whose data an order bars the address."""
        barred = standing.rights.barred
        if barred:
            yield from (s for s in self.sightings.pupils if not barred.isdisjoint(s.pupils))

    def withheld(self, standing: Standing) -> Iterator[Sighting]:
        """Yield the sightings that nothing permits the address to have; barred ones are left to their own rule."""
        barred = standing.rights.barred
        for sighting in self.sightings.pupils:
            if not self.permitted(standing, sighting) and barred.isdisjoint(sighting.pupils):
                yield self._named_only(sighting) if self._tells_of_own(standing, sighting) else sighting

    def _tells_of_own(self, standing: Standing, sighting: Sighting) -> bool:
        """True if what is told beside a pupil's name is told of the address's own child."""
        if not sighting.beside or not standing.rights.pupils:
            return False
        return not self.lookups.forenames(standing.rights.pupils).isdisjoint(plain(name) for name in sighting.beside)

    def _named_only(self, sighting: Sighting) -> Sighting:
        """Return the sighting as a mention; the same one each time, for it is known by its identity."""
        key = id(sighting)
        if key not in self._mentions:
            self._mentions[key] = replace(sighting, strength=Strength.MENTION, categories=(), beside=())
        return self._mentions[key]

    @cached_property
    def _mentions(self) -> dict[int, Sighting]:
        return {}

    def permitted(self, standing: Standing, sighting: Sighting) -> bool:
        """True if the address may have what the sighting shows.

        Of namesakes it is enough that one is the address's own, unless something that was seen belongs to another of
        them, or the message goes to families of different namesakes: one of those is certainly the wrong one."""
        if len(sighting.pupils) == 1:
            return self._may_have(standing, sighting.pupils[0], sighting)
        own = self._namesakes_of(standing, sighting)
        return bool(own) and (_staff_of_any(standing, sighting) or not self._disputed(sighting))

    def _namesakes_of(self, standing: Standing, sighting: Sighting) -> frozenset[PupilKey]:
        """Return the namesakes that the address may have and that nothing seen speaks against."""
        return frozenset(
            pupil
            for pupil in sighting.pupils
            if self._may_have(standing, pupil, sighting) and not contradicts(sighting, self.lookups.pupil(pupil))
        )

    def _disputed(self, sighting: Sighting) -> bool:
        """True if no namesake is common to all the families to whom one of them belongs. Somebody barred from one
        counts as a family without a namesake: which of them is meant matters too much to guess then."""
        key = id(sighting)
        if key not in self._disputes:
            claims = []
            for standing in frozenset(self.standings):
                claim = self._namesakes_of(standing, sighting)
                barred = not standing.rights.barred.isdisjoint(sighting.pupils)
                if (claim or barred) and not _staff_of_any(standing, sighting):
                    claims.append(claim)
            self._disputes[key] = bool(claims) and not frozenset.intersection(*claims)
        return self._disputes[key]

    @cached_property
    def _disputes(self) -> dict[int, bool]:
        return {}

    def _may_have(self, standing: Standing, pupil: PupilKey, sighting: Sighting) -> bool:
        if standing.staff_of(pupil.school) or standing.agency_for(pupil, sighting.categories):
            return True
        outdated = pupil.school in self.stale and sighting.strength is Strength.RECORD
        return pupil in standing.rights.pupils and not outdated

    def outdated(self, standing: Standing, sighting: Sighting) -> bool:
        """True if the roll permits what is seen, and is too old to be believed."""
        return any(pupil in standing.rights.pupils and pupil.school in self.stale for pupil in sighting.pupils)

    def may_have_details(self, standing: Standing, seen: ContactSighting) -> bool:
        """True if the address may have these details of a confidential contact: the contact's own address, staff of a
        pupil's school, an agency that may receive contact details, or somebody whose own details they are as well
        (the same home). A postcode alone, which many homes share, is kept from contacts of the same pupil only."""
        rights = standing.rights
        pupils = self.lookups.pupils_of(seen.contact_id)
        if not rights.barred.isdisjoint(pupils):
            return False
        if seen.contact_id in rights.contacts or self.lookups.own_details(rights.contacts, seen.evidence):
            return True
        if not self.lookups.relatives_of(seen.contact_id).isdisjoint(rights.contacts):
            return False
        if seen.evidence and all(evidence.kind is EvidenceKind.POSTCODE for evidence in seen.evidence):
            return True
        schools = {pupil.school for pupil in pupils} or {self.school}
        if any(standing.staff_of(school) for school in schools):
            return True
        return any(
            covers(agency, (Category.CONTACT,)) and all(serves(agency, school) for school in schools)
            for agency in standing.agencies
        )

    def may_have_unknown(self, standing: Standing, unknown: UnknownIdentifier) -> bool:
        """True if the address may have a record of a child who is not on the roll: our own staff, and agencies."""
        if self.inside(standing):
            return True
        return any(serves(agency, self.school) and covers(agency, unknown.categories) for agency in standing.agencies)

    def shown(self, sighting: Sighting) -> str:
        """Return the first half of a sentence about a sighting; worked out once for all recipients."""
        key = id(sighting)
        if key not in self._shown:
            others = self._crowds[sighting.place[: sighting.leaf]] - 1
            crowd = f", with {others} more pupils in the same part" if others >= _CROWD else ""
            self._shown[key] = shows(sighting, self.lookups) + crowd
        return self._shown[key]

    @cached_property
    def _crowds(self) -> Counter[Place]:
        """How many pupils each part shows."""
        return Counter(sighting.place[: sighting.leaf] for sighting in self.sightings.pupils)

    @cached_property
    def _shown(self) -> dict[int, str]:
        return {}

    @cached_property
    def outside(self) -> bool:
        """True if anybody who is not staff of ours is to get the message."""
        return not all(standing.staff for standing in self.standings)

    @cached_property
    def exposed_headers(self) -> list[ContactSighting]:
        """The confidential contacts whose addresses stand in a header that somebody who may not see them would get."""
        found = [seen for seen in self.sightings.confidential if in_header(seen)]
        for header in self.reading.addresses:
            for contact_id in self.lookups.confidential_at(header.address):
                found.append(ContactSighting(contact_id, (f"header {header.header}",)))
        standings = frozenset(self.standings)
        return [seen for seen in found if not all(self.may_have_details(s, seen) for s in standings)]

    @cached_property
    def visible_families(self) -> int:
        """How many families' addresses stand in To and Cc. Addresses entitled to one pupil are one family; an
        unknown address at a public mail provider is taken for a family of its own."""
        shown = [h.address for h in self.reading.addresses if h.header.casefold() in ("to", "cc")]
        families: list[frozenset[PupilKey]] = []
        unknown = 0
        for key in {address_key(address).normal for address in shown}:
            rights = self.lookups.addresses.rights(key)
            if "contact" in rights.kinds:
                same = [family for family in families if not family.isdisjoint(rights.pupils)]
                families = [family for family in families if family.isdisjoint(rights.pupils)]
                families.append(rights.pupils.union(*same))
            elif not rights.kinds and is_consumer(key.rpartition("@")[2]):
                unknown += 1
        return len(families) + unknown


def in_header(seen: ContactSighting) -> bool:
    """True if a confidential contact was seen in a header, which every recipient gets alike."""
    return bool(seen.place) and seen.place[0].startswith("header ")


def _staff_of_any(standing: Standing, sighting: Sighting) -> bool:
    return any(standing.staff_of(pupil.school) for pupil in sighting.pupils)
