"""Contacts from sources that give them no ids: one person per child in the file, one contact in the roll.

Two entries are one contact if their names and an e-mail address agree. Never by name alone, nor by name and phone: an
upgrade that joined contacts of equal names once gave thousands of families each other's children.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mailguard.model import Contact, MayReceive, PupilKey, Relationship
from mailguard.roll.keys import address_key


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as one child's entry names them."""

    forename: str = ""
    surname: str = ""
    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    address: str = ""
    postcode: str = ""
    confidential: bool = False


class People:
    """Gathers contacts and their pairs with pupils. The same file gives the same contact ids every time."""

    def __init__(self) -> None:
        self._contacts: dict[str, Contact] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._pairs: dict[tuple[PupilKey, str], Relationship] = {}

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Every contact, in the order met."""
        return tuple(self._contacts.values())

    @property
    def pairs(self) -> tuple[Relationship, ...]:
        """Every pair, in the order met."""
        return tuple(self._pairs.values())

    def relate(
        self,
        pupil: PupilKey,
        person: Person,
        relationship: str,
        responsibility: bool | None,
        may_receive: MayReceive,
        priority: int | None = None,
    ) -> None:
        """Add a person as a contact of a pupil. If a pupil names the same contact twice the stricter word holds."""
        contact_id = self._contact(person, f"{pupil.school}|{pupil.pupil}")
        pair = Relationship(pupil, contact_id, relationship, responsibility, may_receive, priority)
        known = self._pairs.get((pupil, contact_id))
        if known is None or _STRICTNESS[may_receive] > _STRICTNESS[known.may_receive]:
            self._pairs[pupil, contact_id] = pair

    def _contact(self, person: Person, household: str) -> str:
        name = " ".join(f"{person.forename} {person.surname}".casefold().split())
        keys = [(name, address_key(email).normal) for email in person.emails] or [(name, household)]
        contact_id = next((self._ids[key] for key in keys if key in self._ids), None)
        if contact_id is None:
            contact_id = hashlib.sha256("|".join(keys[0]).encode()).hexdigest()[:16]
            self._contacts[contact_id] = _contact(contact_id, person)
        else:
            self._contacts[contact_id] = _joined(self._contacts[contact_id], person)
        for key in keys:
            self._ids.setdefault(key, contact_id)
        return contact_id


_STRICTNESS = {MayReceive.YES: 0, MayReceive.NO: 1, MayReceive.ORDER: 2}


def _contact(contact_id: str, person: Person) -> Contact:
    return Contact(
        contact_id,
        person.forename,
        person.surname,
        person.title,
        person.emails,
        person.phones,
        person.address,
        person.postcode,
        person.confidential,
    )


def _joined(contact: Contact, person: Person) -> Contact:
    return replace(
        contact,
        title=contact.title or person.title,
        emails=_union(contact.emails, person.emails),
        phones=_union(contact.phones, person.phones),
        address=contact.address or person.address,
        postcode=contact.postcode or person.postcode,
        confidential=contact.confidential or person.confidential,
    )


def _union(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
