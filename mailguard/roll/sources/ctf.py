"""The Common Transfer File of the English and Welsh education departments: one school's pupils and contacts as XML.

Elements are read by name wherever the yearly versions of the format put them; unknown ones are passed over. A contact
with parental responsibility may receive, any other may not; orders of a court are not in the file. A pupil's id is the
UPN. Document type declarations are refused, so that no entity is ever expanded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from mailguard.model import MayReceive, Pupil, PupilKey, PupilStatus, Roll
from mailguard.roll.checks import birth_date, check_addresses, checked_upn
from mailguard.roll.people import People, Person
from mailguard.roll.problems import Loaded, Problem, Report, RollError
from mailguard.roll.revision import with_revision

PUPIL_LISTS = {"CTfile": PupilStatus.CURRENT, "ATfile": PupilStatus.APPLICANT}
TRUE = frozenset(("y", "yes", "t", "true", "1"))
FALSE = frozenset(("n", "no", "f", "false", "0"))
STREETS = ("SAON", "PAON", "Street", "Locality", "Town", "AdministrativeArea", "PostTown")
LINES = tuple(f"AddressLine{number}" for number in range(1, 6))

# The codes of the element Relationship (DfE Common Basic Data Set, relationship to the pupil), and what systems write
# beside them. A word, or a code that is not here, stays as it is.
RELATIONSHIPS = {
    "PAM": "mother", "PAF": "father", "MOT": "mother", "FAT": "father", "STP": "step-parent", "STM": "stepmother",
    "STF": "stepfather", "FOM": "foster mother", "FOF": "foster father", "CAR": "carer", "GRP": "grandparent",
    "FAM": "other family member", "REL": "other relative", "CHM": "childminder", "SWR": "social worker",
    "DOC": "doctor", "TCH": "teacher", "HTC": "head teacher", "RLG": "religious contact", "OTH": "other contact",
}  # fmt: skip


def load_ctf(path: Path, school: str = "") -> Loaded:
    """Read a CTF (or admissions transfer) file. `school` is the school's code in the policy; without it the code is
    the file's local authority and establishment number, such as 9982001. Raises RollError with every fault found."""
    reader = _Reader(path.name, school)
    try:
        with path.open("rb") as file:
            reader.read(etree.iterparse(file, events=("start", "end"), resolve_entities=False, no_network=True))
    except OSError as error:
        raise RollError([Problem(path.name, 0, "", f"the file cannot be read ({error.strerror}).")]) from None
    except etree.XMLSyntaxError as error:
        remedy = "Export it again; it is cut short or damaged."
        if path.stat().st_size == 0:
            reader.report.fault(0, "", "the file is empty.", remedy)
        else:
            reader.report.fault(error.lineno or 0, "", "the file is not whole XML.", remedy)
    if reader.report.faults:
        raise RollError(reader.report.all_faults())
    people = reader.people
    roll = Roll(tuple(reader.pupils), people.contacts, people.pairs)
    return Loaded(with_revision(roll), tuple(reader.report.all_warnings()))


