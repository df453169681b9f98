"""Who may receive data on whom: the roll's pairs, asked by e-mail address.

Entitlement belongs to the pair of pupil and contact. An address has the union of what its contacts have, minus every
pupil for whom any of them is barred by an order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from mailguard.model import MayReceive, PupilKey, Roll
from mailguard.roll.keys import address_key


@dataclass(frozen=True, slots=True)
class Rights:
    """What one address is, and whose data it may receive.

    `kinds` is a subset of "contact", "pupil", "staff" (empty: the roll does not know the address). `pupils` are those
    it is entitled to, own mailbox included; `barred` those an order keeps from it, never in `pupils`. `contacts` are
    the contact ids that share the address, `own_pupils` those whose own mailbox it is. `staff_schools` are the schools
    where it is staff; "" stands for all."""

    kinds: frozenset[str] = frozenset()
    pupils: frozenset[PupilKey] = frozenset()
    barred: frozenset[PupilKey] = frozenset()
    contacts: tuple[str, ...] = ()
    staff_schools: frozenset[str] = frozenset()
    own_pupils: frozenset[PupilKey] = frozenset()


NO_RIGHTS = Rights()


class Entitlements:
    """The rights of every address of one roll. Addresses are matched by their normal key, so a spelling that reaches a
    barred contact's mailbox is barred too."""

    def __init__(self, roll: Roll) -> None:
        self._pupils: defaultdict[str, list[PupilKey]] = defaultdict(list)
        self._barred: defaultdict[str, list[PupilKey]] = defaultdict(list)
        for pair in roll.relationships:
            if pair.may_receive is MayReceive.YES:
                self._pupils[pair.contact_id].append(pair.pupil)
            elif pair.may_receive is MayReceive.ORDER:
                self._barred[pair.contact_id].append(pair.pupil)
        self._contacts: dict[str, list[str]] = {}
        for contact in roll.contacts:
            for email in contact.emails:
                ids = self._contacts.setdefault(address_key(email).normal, [])
                if contact.contact_id not in ids:
                    ids.append(contact.contact_id)
        self._mailboxes: dict[str, list[PupilKey]] = {}
        for pupil in roll.pupils:
            if pupil.email:
                self._mailboxes.setdefault(address_key(pupil.email).normal, []).append(pupil.key)
        self._staff: dict[str, set[str]] = {}
        for member in roll.staff:
            if member.email:
                self._staff.setdefault(address_key(member.email).normal, set()).add(member.school)

    def of(self, address: str) -> Rights:
        """Return the rights of an address; an unknown one has none (NO_RIGHTS)."""
        key = address_key(address).normal
        contacts = self._contacts.get(key, ())
        own = frozenset(self._mailboxes.get(key, ()))
        staff = frozenset(self._staff.get(key, ()))
        if not (contacts or own or staff):
            return NO_RIGHTS
        barred = frozenset(pupil for contact in contacts for pupil in self._barred.get(contact, ()))
        entitled = frozenset(pupil for contact in contacts for pupil in self._pupils.get(contact, ()))
        named = (("contact", contacts), ("pupil", own), ("staff", staff))
        return Rights(
            kinds=frozenset(kind for kind, found in named if found),
            pupils=(entitled | own) - barred,
            barred=barred,
            contacts=tuple(contacts),
            staff_schools=staff,
            own_pupils=own,
        )
