"""mailguard's own roll: a folder of CSV files, pupils, contacts, relationships and, if there is one, staff.

Anything that could make the wrong person entitled, or a pupil unknown, refuses the whole roll: duplicate and unknown
ids, missing columns, bad or blank required values. What only weakens recognition (no date of birth, a UPN with a wrong
check letter, an unknown column) warns. Every fault is collected, so that a file is mended in one go.
"""

from __future__ import annotations

import errno
from collections import defaultdict
from pathlib import Path

from mailguard.model import (
    Contact,
    MayReceive,
    Pupil,
    PupilKey,
    PupilStatus,
    Relationship,
    Roll,
    StaffMember,
)
from mailguard.roll.checks import birth_date, check_addresses, checked_upn, values
from mailguard.roll.columns import (
    CONTACTS,
    PUPILS,
    RELATIONSHIPS,
    STAFF,
    ContactRow,
    PairRow,
    PupilRow,
    StaffRow,
)
from mailguard.roll.limits import read_whole
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.revision import with_revision
from mailguard.roll.tables import Columns, Table, read_table

__all__ = ["CONTACTS", "PUPILS", "RELATIONSHIPS", "STAFF", "load_native"]

YES_NO = {"y": True, "n": False}
MAY_RECEIVE = {word.value: word for word in MayReceive}


def load_native(folder: Path) -> Loaded:
    """Read a native roll from its folder. Raises RollError with every fault found; never returns half a roll."""
    if not folder.is_dir():
        raise RollError(
            [Problem(folder.name, 0, "", "there is no such folder.", "Name the folder that holds pupils.csv.")]
        )
    tables = [
        _open(folder, "pupils.csv", PUPILS),
        _open(folder, "contacts.csv", CONTACTS),
        _open(folder, "relationships.csv", RELATIONSHIPS),
        _open(folder, "staff.csv", STAFF, must_exist=False),
    ]
    pupils, contacts, relationships, staff = tables
    ids = _Ids()
    roll = Roll(
        pupils=_pupils(pupils, ids),
        contacts=_contacts(contacts, ids),
        relationships=_relationships(relationships, ids, known=bool(ids.pupils) and ids.known(pupils, contacts)),
        staff=_staff(staff, ids),
    )
    faults = [fault for table in tables for fault in table.all_faults()]
    if faults:
        raise RollError(faults)
    return Loaded(with_revision(roll), tuple(warning for table in tables for warning in table.all_warnings()))


class _Ids:
    """The ids met so far, with the line each was first seen on."""

    def __init__(self) -> None:
        self.pupils: dict[PupilKey, int] = {}
        self.schools_of: defaultdict[str, list[str]] = defaultdict(list)
        self.contacts: dict[str, int] = {}

    def known(self, pupils: Table, contacts: Table) -> bool:
        """True if an id that is not here is nowhere: both files were read to their ends. Takes in the ids of their
        ragged rows, so that one fault does not make another."""
        for cells in pupils.ragged:
            row = PupilRow(*cells)
            if self.pupils.setdefault(PupilKey(row.school, row.pupil_id), 0) == 0:
                self.schools_of[row.pupil_id].append(row.school)
        for cells in contacts.ragged:
            self.contacts.setdefault(ContactRow(*cells).contact_id, 0)
        return contacts.usable and not (pupils.torn or contacts.torn)


def _open(folder: Path, name: str, columns: Columns, *, must_exist: bool = True) -> Table:
    path = folder / name
    try:
        if path.exists() and not path.is_file():  # nobody may be writing into a pipe: it would be waited for
            raise OSError(errno.EINVAL, "not a regular file")
        return read_table(read_whole(path), name, columns)
    except FileNotFoundError:
        table = Table(name)
        if must_exist:
            table.fault(0, "", "the file is missing.", f"Add it; its first line must be: {','.join(columns.required)}")
        return table
    except OSError as error:
        table = Table(name)
        table.fault(0, "", f"the file cannot be read ({error.strerror}).", "Check its permissions.")
        return table


