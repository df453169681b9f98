"""An export of any shape, CSV or XLSX: one row a pupil with contacts in columns, or one row a pupil and contact.

What the columns mean comes from a saved mapping or from their headings. Who may receive: a contact with parental
responsibility; without a column on it, whoever is headed as a parent or guardian or as the mapping says. A court order
in the export bars the pair.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mailguard.model import MayReceive, Pupil, PupilKey, Roll
from mailguard.roll.cells import addresses_in, is_note, is_nothing, is_rounded, phones_in, says_order, says_yes
from mailguard.roll.checks import check_addresses, checked_upn, doubt_names, is_day_number
from mailguard.roll.grids import HEAD_WITHIN, Grid, read_grid
from mailguard.roll.headings import doubt, understood
from mailguard.roll.homes import home_of
from mailguard.roll.limits import read_whole
from mailguard.roll.mapping import Mapping, Target
from mailguard.roll.people import People, Person
from mailguard.roll.problems import Loaded, Problem, Report, RollError
from mailguard.roll.revision import with_revision
from mailguard.roll.tables import FORMULA

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?")
SPELT = re.compile(r"(\d{1,2})[ /.-](\d{1,2}|[A-Za-z]{3,9})[ /.-](\d{4})")


@dataclass(frozen=True, slots=True)
class Seen:
    """One column of an export as the preview shows it: what it was taken for (blank: not read)."""

    heading: str
    taken_for: str


def load_mapped(path: Path, school: str = "", mapping: Mapping | None = None, *, partial: bool = False) -> Loaded:
    """Read an export. `school` is its school's code, `mapping` says what its columns mean (None: their headings do).

    A `partial` one only adds to pupils whom another source names: a UPN may stand for the name, an order needs no
    address, and a contact of whom nothing says whether they may receive may not. Raises RollError with every fault."""
    report = Report(path.name)
    grid = _read(path, report)
    reader = _Reader(report, *_with_head(grid, mapping, report), school, partial=partial)
    reader.read()
    if report.faults:
        raise RollError(report.all_faults())
    roll = Roll(tuple(reader.pupils.values()), reader.people.contacts, reader.people.pairs)
    return Loaded(with_revision(roll), tuple(report.all_warnings()), reader.lines)


def preview(path: Path, mapping: Mapping | None = None) -> tuple[tuple[Seen, ...], Mapping]:
    """Return what each column would be taken for, and the mapping to save or correct. Raises RollError."""
    report = Report(path.name)
    heads, _, used = _with_head(_read(path, report), mapping, report)
    seen = tuple(Seen(head, str(used.columns[head]) if head in used.columns else "") for head in heads)
    return seen, used


def _read(path: Path, report: Report) -> Grid:
    try:
        return read_grid(read_whole(path), report)
    except OSError as error:
        raise RollError([Problem(path.name, 0, "", f"the file cannot be read ({error.strerror}).")]) from None


def _with_head(grid: Grid, mapping: Mapping | None, report: Report) -> tuple[list[str], Grid, Mapping]:
    """Find the row of headings: reports often begin with a title."""
    best: tuple[int, int, list[str], Mapping] | None = None
    above: list[str] = []
    for place, (_, cells) in enumerate(grid[:HEAD_WITHIN]):
        heads, found = understood(above, cells, mapping)
        known = sum(head in found.columns for head in heads)
        if known > (best[0] if best else 1):
            best = (known, place, heads, found)
        above = cells
    if best is None:
        remedy = "Export with headings, or say by a mapping what the columns mean."
        raise RollError([Problem(report.file, 1, "", "the headings are not understood.", remedy)])
    _, place, heads, found = best
    line = grid[place][0]
    doubt(report, line, heads, found, guessed=mapping is None)
    for heading in found.columns if mapping else ():
        if heading not in heads:
            report.fault(line, heading, "the mapping names this column, and it is not there.", "Correct the mapping.")
    return heads, grid[place + 1 :], found


class _Reader:
    """Gathers pupils and contacts row by row."""

    def __init__(
        self, report: Report, heads: list[str], rows: Grid, mapping: Mapping, school: str, *, partial: bool
    ) -> None:
        self.report = report
        self.partial = partial
        self.rows = rows
        self.mapping = mapping
        self.width = len(heads)
        self.school = school or mapping.school
        self.people = People()
        self.pupils: dict[PupilKey, Pupil] = {}
        self.lines: dict[PupilKey, int] = {}
        self.upns: dict[str, int] = {}
        self.own: dict[str, list[int]] = defaultdict(list)
        self.contacts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.parents: set[str] = set()
        self.heads = heads
        for place, head in enumerate(heads):
            target = mapping.columns.get(head)
            if target is not None:
                self._place(target, place)

    def _place(self, target: Target, place: int) -> None:
        if not target.contact:
            self.own[target.field].append(place)
            return
        self.contacts[target.contact][target.field].append(place)
        if target.parent:
            self.parents.add(target.contact)

    def read(self) -> None:
        if not self._columns_suffice():
            return
        for line, row in self.rows:
            cells = row + [""] * (self.width - len(row))
            if cells[: self.width] == self.heads or is_note(cells):
                message = "the line repeats the headings or is a note or total, and was not read."
                self.report.warn(line, "", message, "See that no pupil is missing.")
                continue
            if any(cells[self.width :]):
                remedy = "Put values that hold a comma in quotes."
                self.report.fault(line, "", f"the line has more cells than the {self.width} headings.", remedy)
                continue
            for head, cell in zip(self.heads, cells, strict=False):
                if head in self.mapping.columns and FORMULA.match(cell):
                    remedy = "Paste the column as values and export it again."
                    self.report.fault(line, head, "the cell holds a formula or a spreadsheet error.", remedy)
            pupil = self._pupil(line, cells)
            if pupil is not None:
                for number, places in self.contacts.items():
                    self._contact(line, cells, pupil, number, places)
        doubt_names(self.report, [(pupil.forename, pupil.surname) for pupil in self.pupils.values()])
        if not self.pupils and not self.report.faults:
            self.report.fault(0, "", "the file holds no pupils.", "Export it again: without pupils nothing is held.")

    def _columns_suffice(self) -> bool:
        named = "name" in self.own or {"forename", "surname"} <= self.own.keys()
        if not named and not (self.partial and "upn" in self.own):
            remedy = "Export forename and surname, or say by a mapping where they are."
            self.report.fault(1, "", "no column holds the pupils' names.", remedy)
        if "school" not in self.own and not self.school:
            self.report.fault(0, "", "the file does not say which school it is of.", "Name the school.")
        orders = self.partial and any("order" in places for places in self.contacts.values())
        if not orders and not any("email" in places for places in self.contacts.values()):
            remedy = 'Export the contacts\' e-mail addresses, or say by a mapping which column is "contact 1 email".'
            self.report.fault(1, "", "no column holds the contacts' e-mail addresses.", remedy)
        for number, places in self.contacts.items():
            told = "responsibility" in places or number in self.parents or self.mapping.may_receive is not None
            if "email" in places and not told and not self.partial:
                remedy = "Export parental responsibility, or write may_receive = true (or false) in a mapping."
                head = self.heads[places["email"][0]]
                self.report.fault(1, head, "nothing says whether these contacts may receive.", remedy)
        return not self.report.faults

    def _value(self, cells: list[str], places: list[int]) -> str:
        return next((cells[place] for place in places if cells[place]), "")

    def _pupil(self, line: int, cells: list[str]) -> PupilKey | None:
        facts = {name: self._value(cells, places) for name, places in self.own.items()}
        full = facts.pop("name", "")
        if full and not (facts.get("forename") and facts.get("surname")):
            facts["forename"], facts["surname"] = split_name(full)
        if not (facts.get("forename") and facts.get("surname")) and not (self.partial and facts.get("upn")):
            remedy = "Every line needs one: take merged cells apart, so that each line names its pupil."
            self.report.fault(line, "", "the pupil's name is blank or has one word only.", remedy)
            return None
        facts.setdefault("forename", "")
        facts.setdefault("surname", "")
        born = self._date(line, facts.pop("date_of_birth", ""))
        upn = "".join(facts.pop("upn", "").split()).upper()
        made = hashlib.sha256(f"{facts['surname']}|{facts['forename']}|{born}".encode()).hexdigest()[:13]
        key = PupilKey(facts.pop("school", "") or self.school, facts.pop("pupil_id", "") or upn or made)
        known = self.pupils.get(key)
        if known is not None:
            same = (known.forename, known.surname, known.date_of_birth, known.upn)
            if same != (facts["forename"], facts["surname"], born, upn):
                message = f"the same pupil has another name, date of birth or UPN on line {self.lines[key]}."
                self.report.fault(line, "", message, "Correct one of the two.")
            return key
        checked_upn(self.report, line, "UPN", upn, self.upns)
        email = facts.get("email", "")
        check_addresses(self.report, line, "email", (email,) if email else ())
        self.lines[key] = line
        self.pupils[key] = Pupil(
            key.school,
            key.pupil,
            facts["forename"],
            facts["surname"],
            born,
            upn,
            uln=facts.get("uln", ""),
            middle_names=facts.get("middle_names", ""),
            preferred_forename=facts.get("preferred_forename", ""),
            preferred_surname=facts.get("preferred_surname", ""),
            former_surname=facts.get("former_surname", ""),
            year_group=facts.get("year_group", ""),
            registration_group=facts.get("registration_group", ""),
            address=home_of((cells[place] for place in self.own.get("address", ())), facts),
            postcode=facts.get("postcode", ""),
            email=email,
            candidate_number=facts.get("candidate_number", ""),
            uci=facts.get("uci", ""),
            nhs_number=facts.get("nhs_number", ""),
        )
        return key

    def _date(self, line: int, text: str) -> date | None:
        if not text:
            return None
        born = read_date(text, month_first=self.mapping.month_first)
        if born is None:
            remedy = "Write 9 March 2015 as 2015-03-09 or 09/03/2015."
            message = "this is not a date that exists."
            if is_day_number(text):
                message = "this is a spreadsheet's day number, not a date."
            self.report.fault(line, "date of birth", message, remedy)
        return born

    def _contact(self, line: int, cells: list[str], pupil: PupilKey, number: str, places: dict[str, list[int]]) -> None:
        facts = {name: self._value(cells, where) for name, where in places.items()}
        emails = [one for place in places.get("email", ()) for one in self._addresses(line, place, cells[place])]
        phones = [one for place in places.get("phone", ()) for one in self._phones(line, place, cells[place])]
        full = facts.get("name", "")
        forename, surname = facts.get("forename", ""), facts.get("surname", "")
        if full and not surname:
            forename, surname = split_name(full)
        if not (emails or forename or surname):
            return
        check_addresses(self.report, line, self.heads[(places.get("email") or [0])[0]], emails)
        responsible = self._truth(line, "responsibility", facts)
        priority = facts.get("priority", "")
        person = Person(
            forename,
            surname,
            facts.get("title", ""),
            tuple(dict.fromkeys(emails)),
            tuple(dict.fromkeys(phones)),
            home_of((cells[place] for place in places.get("address", ())), facts),
            facts.get("postcode", ""),
            says_order(facts.get("confidential", "")),
        )
        self.people.relate(
            pupil,
            person,
            facts.get("relationship", "") or ("" if number.isdigit() else number),
            responsible,
            self._may_receive(line, facts, number, responsible),
            int(priority) if priority.isascii() and priority.isdigit() else None,
        )

    def _addresses(self, line: int, place: int, cell: str) -> list[str]:
        if is_nothing(cell):
            self.report.warn(line, self.heads[place], "the cell says that there is no address.", "Leave it blank.")
            return []
        return addresses_in(cell)

    def _phones(self, line: int, place: int, cell: str) -> list[str]:
        if is_rounded(cell):
            remedy = "Format the column as text and export it again."
            self.report.warn(line, self.heads[place], "a spreadsheet has shortened the number.", remedy)
            return []
        return phones_in(cell)

    def _truth(self, line: int, name: str, facts: dict[str, str]) -> bool | None:
        text = facts.get(name)
        if text is None:
            return None
        said = says_yes(text)
        if said is None:
            self.report.fault(line, name, "the value is neither yes nor no.", "Write Y or N.")
        return said is True

    def _order(self, line: int, facts: dict[str, str]) -> bool:
        text = facts.get("order", "")
        found = says_order(text)
        if found and says_yes(text) is None:
            self.report.warn(line, "order", "the words were taken for an order.", "Write Y or N.")
        return found

    def _may_receive(self, line: int, facts: dict[str, str], number: str, responsible: bool | None) -> MayReceive:
        if self._order(line, facts):
            return MayReceive.ORDER
        wanted, unwanted = (self._truth(line, name, facts) for name in ("correspondence", "no_correspondence"))
        if responsible is None:
            said = self.mapping.may_receive
            responsible = number in self.parents if said is None else said
        return MayReceive.YES if responsible and wanted is not False and not unwanted else MayReceive.NO


def split_name(text: str) -> tuple[str, str]:
    """Return forename and surname of a full name; before a comma stands the surname, else it is the last word."""
    surname, comma, forename = text.partition(",")
    if comma:
        return forename.strip(), surname.strip()
    forename, _, surname = text.rpartition(" ")
    return forename.strip(), surname.strip()


def read_date(text: str, *, month_first: bool = False) -> date | None:
    """Return a date written year-month-day, or day, month (number or name) and year; None if it is none of these."""
    iso, spelt = ISO.fullmatch(text), SPELT.fullmatch(text)
    try:
        if iso:
            born = date(*(int(part) for part in iso.groups()))
        elif spelt:
            day, month, year = spelt.groups()
            if month_first and month.isdigit():
                day, month = month, day
            number = int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) + 1
            born = date(int(year), number, int(day))
        else:
            return None
    except ValueError:
        return None
    return born if 1900 <= born.year <= 2100 else None
