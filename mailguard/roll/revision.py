"""The name of a roll's content: equal rolls have equal revisions, whatever the order of their rows."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from mailguard.model import Roll

_SLICE = 1000
_encode = msgspec.json.Encoder().encode


def with_revision(roll: Roll) -> Roll:
    """Return the roll with `revision` set to a digest of its content: 16 hexadecimal digits of SHA-256."""
    digest = hashlib.sha256()
    for rows in (
        sorted(roll.pupils, key=lambda pupil: (pupil.school, pupil.pupil_id)),
        sorted(roll.contacts, key=lambda contact: contact.contact_id),
        sorted(roll.relationships, key=lambda pair: (pair.pupil.school, pair.pupil.pupil, pair.contact_id)),
        sorted(roll.staff, key=lambda member: (member.school, member.email, member.surname, member.forename)),
    ):
        digest.update(b"[")
        for start in range(0, len(rows), _SLICE):  # in slices: other threads may run between them
            digest.update((b"," if start else b"") + _encode(rows[start : start + _SLICE])[1:-1])
        digest.update(b"]")
    return replace(roll, revision=digest.hexdigest()[:16])