def _report_blank(table: Table, line: int, row: PupilRow | ContactRow | PairRow | StaffRow, *required: str) -> None:
    for column in required:
        if not getattr(row, column):
            table.fault(line, column, "the value is blank.", "Every line needs one.")


def _pupils(table: Table, ids: _Ids) -> tuple[Pupil, ...]:
    pupils: list[Pupil] = []
    upns: dict[str, int] = {}
    undated: list[int] = []
    for line, cells in table.rows:
        row = PupilRow(*cells)
        if not (row.school and row.pupil_id and row.forename and row.surname):
            _report_blank(table, line, row, "school", "pupil_id", "forename", "surname")
        pupil = Pupil(
            school=row.school,
            pupil_id=row.pupil_id,
            forename=row.forename,
            surname=row.surname,
            date_of_birth=birth_date(table, line, "date_of_birth", row.date_of_birth),
            upn=checked_upn(table, line, "upn", row.upn, upns),
            uln=row.uln.replace(" ", ""),
            middle_names=row.middle_names,
            preferred_forename=row.preferred_forename,
            preferred_surname=row.preferred_surname,
            former_surname=row.former_surname,
            aliases=values(row.aliases),
            year_group=row.year_group,
            registration_group=row.registration_group,
            address=row.address,
            postcode=row.postcode,
            email=row.email,
            status=_status(table, line, row.status),
            candidate_number=row.candidate_number,
            uci=row.uci,
            nhs_number=row.nhs_number,
        )
        if not row.date_of_birth:
            undated.append(line)
        if row.email:
            check_addresses(table, line, "email", (row.email,))
        if row.school and row.pupil_id:
            _take_pupil_id(table, line, pupil.key, ids)
        pupils.append(pupil)
    if undated:
        table.warn(undated[0], "date_of_birth", f"{len(undated)} pupils have no date of birth, the first one here.")
    if table.usable and not table.rows and not table.faults:
        table.fault(0, "", "the file holds no pupils.", "Export it again: without pupils nothing is held.")
    return tuple(pupils)


def _take_pupil_id(table: Table, line: int, key: PupilKey, ids: _Ids) -> None:
    first = ids.pupils.setdefault(key, line)
    if first == line:
        ids.schools_of[key.pupil].append(key.school)
    else:
        message = f"this id is already that of the pupil on line {first}."
        table.fault(line, "pupil_id", message, "Give every pupil of a school an id of their own.")


def _status(table: Table, line: int, text: str) -> PupilStatus:
    try:
        return PupilStatus(text.lower())
    except ValueError:
        table.fault(line, "status", "the value is not a status.", "Write current, leaver or applicant.")
        return PupilStatus.CURRENT


def _contacts(table: Table, ids: _Ids) -> tuple[Contact, ...]:
    contacts: list[Contact] = []
    for line, cells in table.rows:
        row = ContactRow(*cells)
        confidential = YES_NO.get(row.confidential.lower())
        if confidential is None:
            table.fault(line, "confidential", "the value is neither y nor n.", "Write y (address kept secret) or n.")
        emails = values(row.emails)
        check_addresses(table, line, "emails", emails)
        if not row.contact_id:
            _report_blank(table, line, row, "contact_id")
        elif (first := ids.contacts.setdefault(row.contact_id, line)) != line:
            message = f"this id is already that of the contact on line {first}."
            table.fault(line, "contact_id", message, "Give every contact of the folder an id of their own.")
        contacts.append(
            Contact(
                contact_id=row.contact_id,
                forename=row.forename,
                surname=row.surname,
                title=row.title,
                emails=emails,
                phones=values(row.phones),
                address=row.address,
                postcode=row.postcode,
                confidential=confidential is True,
            )
        )
    return tuple(contacts)


