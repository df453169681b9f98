"""OneRoster CSV, versions 1.1 and 1.2: users, organisations and, if there, birth dates and homerooms.

A folder or a ZIP, in bulk mode. A child's agents who are parents or guardians may receive; relatives and others may
not; orders of a court are not in the files. In 1.1 a user's role stands in users.csv, in 1.2 in roles.csv. A school's
code is its organisation's identifier or, without one, its sourcedId.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mailguard.model import MayReceive, Pupil, PupilKey, Roll, StaffMember
from mailguard.roll.checks import birth_date, check_addresses, checked_upn
from mailguard.roll.identifiers import upn_check_letter, upn_has_shape
from mailguard.roll.limits import LARGEST_FILE, read_whole
from mailguard.roll.people import People, Person
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.revision import with_revision
from mailguard.roll.tables import Columns, Table, read_table


class UserRow(NamedTuple):
    """A line of users.csv, as far as it matters here."""

    sourcedid: str
    givenname: str
    familyname: str
    status: str
    role: str
    middlename: str
    preferredgivenname: str
    preferredfamilyname: str
    identifier: str
    userids: str
    usermasteridentifier: str
    email: str
    sms: str
    phone: str
    grades: str
    agentsourcedids: str
    orgsourcedids: str
    primaryorgsourcedid: str


FILES = {
    "users.csv": Columns(UserRow._fields[:3], UserRow._fields[3:], others_expected=True),
    "orgs.csv": Columns(("sourcedid",), ("type", "identifier"), others_expected=True),
    "roles.csv": Columns(("usersourcedid", "role", "orgsourcedid"), ("status",), others_expected=True),
    "demographics.csv": Columns(("sourcedid",), ("birthdate",), others_expected=True),
    "classes.csv": Columns(("sourcedid", "title"), ("classtype",), others_expected=True),
    "enrollments.csv": Columns(("classsourcedid", "usersourcedid"), ("status",), others_expected=True),
    "manifest.csv": Columns(("propertyname", "value"), others_expected=True),
}
NEEDED = ("users.csv", "orgs.csv")
ENTITLED = frozenset(("parent", "guardian"))
RELATED = ENTITLED | {"relative", "contact"}
GONE = frozenset(("tobedeleted", "inactive"))
MOBILE = re.compile(r"[\d ()+-]{7,}")


@dataclass(slots=True)
class _User:
    row: UserRow
    line: int
    roles: list[tuple[str, str]] = field(default_factory=list)

    def has(self, *roles: str) -> bool:
        return any(role in roles for role, _ in self.roles)


def load_oneroster(source: Path, school: str = "") -> Loaded:
    """Read a OneRoster folder or ZIP. `school` replaces the code of the only school in it. Raises RollError with
    every fault found."""
    tables = _tables(source)
    reader = _Reader(tables, school)
    roll = reader.roll()
    faults = [fault for table in tables.values() for fault in table.all_faults()]
    if faults:
        raise RollError(faults)
    return Loaded(with_revision(roll), tuple(w for table in tables.values() for w in table.all_warnings()))


def _tables(source: Path) -> dict[str, Table]:
    try:
        contents = _unzipped(source) if source.is_file() else _folder(source)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        remedy = "Give a OneRoster folder or ZIP."
        raise RollError([Problem(source.name, 0, "", "the file is not a whole ZIP.", remedy)]) from None
    except OSError as error:
        raise RollError([Problem(source.name, 0, "", f"it cannot be read ({error.strerror}).")]) from None
    tables = {}
    for name, columns in FILES.items():
        if name in contents:
            tables[name] = read_table(contents[name], name, columns)
        else:
            tables[name] = Table(name)
            if name in NEEDED:
                tables[name].fault(0, "", "the file is missing.", "Export users and orgs from the MIS in bulk mode.")
    for _, cells in tables["manifest.csv"].rows:
        if cells[0] in ("file.users", "file.orgs", "file.roles") and cells[1] == "delta":
            tables["manifest.csv"].fault(0, "", "the files hold changes only.", "Export in bulk mode.")
            break
    if not all(tables[name].usable for name in NEEDED):
        raise RollError(fault for table in tables.values() for fault in table.all_faults())
    return tables


def _folder(source: Path) -> dict[str, bytes]:
    return {path.name.lower(): read_whole(path) for path in source.iterdir() if path.name.lower() in FILES}


def _unzipped(source: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(source) as archive:
        found = {}
        for item in archive.infolist():
            name = item.filename.rpartition("/")[2].lower()
            if name in FILES:
                if item.file_size > LARGEST_FILE or item.flag_bits & 1:
                    message = "the file is too large or encrypted."
                    raise RollError([Problem(name, 0, "", message, "Export it again, without a password.")])
                found[name] = archive.read(item)
        return found


class _Reader:
    """Turns the tables into a roll; what is wrong goes to the table it is in."""

    def __init__(self, tables: dict[str, Table], school: str) -> None:
        self.tables = tables
        self.people = People()
        self.users = self._users()
        self.schools = self._schools(school)
        self.births = {cells[0]: (line, cells[1]) for line, cells in tables["demographics.csv"].rows}
        self.homerooms = self._homerooms()
        self.pupils: dict[str, Pupil] = {}

    def roll(self) -> Roll:
        upns: dict[str, int] = {}
        for user in self.users.values():
            if user.has("student"):
                self._pupil(user, upns)
        users = self.tables["users.csv"]
        if not self.pupils and not users.faults:
            users.fault(0, "role", "no user is a student.", "A guard without pupils would let everything pass.")
        self._relate()
        return Roll(tuple(self.pupils.values()), self.people.contacts, self.people.pairs, tuple(self._staff()))

    def _users(self) -> dict[str, _User]:
        table = self.tables["users.csv"]
        users: dict[str, _User] = {}
        for line, cells in table.rows:
            row = UserRow(*cells)
            if row.status.lower() in GONE:
                continue
            if not row.sourcedid:
                table.fault(line, "sourcedId", "the value is blank.", "Every line needs one.")
            elif row.sourcedid in users:
                message = f"this id is already that of the user on line {users[row.sourcedid].line}."
                table.fault(line, "sourcedId", message, "Export it again.")
            else:
                users[row.sourcedid] = _User(row, line)
                org = row.primaryorgsourcedid or row.orgsourcedids
                if row.role:
                    users[row.sourcedid].roles += [(row.role.lower(), one) for one in _several(org) or ("",)]
        for _, cells in self.tables["roles.csv"].rows:
            user_id, role, org, status = cells
            if user_id in users and status.lower() not in GONE:
                users[user_id].roles.append((role.lower(), org))
        return users

    def _schools(self, code: str) -> dict[str, str]:
        """Return the code of each organisation that is a school."""
        table = self.tables["orgs.csv"]
        found = {cells[0]: cells[2] or cells[0] for _, cells in table.rows if cells[1].lower() in ("school", "")}
        used = {org for user in self.users.values() for role, org in user.roles if role == "student" and org in found}
        if code and len(used) > 1:
            table.fault(0, "", f"the file holds {len(used)} schools, and one code was given.", "Give no code.")
        return dict.fromkeys(found, code) if code else found

    def _homerooms(self) -> dict[str, str]:
        rooms = {cells[0]: cells[1] for _, cells in self.tables["classes.csv"].rows if cells[2].lower() == "homeroom"}
        rows = self.tables["enrollments.csv"].rows
        return {cells[1]: rooms[cells[0]] for _, cells in rows if cells[0] in rooms and cells[2].lower() not in GONE}

    def _school_of(self, user: _User, role: str) -> str:
        return next((self.schools[org] for word, org in user.roles if word == role and org in self.schools), "")

    def _pupil(self, user: _User, upns: dict[str, int]) -> None:
        table, row, line = self.tables["users.csv"], user.row, user.line
        for column, value in (("givenName", row.givenname), ("familyName", row.familyname)):
            if not value:
                table.fault(line, column, "the value is blank.", "Every pupil needs one.")
        school = self._school_of(user, "student")
        if not school:
            table.fault(line, "orgSourcedIds", "the pupil is of no school in orgs.csv.", "Export orgs.csv as well.")
        if row.email:
            check_addresses(table, line, "email", (row.email,))
        born_line, born = self.births.get(row.sourcedid, (line, ""))
        if not born:
            table.warn(line, "sourcedId", "demographics.csv has no birth date of this pupil.")
        self.pupils[row.sourcedid] = Pupil(
            school=school,
            pupil_id=row.sourcedid,
            forename=row.givenname,
            surname=row.familyname,
            date_of_birth=birth_date(self.tables["demographics.csv"], born_line, "birthDate", born),
            upn=checked_upn(table, line, "identifier", _upn(row), upns),
            middle_names=row.middlename,
            preferred_forename=row.preferredgivenname,
            preferred_surname=row.preferredfamilyname,
            year_group=row.grades.partition(",")[0].lstrip("0"),
            registration_group=self.homerooms.get(row.sourcedid, ""),
            email=row.email,
        )

    def _relate(self) -> None:
        """Pair pupils and agents; either side may name the other."""
        table = self.tables["users.csv"]
        agents: defaultdict[str, list[str]] = defaultdict(list)
        for user_id, user in self.users.items():
            for other in _several(user.row.agentsourcedids):
                if other not in self.users:
                    table.fault(user.line, "agentSourcedIds", "no user has this id.", "Export all users.")
                elif user_id in self.pupils:
                    agents[user_id].append(other)
                elif other in self.pupils:
                    agents[other].append(user_id)
        for pupil_id, ids in agents.items():
            pupil = self.pupils[pupil_id]
            for place, agent_id in enumerate(dict.fromkeys(ids), 1):
                self._pair(pupil.key, self.users[agent_id], place)

    def _pair(self, pupil: PupilKey, agent: _User, place: int) -> None:
        row = agent.row
        emails = (row.email,) if row.email else ()
        check_addresses(self.tables["users.csv"], agent.line, "email", emails)
        phones = tuple(phone for phone in (row.phone, row.sms) if MOBILE.fullmatch(phone))
        person = Person(row.givenname, row.familyname, emails=emails, phones=phones)
        may = MayReceive.YES if agent.has(*ENTITLED) else MayReceive.NO
        word = next((role for role, _ in agent.roles if role in RELATED), "agent")
        self.people.relate(pupil, person, word, None, may, place)

    def _staff(self) -> list[StaffMember]:
        """Everybody else with an address at a school; of no school's staff is whoever belongs to a district only."""
        found = []
        for user in self.users.values():
            for role, org in user.roles:
                if role not in RELATED | {"student"} and org in self.schools and user.row.email:
                    check_addresses(self.tables["users.csv"], user.line, "email", (user.row.email,))
                    row = user.row
                    found.append(StaffMember(self.schools[org], row.email, row.givenname, row.familyname))
        return list(dict.fromkeys(found))


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for item in text.split(",") if (part := item.strip()))


def _upn(row: UserRow) -> str:
    """Return the UPN among a user's identifiers: some systems write it plain, some as {UPN:...}."""
    for text in (row.identifier, row.usermasteridentifier, row.userids):
        for word in re.findall(r"[A-Za-z][0-9]{11}[0-9A-Za-z]", text):
            upn: str = word.upper()
            if upn_has_shape(upn) and upn_check_letter(upn) == upn[0]:
                return upn
    return ""
