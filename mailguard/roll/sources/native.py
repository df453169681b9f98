"""mailguard's own roll: a folder of CSV files, pupils, contacts, relationships and, if there is one, staff.

Anything that could make the wrong person entitled, or a pupil unknown, refuses the whole roll: duplicate and unknown
ids, missing columns, bad or blank required values. What only weakens recognition (no date of birth, a UPN with a wrong
check letter, an unknown column) warns. Every fault is collected, so that a file is mended in one go.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
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
from mailguard.roll.identifiers import UPN_SHAPE, upn_check_letter, upn_has_shape
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.revision import with_revision
from mailguard.roll.tables import Columns, Table, read_table

PUPILS = Columns(
    required=(
        *("school", "pupil_id", "upn", "uln", "forename", "middle_names", "surname", "preferred_forename"),
        *("preferred_surname", "date_of_birth", "year_group", "registration_group", "address", "postcode"),
        *("email", "status"),
    ),
    optional=("former_surname", "aliases", "candidate_number", "uci", "nhs_number"),
)
CONTACTS = Columns(
    required=("contact_id", "title", "forename", "surname", "emails", "phones", "address", "postcode", "confidential"),
)
RELATIONSHIPS = Columns(
    required=("pupil_id", "contact_id", "relationship", "parental_responsibility", "may_receive", "priority"),
    optional=("school",),
)
STAFF = Columns(required=("school", "title", "forename", "surname", "email"))

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+|\"[^\"]+\"@[^\s@,;<>]+")
YES_NO = {"y": True, "n": False}


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
        relationships=_relationships(relationships, ids, known=bool(ids.pupils) and contacts.usable),
        staff=_staff(staff, ids),
    )
    faults = [fault for table in tables for fault in sorted(table.faults)]
    if faults:
        raise RollError(faults)
    return Loaded(with_revision(roll), tuple(warning for table in tables for warning in sorted(table.warnings)))


class _Ids:
    """The ids met so far, with the line each was first seen on."""

    def __init__(self) -> None:
        self.pupils: dict[PupilKey, int] = {}
        self.schools_of: defaultdict[str, list[str]] = defaultdict(list)
        self.contacts: dict[str, int] = {}


def _open(folder: Path, name: str, columns: Columns, *, must_exist: bool = True) -> Table:
    try:
        return read_table((folder / name).read_bytes(), name, columns)
    except FileNotFoundError:
        table = Table(name)
        if must_exist:
            table.fault(0, "", "the file is missing.", f"Add it; its first line must be: {','.join(columns.required)}")
        return table
    except OSError as error:
        table = Table(name)
        table.fault(0, "", f"the file cannot be read ({error.strerror}).", "Check its permissions.")
        return table


def _getter(table: Table) -> Callable[[Sequence[str], str], str]:
    """Return cell(row, column): the cell, or "" where the optional column is absent."""
    at = table.at

    def cell(row: Sequence[str], column: str) -> str:
        place = at.get(column)
        return "" if place is None else row[place]

    return cell


def _need(table: Table, line: int, row: Sequence[str], *columns: str) -> bool:
    """Report every required value that is blank; True if none is."""
    blank = [column for column in columns if not row[table.at[column]]]
    for column in blank:
        table.fault(line, column, "the value is blank.", "Every line needs one.")
    return not blank


def _pupils(table: Table, ids: _Ids) -> tuple[Pupil, ...]:
    if not table.usable:
        return ()
    cell = _getter(table)
    pupils: list[Pupil] = []
    upns: dict[str, int] = {}
    undated: list[int] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        complete = _need(table, line, row, "school", "pupil_id", "forename", "surname")
        upn = _upn(table, line, cell(row, "upn"), upns)
        born = _date(table, line, cell(row, "date_of_birth"), undated)
        status = _status(table, line, cell(row, "status"))
        email = cell(row, "email")
        _check_addresses(table, line, "email", (email,) if email else ())
        key = PupilKey(cell(row, "school"), cell(row, "pupil_id"))
        if key.school and key.pupil:
            if key in ids.pupils:
                table.fault(
                    line,
                    "pupil_id",
                    f"this id is already that of the pupil on line {ids.pupils[key]}.",
                    "Give every pupil of a school an id of their own.",
                )
                continue
            ids.pupils[key] = line
            ids.schools_of[key.pupil].append(key.school)
        if complete:
            pupils.append(_pupil(row, cell, key, born, upn, status))
    if undated:
        table.warn(undated[0], "date_of_birth", f"{len(undated)} pupils have no date of birth, the first one here.")
    if not table.rows and not table.faults:
        table.fault(0, "", "the file holds no pupils.", "A guard without pupils would let everything pass.")
    return tuple(pupils)


def _pupil(
    row: Sequence[str],
    cell: Callable[[Sequence[str], str], str],
    key: PupilKey,
    born: date | None,
    upn: str,
    status: PupilStatus,
) -> Pupil:
    return Pupil(
        school=key.school,
        pupil_id=key.pupil,
        forename=cell(row, "forename"),
        surname=cell(row, "surname"),
        date_of_birth=born,
        upn=upn,
        uln=cell(row, "uln").replace(" ", ""),
        middle_names=cell(row, "middle_names"),
        preferred_forename=cell(row, "preferred_forename"),
        preferred_surname=cell(row, "preferred_surname"),
        former_surname=cell(row, "former_surname"),
        aliases=_values(cell(row, "aliases")),
        year_group=cell(row, "year_group"),
        registration_group=cell(row, "registration_group"),
        address=cell(row, "address"),
        postcode=cell(row, "postcode"),
        email=cell(row, "email"),
        status=status,
        candidate_number=cell(row, "candidate_number"),
        uci=cell(row, "uci"),
        nhs_number=cell(row, "nhs_number"),
    )


def _upn(table: Table, line: int, text: str, seen: dict[str, int]) -> str:
    upn = text.replace(" ", "").upper()
    if not upn:
        return ""
    if upn in seen:
        table.fault(
            line,
            "upn",
            f"this UPN is already that of the pupil on line {seen[upn]}.",
            "Correct one of the two, or leave it blank.",
        )
    seen.setdefault(upn, line)
    if not upn_has_shape(upn):
        remedy = "A UPN is a letter, eleven digits, and a digit or letter."
        if UPN_SHAPE.fullmatch(upn):
            remedy = "The last letter of a temporary UPN is never I, O or S."
        table.warn(line, "upn", "this is not the shape of a UPN.", remedy)
    elif upn_check_letter(upn) != upn[0]:
        table.warn(line, "upn", "the check letter does not fit the digits.", "Look for a mistyped digit.")
    return upn


def _date(table: Table, line: int, text: str, undated: list[int]) -> date | None:
    if not text:
        undated.append(line)
        return None
    try:
        born = date.fromisoformat(text) if ISO_DATE.fullmatch(text) else None
    except ValueError:
        born = None
    if born is None or not 1900 <= born.year <= 2100:
        table.fault(
            line,
            "date_of_birth",
            "this is not a date that exists, written year-month-day.",
            "Write 9 March 2015 as 2015-03-09.",
        )
        return None
    return born


def _status(table: Table, line: int, text: str) -> PupilStatus:
    try:
        return PupilStatus(text.lower())
    except ValueError:
        table.fault(line, "status", "the value is not a status.", "Write current, leaver or applicant.")
        return PupilStatus.CURRENT


def _contacts(table: Table, ids: _Ids) -> tuple[Contact, ...]:
    if not table.usable:
        return ()
    cell = _getter(table)
    contacts: list[Contact] = []
    for line, row in zip(table.lines, table.rows, strict=True):
        _need(table, line, row, "contact_id")
        confidential = YES_NO.get(cell(row, "confidential").lower())
        if confidential is None:
            table.fault(line, "confidential", "the value is neither y nor n.", "Write y (address kept secret) or n.")
        emails = _values(cell(row, "emails"))
        _check_addresses(table, line, "emails", emails)
        contact_id = cell(row, "contact_id")
        if contact_id in ids.contacts:
            table.fault(
                line,
                "contact_id",
                f"this id is already that of the contact on line {ids.contacts[contact_id]}.",
                "Give every contact of the folder an id of their own.",
            )
            continue
        if contact_id:
            ids.contacts[contact_id] = line
        contacts.append(
            Contact(
                contact_id=contact_id,
                forename=cell(row, "forename"),
                surname=cell(row, "surname"),
                title=cell(row, "title"),
                emails=emails,
                phones=_values(cell(row, "phones")),
                address=cell(row, "address"),
                postcode=cell(row, "postcode"),
                confidential=confidential is True,
            )
        )
    return tuple(contacts)


def _values(text: str) -> tuple[str, ...]:
    """Split several values at ';', dropping blanks and repetitions, keeping their order."""
    if ";" not in text:
        return (text,) if text else ()
    return tuple(dict.fromkeys(value for part in text.split(";") if (value := part.strip())))


def _check_addresses(table: Table, line: int, column: str, addresses: Sequence[str]) -> None:
    if not all(ADDRESS.fullmatch(address) for address in addresses):
        table.fault(
            line,
            column,
            "the value is not an e-mail address.",
            "Write name@domain; divide several addresses by ';'." if column == "emails" else "Write name@domain.",
        )


def _relationships(table: Table, ids: _Ids, *, known: bool) -> tuple[Relationship, ...]:
    """`known` is False when the pupils or contacts could not be read, so that unknown ids mean nothing."""
    if not table.usable:
        return ()
    cell = _getter(table)
    pairs: dict[tuple[PupilKey, str], tuple[int, Relationship]] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        if not _need(table, line, row, "pupil_id", "contact_id", "may_receive"):
            continue
        pair = _relationship(table, line, row, cell, ids if known else None)
        if pair is None:
            continue
        first = pairs.get((pair.pupil, pair.contact_id))
        if first is None:
            pairs[pair.pupil, pair.contact_id] = (line, pair)
        elif first[1].may_receive is not pair.may_receive:
            table.fault(
                line,
                "may_receive",
                f"line {first[0]} says otherwise of the same pupil and contact.",
                "Keep the line that is right.",
            )
        else:
            table.warn(line, "", f"the same pupil and contact are on line {first[0]}.", "One line is enough.")
    return tuple(pair for _, pair in pairs.values())


def _relationship(
    table: Table, line: int, row: Sequence[str], cell: Callable[[Sequence[str], str], str], ids: _Ids | None
) -> Relationship | None:
    """Return the pair of one line, or None after reporting why there is none."""
    before = len(table.faults)
    contact_id = cell(row, "contact_id")
    pupil = PupilKey(cell(row, "school"), cell(row, "pupil_id"))
    if ids is not None:
        pupil = _pupil_of(table, line, pupil, ids)
        if contact_id not in ids.contacts:
            table.fault(
                line, "contact_id", "no contact has this id.", "Add the contact to contacts.csv, or correct the id."
            )
    try:
        may_receive = MayReceive(cell(row, "may_receive").lower())
    except ValueError:
        may_receive = MayReceive.NO
        table.fault(
            line, "may_receive", "the value is not y, n or order.", "Write y, n, or order where a court bars it."
        )
    responsibility = cell(row, "parental_responsibility").lower()
    if responsibility and responsibility not in YES_NO:
        table.fault(
            line, "parental_responsibility", "the value is neither y, n nor blank.", "Write y or n, or nothing."
        )
    priority = cell(row, "priority")
    if priority and not (priority.isascii() and priority.isdigit() and len(priority) < 10):
        table.fault(line, "priority", "the value is not a whole number.", "Write 1 for the first contact, or nothing.")
    if len(table.faults) > before:
        return None
    return Relationship(
        pupil=pupil,
        contact_id=contact_id,
        relationship=cell(row, "relationship"),
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
    if not table.usable:
        return ()
    cell = _getter(table)
    schools = {key.school for key in ids.pupils}
    staff = []
    for line, row in zip(table.lines, table.rows, strict=True):
        school, email = cell(row, "school"), cell(row, "email")
        if _need(table, line, row, "email"):
            _check_addresses(table, line, "email", (email,))
        if school and schools and school not in schools:
            table.warn(line, "school", "no pupil is of this school.", "Check the code; blank means every school.")
        staff.append(StaffMember(school, email, cell(row, "forename"), cell(row, "surname"), cell(row, "title")))
    return tuple(staff)