def _relationships(table: Table, ids: _Ids, *, known: bool) -> tuple[Relationship, ...]:
    """`known` is False when the pupils or contacts could not be read, so that unknown ids mean nothing."""
    pairs: dict[tuple[PupilKey, str], tuple[int, Relationship]] = {}
    for line, cells in table.rows:
        row = PairRow(*cells)
        if not (row.pupil_id and row.contact_id and row.may_receive):
            _report_blank(table, line, row, "pupil_id", "contact_id", "may_receive")
            continue
        pair = _relationship(table, line, row, ids if known else None)
        if pair is None:
            continue
        first, same = pairs.setdefault((pair.pupil, pair.contact_id), (line, pair))
        if same.may_receive is not pair.may_receive:
            message = f"line {first} says otherwise of the same pupil and contact."
            table.fault(line, "may_receive", message, "Keep the line that is right.")
        elif first != line:
            table.warn(line, "", f"the same pupil and contact are on line {first}.", "One line is enough.")
    return tuple(pair for _, pair in pairs.values())


def _relationship(table: Table, line: int, row: PairRow, ids: _Ids | None) -> Relationship | None:
    """Return the pair of one line, or None after reporting why there is none."""
    before = table.found
    pupil = PupilKey(row.school, row.pupil_id)
    if ids is not None:
        pupil = _pupil_of(table, line, pupil, ids)
        if row.contact_id not in ids.contacts:
            remedy = "Add the contact to contacts.csv, or correct the id."
            table.fault(line, "contact_id", "no contact has this id.", remedy)
    may_receive = MAY_RECEIVE.get(row.may_receive.lower())
    if may_receive is None:
        remedy = "Write y, n, or order where a court bars it."
        table.fault(line, "may_receive", "the value is not y, n or order.", remedy)
    responsibility = row.parental_responsibility.lower()
    if responsibility and responsibility not in YES_NO:
        remedy = "Write y or n, or nothing."
        table.fault(line, "parental_responsibility", "the value is neither y, n nor blank.", remedy)
    priority = row.priority
    if priority and not (priority.isascii() and priority.isdigit() and len(priority) < 10):
        table.fault(line, "priority", "the value is not a whole number.", "Write 1 for the first contact, or nothing.")
    if may_receive is None or table.found > before:
        return None
    return Relationship(
        pupil=pupil,
        contact_id=row.contact_id,
        relationship=row.relationship,
        parental_responsibility=YES_NO.get(responsibility),
        may_receive=may_receive,
        priority=int(priority) if priority else None,
    )


def _pupil_of(table: Table, line: int, pupil: PupilKey, ids: _Ids) -> PupilKey:
    if pupil.school:
        if pupil not in ids.pupils:
            table.fault(line, "pupil_id", "no pupil of this school has this id.", "Correct the id or the school.")
        return pupil
    schools = ids.schools_of.get(pupil.pupil, [])
    if not schools:
        table.fault(line, "pupil_id", "no pupil has this id.", "Add the pupil to pupils.csv, or correct the id.")
    elif len(schools) > 1:
        table.fault(
            line,
            "school",
            f"pupils of {len(schools)} schools have this id, and the line does not say which.",
            "Fill in the column school (add it if it is not there).",
        )
    else:
        return PupilKey(schools[0], pupil.pupil)
    return pupil


def _staff(table: Table, ids: _Ids) -> tuple[StaffMember, ...]:
    schools = {key.school for key in ids.pupils}
    staff = []
    for line, cells in table.rows:
        row = StaffRow(*cells)
        if row.email:
            check_addresses(table, line, "email", (row.email,))
        else:
            _report_blank(table, line, row, "email")
        if row.school and schools and row.school not in schools:
            table.warn(line, "school", "no pupil is of this school.", "Check the code; blank means every school.")
        staff.append(StaffMember(row.school, row.email, row.forename, row.surname, row.title))
    return tuple(staff)
