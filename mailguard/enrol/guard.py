"""A guard before every import: a roll that changes as no school changes overnight waits until somebody confirms it.

The roll is what every verdict rests on, and it can be wrong in bulk: half an export, a column read for another, or an
upgrade that joins contacts of equal names across families. Such a change is refused with counts; small rolls may change
as they like, for there a handful of pupils is a large share.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from mailguard.model import MayReceive, Pupil, PupilKey, Roll
from mailguard.roll.keys import address_key
from mailguard.roll.problems import Problem, RollError

Who = tuple[str, str]
"""School and pupil id, as a plain tuple: a large trust has 200,000 pairs, and it hashes ten times faster than a key."""
Addresses = dict[Who, set[str]]
"""The addresses that may receive on each pupil, by normal key."""

FILE = "roll"
_NOBODY: set[str] = set()
CONFIRM = "If this is right, confirm the import; the roll in force stays until then."


class ImportRefused(RollError):
    """The guard refuses a roll that is readable; it may be confirmed."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How much may change at once: shares of what was there, each with a number below which nothing is refused."""

    pupils_gone: float = 0.10
    links_changed: float = 0.20
    details_changed: float = 0.20
    families_changed: float = 0.02
    joined: float = 0.005
    least_pupils: int = 6
    least_links: int = 30
    least_families: int = 5
    many_families: int = 5

    def check(self, old: Roll, new: Roll) -> None:
        """Raise ImportRefused if the new roll changes the old one too much; an empty old roll may become anything."""
        if not old.pupils or (old.revision and old.revision == new.revision):
            return
        new, renumbered = as_known(old, new)
        before, after = addresses_of(old), addresses_of(new)
        doubts = [
            *self._pupils(old, new, renumbered),
            *self._details(old, new),
            *self._links(before, after, new),
            *self._households(before, after, old, new),
        ]
        if doubts:
            raise ImportRefused(Problem(FILE, 0, "", doubt, CONFIRM) for doubt in doubts)

    def _pupils(self, old: Roll, new: Roll, renumbered: Counter[str]) -> list[str]:
        before, kept = Counter(p.school for p in old.pupils), {_who(p) for p in new.pupils}
        gone = Counter(p.school for p in old.pupils if _who(p) not in kept)
        return [
            f"{found[school]} of {count} pupils of school {school} {what}."
            for school, count in sorted(before.items())
            for found, what in ((gone, "are gone"), (renumbered, "have another pupil id, under the UPN they had"))
            if found[school] >= self.least_pupils and found[school] > count * self.pupils_gone
        ]

    def _details(self, old: Roll, new: Roll) -> list[str]:
        """Pupils who stay and have other names or another date of birth: columns that were read for each other, or ids
        that were given out anew."""
        before = {_who(pupil): pupil for pupil in old.pupils}
        stay: Counter[str] = Counter()
        renamed: Counter[str] = Counter()
        reborn: Counter[str] = Counter()
        for pupil in new.pupils:
            known = before.get(_who(pupil))
            if known is not None:
                stay[pupil.school] += 1
                names = (known.forename, known.surname), (pupil.forename, pupil.surname)
                renamed[pupil.school] += names[0][0] != names[1][0] and names[0][1] != names[1][1]
                born = known.date_of_birth, pupil.date_of_birth
                reborn[pupil.school] += born[0] is not None and born[0] != born[1]
        return [
            f"{found[school]} of {count} pupils of school {school} have {what}."
            for school, count in sorted(stay.items())
            for found, what in ((renamed, "another forename and surname"), (reborn, "another date of birth or none"))
            if found[school] >= self.least_pupils and found[school] > count * self.details_changed
        ]

    def _links(self, before: Addresses, after: Addresses, new: Roll) -> list[str]:
        """Who may receive on the pupils that stay, school by school: pairs of pupil and address that come or go, and
        pupils whose whole family is another. One school of a large trust would not show in the whole."""
        schools: defaultdict[str, list[Who]] = defaultdict(list)
        for pupil in new.pupils:
            if _who(pupil) in before:
                schools[pupil.school].append(_who(pupil))
        doubts = []
        for school, stay in sorted(schools.items()):
            pairs = sum(len(before[key]) for key in stay)
            changed = sum(len(before[key] ^ after.get(key, _NOBODY)) for key in stay)
            moved = sum(before[key].isdisjoint(after.get(key, ())) for key in stay)
            if changed >= self.least_links and changed > pairs * self.links_changed:
                doubts.append(f"{changed} pairs of pupil and address of school {school} come or go, of {pairs}.")
            if moved >= self.least_families and moved > len(stay) * self.families_changed:
                doubts.append(
                    f"{moved} of {len(stay)} pupils of school {school} have moved to another family: no address is as "
                    "before."
                )
        return doubts

    def _households(self, known_by: Addresses, served_by: Addresses, old: Roll, new: Roll) -> list[str]:
        """Addresses that now serve children who have nothing else in common."""
        known: defaultdict[str, set[str]] = defaultdict(set)
        for (school, _), found in known_by.items():
            known[school] |= found
        everybody = set().union(*known.values())
        before, after = households_of(old, known_by), households_of(new, served_by)
        # A child who is new may be anybody's sister; two who were both here before do not become sisters in bulk.
        stayed = households_of(new, served_by, among=frozenset(map(_who, old.pupils)))
        joined = {a for a, count in stayed.items() if a in everybody and count > before.get(a, 1)}
        crowded = [a for a, count in after.items() if count >= self.many_families and count > before.get(a, 0) + 2]
        doubts = []
        for school, addresses in sorted(known.items()):
            here = joined & addresses
            if len(here) >= self.least_families and len(here) > len(addresses) * self.joined:
                pairs = sum(stayed[a] - before.get(a, 1) for a in here)
                doubts.append(
                    f"{len(here)} addresses of school {school} may now receive on children of unrelated households "
                    f"({pairs} pairs)."
                )
        if known and crowded:
            most = max(after[a] for a in crowded)
            doubts.append(f"{len(crowded)} addresses suddenly serve many families, up to {most}.")
        return doubts


