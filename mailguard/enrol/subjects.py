"""Finding the pupil a person means: by SCHOOL/ID, by UPN, or by an id that only one school has."""

from __future__ import annotations

from mailguard.model import MayReceive, Pupil, PupilKey, Roll
from mailguard.roll.keys import address_key
from mailguard.store import Gone


def find_pupil(roll: Roll, text: str) -> Pupil:
    """Return the pupil of "OAK/123", of a UPN or of an id. Gone, without the value, if it is none or several."""
    school, slash, pupil_id = text.strip().rpartition("/")
    wanted = text.strip()
    if slash:
        found = [pupil for pupil in roll.pupils if (pupil.school, pupil.pupil_id) == (school, pupil_id)]
    else:
        found = [pupil for pupil in roll.pupils if pupil.pupil_id == wanted or pupil.upn == wanted.upper() != ""]
    if not found:
        raise Gone("no pupil of the roll in force has this id; write SCHOOL/ID or a UPN")
    if len(found) > 1:
        raise Gone(f"{len(found)} pupils have this id; write SCHOOL/ID")
    return found[0]


def contact_names(roll: Roll, pupil: PupilKey, address: str) -> str:
    """Return the names of the pupil's contacts who hold an address, "" if none does."""
    key = address_key(address).normal
    ids = {pair.contact_id for pair in roll.relationships if pair.pupil == pupil}
    names = [
        f"{contact.title} {contact.forename} {contact.surname}".strip().replace("  ", " ")
        for contact in roll.contacts
        if contact.contact_id in ids and any(address_key(email).normal == key for email in contact.emails)
    ]
    return ", ".join(dict.fromkeys(filter(None, names)))


def barred_addresses(roll: Roll, pupil: PupilKey) -> frozenset[str]:
    """Return the normal keys of the addresses that an order keeps from a pupil."""
    ids = {r.contact_id for r in roll.relationships if r.pupil == pupil and r.may_receive is MayReceive.ORDER}
    return frozenset(
        address_key(email).normal for contact in roll.contacts if contact.contact_id in ids for email in contact.emails
    )


def is_barred(roll: Roll, address: str, pupil: PupilKey) -> bool:
    """Return whether an order keeps an address from a pupil."""
    return address_key(address).normal in barred_addresses(roll, pupil)


def on_roll(roll: Roll, address: str) -> bool:
    """Return whether any contact of the roll has an address."""
    key = address_key(address).normal
    return any(address_key(email).normal == key for contact in roll.contacts for email in contact.emails)