class _Reader:
    """Reads pupil by pupil, so that a file of any size takes the memory of its roll only."""

    def __init__(self, file: str, school: str) -> None:
        self.report = Report(file)
        self.people = People()
        self.pupils: list[Pupil] = []
        self.school = school
        self.status = PupilStatus.CURRENT
        self.upns: dict[str, int] = {}
        self.ids: dict[str, int] = {}

    def read(self, events: Iterator[tuple[str, etree._Element]]) -> None:
        root = None
        for event, element in events:
            if root is None:
                root = element
                if not self._is_ctf(root):
                    return
            name = _name(element)
            if event == "end" and name == "SourceSchool" and not self.school:
                self.school = _text(element, "LEA") + _text(element, "Estab")
            elif event == "end" and name == "Pupil":
                self._pupil(element)
                element.clear()
        if not self.pupils and not self.report.faults:
            self.report.fault(0, "", "the file holds no pupils.", "Export it again: without pupils nothing is held.")

    def _is_ctf(self, root: etree._Element) -> bool:
        if root.getroottree().docinfo.internalDTD is not None:
            self.report.fault(1, "", "the file declares a document type, as no CTF does.", "Export it again.")
            return False
        if _name(root) not in PUPIL_LISTS:
            self.report.fault(1, "", "this XML is not a Common Transfer File.", "Its first element must be CTfile.")
            return False
        self.status = PUPIL_LISTS[_name(root)]
        return True

    def _pupil(self, element: etree._Element) -> None:
        line = _line(element)
        if not self.school:
            self.report.fault(line, "SourceSchool", "the file does not say which school it is of.", "Name the school.")
            self.school = "unknown"
        for column in ("Surname", "Forename"):
            if not _text(element, column):
                self.report.fault(line, column, "the value is blank.", "Every pupil needs one.")
        if not _text(element, "DOB"):
            self.report.warn(line, "DOB", "the pupil has no date of birth.")
        upn = checked_upn(self.report, line, "UPN", _text(element, "UPN"), self.upns)
        email = _text(element, "Email")
        check_addresses(self.report, line, "Email", (email,) if email else ())
        basic = _child(element, "BasicDetails")
        address, postcode = _address(element)
        pupil = Pupil(
            school=self.school,
            pupil_id=upn or self._made_id(element),
            forename=_text(element, "Forename"),
            surname=_text(element, "Surname"),
            date_of_birth=birth_date(self.report, line, "DOB", _text(element, "DOB")),
            upn=upn,
            uln=_text(element, "UniqueLearnerNumber"),
            uci=_text(element, "UCI"),
            middle_names=_text(basic, "MiddleNames"),
            preferred_forename=_text(basic, "PreferredForename"),
            preferred_surname=_text(basic, "PreferredSurname"),
            former_surname=_text(basic, "FormerSurname"),
            year_group=_text(basic, "NCyearActual"),
            address=address,
            postcode=postcode,
            email=email,
            status=self.status,
        )
        if not upn and pupil.pupil_id in self.ids:
            message = f"the pupil is on line {self.ids[pupil.pupil_id]} too."
            self.report.fault(line, "Pupil", message, "Remove one of the two.")
        self.ids.setdefault(pupil.pupil_id, line)
        self.pupils.append(pupil)
        for contact in _children(_child(element, "Contacts"), "Contact"):
            self._contact(contact, pupil)

    def _made_id(self, element: etree._Element) -> str:
        """A pupil without a UPN is known by name and date of birth."""
        facts = "|".join(_text(element, name) for name in ("Surname", "Forename", "DOB"))
        return hashlib.sha256(facts.encode()).hexdigest()[:13]

    def _contact(self, element: etree._Element, pupil: Pupil) -> None:
        line = _line(element)
        email = _text(element, "Email")
        check_addresses(self.report, line, "Email", (email,) if email else ())
        said = _text(element, "Responsibility").lower()
        if said and said not in TRUE | FALSE:
            self.report.fault(line, "Responsibility", "the value is neither yes nor no.", "Write Y or N.")
        responsible = said in TRUE if said else None
        address, postcode = _address(element)
        if _text(element, "AddressAsPupil").lower() in TRUE:
            address, postcode = pupil.address, pupil.postcode
        order = _text(element, "Order")
        self.people.relate(
            PupilKey(pupil.school, pupil.pupil_id),
            Person(
                forename=_text(element, "Forename"),
                surname=_text(element, "Surname"),
                title=_text(element, "Title"),
                emails=(email,) if email else (),
                phones=tuple(_phones(element)),
                address=address,
                postcode=postcode,
            ),
            _relationship(_text(element, "Relationship")),
            responsible,
            MayReceive.YES if responsible else MayReceive.NO,
            int(order) if order.isascii() and order.isdigit() else None,
        )


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _line(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def _children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    if element is not None:
        yield from (child for child in element if _name(child) == name)


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return next(_children(element, name), None)


def _text(element: etree._Element | None, name: str) -> str:
    child = _child(element, name)
    return " ".join((child.text or "").split()) if child is not None else ""


def _relationship(text: str) -> str:
    return RELATIONSHIPS.get(text.upper(), text)


def _phones(element: etree._Element) -> Iterator[str]:
    for phone in _children(_child(element, "Phones"), "Phone"):
        number = _text(phone, "PhoneNo")
        if number:
            yield number


def _address(element: etree._Element) -> tuple[str, str]:
    """Return address and postcode, from numbered lines or from the parts of BS 7666."""
    home = _child(element, "Address")
    if home is None:
        return "", ""
    parts = {_name(item): " ".join((item.text or "").split()) for item in home.iter() if _name(item)}
    postcode = parts.get("PostCode", "")
    if any(parts.get(name) for name in LINES):
        return ", ".join(parts[name] for name in LINES if parts.get(name)), postcode
    number = parts.get("PAON", "")
    if number[:1].isdigit() and parts.get("Street"):
        parts["Street"] = f"{number} {parts['Street']}"
        parts["PAON"] = ""
    return ", ".join(parts[name] for name in STREETS if parts.get(name)), postcode
