"""What Wonde's REST API says of one school: students with their contacts and, where the token may see them, employees.

Only the shape is read here; the pages are fetched by mailguard.enrol.pulls. Everything may be null: a value that the
token's scopes do not cover is null too, so a file without any parental responsibility is refused rather than read as
"nobody may receive". A contact with parental responsibility may receive, any other may not; a court order bars.
Telephone numbers and e-mail addresses of all kinds are taken together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mailguard.model import MayReceive, Pupil, PupilKey, Roll, StaffMember
from mailguard.roll.checks import birth_date, check_addresses, checked_upn
from mailguard.roll.people import People, Person
from mailguard.roll.problems import Loaded, Report, RollError
from mailguard.roll.revision import with_revision

INCLUDES = "contact_details,education_details,year,group,contacts.contact_details"
EMPLOYEE_INCLUDES = "contact_details"
_HOUSE = ("apartment", "house_name")
_REST = ("district", "town", "county")

Record = Mapping[str, Any]


def read_wonde(
    students: Iterable[Record], school: str, name: str = "wonde", employees: Iterable[Record] = ()
) -> Loaded:
    """Return the roll of one school from its records; `name` is what problems call the source, its lines count records.
    Raises RollError with every fault found."""
    reader = _Reader(Report(name), school)
    for line, record in enumerate(students, 1):
        reader.student(line, record)
    if not reader.pupils and not reader.report.faults:
        reader.report.fault(0, "", "the school has no students.", "A guard without pupils would let everything pass.")
    if reader.people.pairs and not reader.told:
        remedy = "Ask for the scope of contacts' parental responsibility."
        reader.report.fault(0, "parental_responsibility", "no contact has this value.", remedy)
    if reader.report.faults:
        raise RollError(reader.report.all_faults())
    staff = dict.fromkeys(member for record in employees for member in reader.employee(record))
    roll = Roll(tuple(reader.pupils), reader.people.contacts, reader.people.pairs, tuple(staff))
    return Loaded(with_revision(roll), tuple(reader.report.all_warnings()))


class _Reader:
    def __init__(self, report: Report, school: str) -> None:
        self.report = report
        self.school = school
        self.people = People()
        self.pupils: list[Pupil] = []
        self.told = False
        self._ids: dict[str, int] = {}
        self._upns: dict[str, int] = {}

    def student(self, line: int, record: Record) -> None:
        report = self.report
        pupil_id = _text(record, "id")
        forename = _text(record, "legal_forename") or _text(record, "forename")
        surname = _text(record, "legal_surname") or _text(record, "surname")
        for column, value in (("id", pupil_id), ("forename", forename), ("surname", surname)):
            if not value:
                report.fault(line, column, "the value is blank.", "Every student needs one.")
        if pupil_id in self._ids:
            report.fault(line, "id", f"this id is already that of record {self._ids[pupil_id]}.", "Pull it again.")
        self._ids.setdefault(pupil_id, line)
        born = _date(record, "date_of_birth")
        if not born:
            report.warn(line, "date_of_birth", "the pupil has no date of birth.")
        education, details = _data(record, "education_details"), _data(record, "contact_details")
        address, postcode = _address(details)
        emails = self._addresses(line, details)
        pupil = Pupil(
            school=self.school,
            pupil_id=pupil_id,
            forename=forename,
            surname=surname,
            date_of_birth=birth_date(report, line, "date_of_birth", born),
            upn=checked_upn(report, line, "upn", _text(education, "upn"), self._upns),
            uln=_text(education, "uln") or _text(education, "unique_learner_number"),
            middle_names=_text(record, "middle_names"),
            preferred_forename=_other(_text(record, "forename"), forename),
            preferred_surname=_other(_text(record, "surname"), surname),
            year_group=_text(_data(record, "year"), "name") or _text(education, "current_nc_year"),
            registration_group=_text(_data(record, "group"), "name"),
            address=address,
            postcode=postcode,
            email=emails[0] if emails else "",
        )
        self.pupils.append(pupil)
        for place, contact in enumerate(_list(record, "contacts"), 1):
            self._contact(line, place, contact, pupil.key)

    def _contact(self, line: int, place: int, record: Record, pupil: PupilKey) -> None:
        details, relation = _data(record, "contact_details"), _data(record, "relationship")
        responsible = _truth(relation, "parental_responsibility")
        self.told = self.told or responsible is not None
        address, postcode = _address(details)
        may = MayReceive.YES if responsible else MayReceive.NO
        if _truth(relation, "court_order"):
            may = MayReceive.ORDER
        priority = relation.get("priority")
        self.people.relate(
            pupil,
            Person(
                forename=_text(record, "forename"),
                surname=_text(record, "surname"),
                title=_text(record, "title"),
                emails=self._addresses(line, details),
                phones=_values(details, "phones"),
                address=address,
                postcode=postcode,
            ),
            _text(relation, "relationship") or _text(relation, "relationship_type"),
            responsible,
            may,
            priority if isinstance(priority, int) and not isinstance(priority, bool) else place,
        )

    def _addresses(self, line: int, details: Record) -> tuple[str, ...]:
        emails = _values(details, "emails")
        check_addresses(self.report, line, "emails", emails)
        return emails

    def employee(self, record: Record) -> list[StaffMember]:
        """Return a member of staff under each of the work addresses; private ones are nobody's business here."""
        emails = _data(record, "contact_details").get("emails")
        work = {_text(emails, name) for name in ("work", "email", "primary")} if isinstance(emails, dict) else set()
        names = (_text(record, "forename"), _text(record, "surname"), _text(record, "title"))
        return [StaffMember(self.school, email, *names) for email in sorted(work) if "@" in email]


def _data(record: Record, key: str) -> Record:
    """Return an included object, which the API wraps in "data"; {} where it is null or absent."""
    value = record.get(key)
    if isinstance(value, dict) and "data" in value:
        value = value["data"]
    return value if isinstance(value, dict) else {}


def _list(record: Record, key: str) -> list[Record]:
    value = record.get(key)
    if isinstance(value, dict):
        value = value.get("data")
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).split())


def _date(record: Record, key: str) -> str:
    """Return a day: the API writes {"date": "2015-03-09 00:00:00.000000", ...} or the text alone."""
    value = record.get(key)
    text = _text(value, "date") if isinstance(value, dict) else _text(record, key)
    return text[:10]


def _truth(record: Record, key: str) -> bool | None:
    value = record.get(key)
    if isinstance(value, str):
        value = {
            "true": True,
            "yes": True,
            "y": True,
            "1": True,
            "false": False,
            "no": False,
            "n": False,
            "0": False,
        }.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None


def _values(details: Record, kind: str) -> tuple[str, ...]:
    found = details.get(kind)
    if not isinstance(found, dict):
        return ()
    return tuple(dict.fromkeys(filter(None, (_text(found, key) for key in found))))


def _address(details: Record) -> tuple[str, str]:
    addresses = details.get("addresses")
    home = addresses.get("home") if isinstance(addresses, dict) else None
    if not isinstance(home, dict):
        return "", ""
    street = " ".join(filter(None, (_text(home, "house_number"), _text(home, "street"))))
    lines = (*(_text(home, name) for name in _HOUSE), street, *(_text(home, name) for name in _REST))
    return ", ".join(filter(None, lines)), _text(home, "postcode")


def _other(text: str, than: str) -> str:
    return "" if text == than else text
