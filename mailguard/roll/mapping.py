"""What the columns of a school system's export mean: told by a saved mapping, or seen by their headings.

A target is written "surname" (of the pupil) or "contact 2 email" (of the second contact; the number or word in the
middle only keeps the columns of one contact together). Schools' systems let everybody name their own reports, so the
headings known here are synonyms that SIMS, Arbor, Bromcom and ScholarPack exports were seen with.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailguard.roll.homes import PARTS
from mailguard.roll.problems import Problem, RollError

PUPIL = {
    "school": "school|school code",
    "pupil_id": "adno|admission number|admission no|student id|pupil id|mis id|person id|system id|unique id",
    "upn": "upn|unique pupil number",
    "uln": "uln|unique learner number",
    "uci": "uci|uci number|exam uci number",
    "candidate_number": "candidate number|exam number|candidate no",
    "nhs_number": "nhs number|nhs no",
    "name": "name|full name|pupil name|student name|pupil|student|child|child name|legal full name",
    "forename": "forename|first name|firstname|legal forename|legal first name|given name|givenname",
    "surname": "surname|last name|lastname|legal surname|legal last name|family name|familyname",
    "middle_names": "middle names|middle name|middlename|middle name s",
    "preferred_forename": "preferred forename|preferred first name|preferred name|known as|chosen forename|chosen name",
    "preferred_surname": "preferred surname|preferred last name|chosen surname",
    "former_surname": "former surname|previous surname|birth surname",
    "date_of_birth": "dob|date of birth|birth date|birthdate|d o b",
    "year_group": "year|year group|yeargroup|nc year|ncyear|national curriculum year|year taught in|curriculum year",
    "registration_group": "reg|reg group|registration group|registration form|form|form group|tutor group|class|"
    "class name",
    "address": "address|home address|full address|address block|address line|address lines|home address line",
    "apartment": "apartment|apartment number|flat|flat number|flat no|sub dwelling|saon",
    "house_name": "house name|building name|property name",
    "house_number": "house number|house no|building number|house name number|house number name|house no name|paon",
    "street": "street|street name|street description|road",
    "locality": "locality|district",
    "town": "town|city|town city|post town",
    "county": "county|administrative area",
    "postcode": "postcode|post code|home postcode",
    "email": "email|email address|e mail|school email",
}
CONTACT = {
    "id": "id|person id",
    "name": "name|full name",
    "title": "title",
    "forename": PUPIL["forename"],
    "surname": PUPIL["surname"],
    "relationship": "relationship|relation|relationship to pupil|relationship to student|type",
    "email": f"{PUPIL['email']}|home email|primary email|work email|other email|main email|emails",
    "phone": "phone|telephone|mobile|mobile number|mobile phone|phone number|telephone number|main telephone|"
    "main phone|home phone|home telephone|work phone|work telephone|day telephone|daytime phone|landline",
    **{name: PUPIL[name] for name in ("address", *PARTS, "postcode")},
    "responsibility": "responsibility|parental responsibility|has parental responsibility|pr|legal responsibility",
    "priority": "priority|order|contact order",
    "confidential": "confidential|confidential address|address confidential|do not disclose|address withheld",
    "order": "court order|court orders|court order restricted access|restricted access|no contact|court order in place|"
    "court order flag|court order details|order in place|injunction|legal restriction|access restricted|restricted",
    "correspondence": "correspondence|receives correspondence|receive correspondence|send correspondence|may receive|"
    "receives mail|receives reports|receive reports|send reports|include in correspondence",
    "no_correspondence": "no correspondence|do not contact|do not mail|do not send|no mail|do not send correspondence",
}
PARENT = frozenset(("parent", "guardian", "mother", "father", "mum", "dad"))
CONTACT_WORDS = PARENT | {"contact", "carer", "emergency", "relation", "primary"}
# Columns that are a contact's even where the heading does not say whose: nobody else has them.
CONTACTS_OWN = frozenset(
    (
        *("relationship", "responsibility", "order", "priority", "phone", "confidential"),
        *("correspondence", "no_correspondence"),
    )
)
PUPIL_WORDS = frozenset(("pupil", "student", "child", "learner", "legal"))
IGNORED = frozenset(
    (
        *("lives with pupil", "lives with student", "parental salutation", "salutation", "addressee", "gender", "sex"),
        *("house", "house group", "ethnicity", "religion", "age", "first language", "sen status", "fsm"),
        *("free school meals", "pupil premium", "enrolment status", "photo"),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """What one column means: a field of the pupil (`contact` blank) or of one of the contacts."""

    field: str
    contact: str = ""
    parent: bool = False

    def __str__(self) -> str:
        return f"contact {self.contact} {self.field}" if self.contact else self.field


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read an export. `columns` maps headings to targets; a heading that is not there is not read. A contact
    without a column on parental responsibility may receive if `may_receive`; None: only those headed as parents."""

    columns: dict[str, Target] = field(default_factory=dict)
    school: str = ""
    may_receive: bool | None = None
    month_first: bool = False