def _who(pupil: Pupil) -> Who:
    return pupil.school, pupil.pupil_id


def as_known(old: Roll, new: Roll) -> tuple[Roll, Counter[str]]:
    """Return a new roll with the old ids of pupils who come under other ids and the UPN they had, and how many of each
    school these are: another system numbers all anew, and must not be able to hide what else it changes."""
    stay = {_who(pupil) for pupil in new.pupils}
    gone: defaultdict[Who, list[str]] = defaultdict(list)
    for pupil in old.pupils:
        if pupil.upn and _who(pupil) not in stay:
            gone[pupil.school, pupil.upn].append(pupil.pupil_id)
    if not gone:
        return new, Counter()
    known = {_who(pupil) for pupil in old.pupils}
    ids: dict[Who, str] = {}
    for pupil in new.pupils:
        had = gone.pop((pupil.school, pupil.upn), []) if _who(pupil) not in known else []
        if len(had) == 1:
            ids[_who(pupil)] = had[0]
    pupils = tuple(replace(p, pupil_id=ids[_who(p)]) if _who(p) in ids else p for p in new.pupils)
    pairs = tuple(
        replace(r, pupil=PupilKey(r.pupil.school, ids[r.pupil.school, r.pupil.pupil]))
        if (r.pupil.school, r.pupil.pupil) in ids
        else r
        for r in new.relationships
    )
    return replace(new, pupils=pupils, relationships=pairs), Counter(school for school, _ in ids)


def addresses_of(roll: Roll) -> Addresses:
    """Return the addresses that may receive on each pupil, by normal key; pupils without any are left out."""
    emails = {c.contact_id: [address_key(email).normal for email in c.emails] for c in roll.contacts}
    found: defaultdict[Who, set[str]] = defaultdict(set)
    for pair in roll.relationships:
        if pair.may_receive is MayReceive.YES and emails.get(pair.contact_id):
            found[pair.pupil.school, pair.pupil.pupil].update(emails[pair.contact_id])
    return dict(found)


def households_of(roll: Roll, addresses: Addresses, among: frozenset[Who] | None = None) -> dict[str, int]:
    """Return, for each address that serves two pupils or more (of those `among`), how many households they are. Two
    pupils are of one household if they live at one address or share a second contact's address."""
    pupils = {_who(pupil): pupil for pupil in roll.pupils}
    served: defaultdict[str, list[Who]] = defaultdict(list)
    for key, found in addresses.items():
        for address in found if among is None or key in among else ():
            served[address].append(key)
    return {
        address: _groups([pupils[key] for key in keys], address, addresses)
        for address, keys in served.items()
        if len(keys) > 1
    }


def _groups(pupils: list[Pupil], address: str, addresses: Addresses) -> int:
    groups: list[set[str]] = []
    for pupil in pupils:
        marks = (addresses[_who(pupil)] | _home(pupil)) - {address} or {f"{pupil.school}|{pupil.pupil_id}"}
        near = [group for group in groups if not group.isdisjoint(marks)]
        groups = [group for group in groups if group.isdisjoint(marks)]
        groups.append(marks.union(*near))
    return len(groups)


def _home(pupil: Pupil) -> set[str]:
    return {re.sub(r"\W+", "", f"{pupil.address}{pupil.postcode}".casefold())} if pupil.address else set()
