"""The columns of the native roll, in the order in which they are documented."""

from __future__ import annotations

from typing import NamedTuple

from mailguard.roll.tables import Columns


class PupilRow(NamedTuple):
    """A line of pupils.csv; the last five columns may be absent."""

    school: str
    pupil_id: str
    upn: str
    uln: str
    forename: str
    middle_names: str
    surname: str
    preferred_forename: str
    preferred_surname: str
    date_of_birth: str
    year_group: str
    registration_group: str
    address: str
    postcode: str
    email: str
    status: str
    former_surname: str
    aliases: str
    candidate_number: str
    uci: str
    nhs_number: str


class ContactRow(NamedTuple):
    """A line of contacts.csv."""

    contact_id: str
    title: str
    forename: str
    surname: str
    emails: str
    phones: str
    address: str
    postcode: str
    confidential: str


class PairRow(NamedTuple):
    """A line of relationships.csv; the school may be absent."""

    pupil_id: str
    contact_id: str
    relationship: str
    parental_responsibility: str
    may_receive: str
    priority: str
    school: str


class StaffRow(NamedTuple):
    """A line of staff.csv."""

    school: str
    title: str
    forename: str
    surname: str
    email: str


PUPILS = Columns(PupilRow._fields[:-5], PupilRow._fields[-5:])
CONTACTS = Columns(ContactRow._fields)
RELATIONSHIPS = Columns(PairRow._fields[:-1], PairRow._fields[-1:])
STAFF = Columns(StaffRow._fields)