def guess(headings: Iterable[str]) -> Mapping:
    """Return the mapping that the headings themselves suggest; what is not understood is left out."""
    found = {heading: target for heading in headings if (target := _guess(heading)) is not None}
    # Where "Pupil surname" stands beside "Surname", the second is somebody else's.
    told = {target.field for heading, target in found.items() if PUPIL_WORDS.intersection(words_of(heading))}
    for heading, target in found.items():
        plain = not target.contact and not PUPIL_WORDS.intersection(words_of(heading))
        if plain and target.field in told and target.field in CONTACT:
            found[heading] = Target(target.field, "1")
    return Mapping(found)


def _synonyms(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split("|")}


_PUPIL = _synonyms(PUPIL)
_CONTACT = _synonyms(CONTACT)


def words_of(heading: str) -> list[str]:
    """Return a heading's words, small, without punctuation, "e-mail" and "mother's" as one word."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)", " ", heading).lower()
    text = re.sub(r"\be[- ]mail\b", "email", re.sub(r"['’]s?\b", "", text))
    text = re.sub(r"\b(address[ _-]*line)[ _-]*\d\b", r"\1", text)  # the lines of one address, and no contact's number
    return re.findall(r"[a-z]+|\d+", text)


def _guess(heading: str) -> Target | None:
    words = words_of(heading)
    joined = " ".join(words)
    if joined in IGNORED:
        return None
    if joined in _PUPIL:
        return Target(_PUPIL[joined])
    owners = [word for word in words if word in CONTACT_WORDS or word.removesuffix("s") in PARENT]
    rest = " ".join(word for word in words if word not in owners and not word.isdigit()).removeprefix("priority ")
    number = next((word for word in words if word.isdigit()), "1")
    if owners:
        if joined in _CONTACT:
            return Target(_CONTACT[joined], number)
        named = next((word for word in owners if word in ("mother", "father", "mum", "dad")), number)
        found = "name" if not rest else _CONTACT.get(rest)
        return Target(found, named, not PARENT.isdisjoint(owners)) if found else None
    if joined in _CONTACT and _CONTACT[joined] == "email":
        return Target("email", number)
    own = " ".join(word for word in words if word not in PUPIL_WORDS)
    if own in _PUPIL:
        return Target(_PUPIL[own])
    if _CONTACT.get(rest) in CONTACTS_OWN:
        return Target(_CONTACT[rest], number)
    return None


def parse_mapping(text: str, name: str = "mapping.toml") -> Mapping:
    """Read a saved mapping. Raises RollError with every fault found."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RollError([Problem(name, 0, "", f"this is not TOML: {error}.")]) from None
    problems = [
        Problem(name, 0, key, "this key is not known.", "Known are school, may_receive, month_first and columns.")
        for key in sorted(table.keys() - {"school", "may_receive", "month_first", "columns"})
    ]
    columns = table.get("columns", {})
    targets: dict[str, Target] = {}
    for heading, text_ in (columns if isinstance(columns, dict) else {}).items():
        target = _target(text_) if isinstance(text_, str) else None
        if target is None:
            remedy = f'Write a field such as {", ".join(list(PUPIL)[:4])}, or "contact 1 email".'
            problems.append(Problem(name, 0, heading, "this is no field of a pupil or contact.", remedy))
        else:
            targets[heading] = target
    if not targets:
        problems.append(Problem(name, 0, "columns", "no column is mapped.", 'Write "Legal Surname" = "surname".'))
    for key, kind in (("school", str), ("may_receive", bool), ("month_first", bool)):
        if key in table and not isinstance(table[key], kind):
            problems.append(Problem(name, 0, key, "the value is of the wrong type.", f"A {kind.__name__} is wanted."))
    if problems:
        raise RollError(problems)
    return Mapping(targets, table.get("school", ""), table.get("may_receive"), table.get("month_first", False))


def _target(text: str) -> Target | None:
    match text.split():
        case [name] if name in PUPIL:
            return Target(name)
        case [("contact" | "parent") as word, number, name] if name in CONTACT:
            return Target(name, number, word == "parent")
        case _:
            return None


def render_mapping(mapping: Mapping) -> str:
    """Write a mapping as TOML, to be kept, corrected and given again."""
    lines = []
    if mapping.school:
        lines.append(f"school = {json.dumps(mapping.school)}")
    if mapping.may_receive is not None:
        lines.append(f"may_receive = {json.dumps(mapping.may_receive)}")
    if mapping.month_first:
        lines.append("month_first = true")
    lines += ["", "[columns]"] if lines else ["[columns]"]
    for heading, target in mapping.columns.items():
        word = str(target).replace("contact ", "parent ", 1) if target.parent else str(target)
        lines.append(f"{json.dumps(heading)} = {json.dumps(word)}")
    return "\n".join(lines) + "\n"
