"""What schools write about pupils, before it becomes a file: forms, reports, letters and lists of an invented trust."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailguard.demo.trust import Family, School
from mailguard.model import Pupil

SUBJECTS = ("English", "Mathematics", "Science", "History", "Geography", "Art", "Computing", "Music")
GRADES = ("Working at greater depth", "Working at the expected standard", "Working towards the expected standard")
CONDITIONS = (
    "Asthma: blue inhaler kept in the office",
    "Severe nut allergy: two EpiPens in the medical room",
    "Type 1 diabetes: insulin before lunch",
    "Epilepsy: rescue medication, see care plan",
)
INCIDENTS = (
    "pushed another child off the climbing frame",
    "swore at a member of staff and left the lesson",
    "was found smoking behind the sports hall",
    "threw a chair during the afternoon lesson",
)
NEEDS = ("speech and language", "dyslexia", "social, emotional and mental health", "autism spectrum condition")


@dataclass(frozen=True, slots=True)
class Paper:
    """One document as its writer thinks of it: `fields` are the lines of a form, `heads` and `rows` a table."""

    stem: str
    title: str
    fields: tuple[tuple[str, str], ...] = ()
    paragraphs: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def full_name(pupil: Pupil) -> str:
    """Forename and surname."""
    return f"{pupil.forename} {pupil.surname}"


def listed_name(pupil: Pupil) -> str:
    """The name as registers write it."""
    return f"{pupil.surname}, {pupil.forename}"


def born(pupil: Pupil, style: str = "%d/%m/%Y") -> str:
    """Date of birth as text."""
    return pupil.date_of_birth.strftime(style) if pupil.date_of_birth else ""


def information_form(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """The form that schools send home once a year to be checked."""
    contact = family.contacts[0]
    name = rng.choice(
        (("Name", full_name(pupil)), ("Pupil name", listed_name(pupil)), ("Child's name", full_name(pupil)))
    )
    fields = (
        name,
        ("Date of birth", born(pupil, rng.choice(("%d/%m/%Y", "%d %B %Y", "%Y-%m-%d")))),
        ("Class", pupil.registration_group),
        ("Home address", f"{pupil.address}, {pupil.postcode}"),
        ("Emergency contact", f"{contact.title} {contact.forename} {contact.surname}"),
        ("Telephone", contact.phones[0]),
        ("Medical conditions", rng.choice(CONDITIONS)),
    )
    note = f"Please check the details that {school.name} holds, correct them in ink and return the form."
    return Paper("Information form", "Pupil information form", fields, (note,))


def report(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """An end-of-term report."""
    fields = (("Pupil", full_name(pupil)), ("Date of birth", born(pupil)), ("Class", pupil.registration_group))
    rows = tuple((subject, rng.choice(GRADES), rng.choice("ABC")) for subject in rng.sample(SUBJECTS, 5))
    comment = f"{pupil.forename} has worked hard this term and should now read every evening."
    return Paper(
        "Report", f"{school.name}: autumn report", fields, (comment,), ("Subject", "Attainment", "Effort"), rows
    )


def attendance_letter(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """A letter about too many absences."""
    missed = rng.randrange(9, 24)
    fields = (("Re", full_name(pupil)), ("DOB", born(pupil)), ("Form", pupil.registration_group))
    text = (
        f"I write about {pupil.forename}'s attendance, which is {100 - missed}.{rng.randrange(10)} % this term. "
        f"There were {missed} unauthorised absences. We may have to refer this to the education welfare officer."
    )
    return Paper("Attendance letter", "Attendance", fields, (text, "Please telephone the office to arrange a meeting."))


def behaviour_letter(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """A letter about an incident."""
    fields = (("Pupil name", full_name(pupil)), ("UPN", pupil.upn), ("Year", pupil.year_group))
    text = (
        f"On Tuesday {pupil.forename} {rng.choice(INCIDENTS)}. This was a serious breach of our behaviour policy "
        "and led to a fixed-term exclusion of one day."
    )
    return Paper("Incident", "Record of a behaviour incident", fields, (text,))


def support_plan(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """A plan of special educational needs support."""
    fields = (
        ("Name of pupil", full_name(pupil)),
        ("Date of birth", born(pupil, "%d.%m.%Y")),
        ("SEN need", rng.choice(NEEDS)),
        ("Address", f"{pupil.address} {pupil.postcode}"),
    )
    text = f"SEN support: {pupil.forename} works with the learning mentor for {rng.randrange(2, 6)} hours a week."
    return Paper(
        "Support plan", "Individual SEN support plan", fields, (text, "Next review: before the spring half-term.")
    )


def fee_letter(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """A reminder of money owed."""
    fields = (
        ("Pupil", full_name(pupil)),
        ("UPN", pupil.upn),
        ("Date of birth", born(pupil)),
        ("Outstanding balance", f"£{rng.randrange(12, 90)}.{rng.choice(('00', '50', '75'))}"),
    )
    text = "The dinner money account is in arrears. Free school meals can be applied for at the office."
    return Paper("Account", "Dinner money: balance owed", fields, (text,))


def care_plan(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """An individual healthcare plan."""
    fields = (
        ("Child", full_name(pupil)),
        ("D.O.B.", born(pupil)),
        ("Group", pupil.registration_group),
        ("Diagnosis", rng.choice(CONDITIONS)),
        ("Parent's telephone", family.contacts[0].phones[0]),
    )
    return Paper("Care plan", "Individual healthcare plan", fields, ("Staff trained in giving this medication: two.",))


RECORDS: tuple[Callable[[random.Random, School, Family, Pupil], Paper], ...] = (
    information_form,
    report,
    attendance_letter,
    behaviour_letter,
    support_plan,
    fee_letter,
    care_plan,
)


def safeguarding_referral(rng: random.Random, school: School, family: Family, pupil: Pupil) -> Paper:
    """A referral to children's social care."""
    fields = (
        ("Child's name", full_name(pupil)),
        ("Date of birth", born(pupil)),
        ("Address", f"{pupil.address}, {pupil.postcode}"),
    )
    text = (
        f"Safeguarding concern: {pupil.forename} told the designated safeguarding lead that there is no food at home."
    )
    return Paper("Referral", "Child protection referral", fields, (text,))


# --- lists of many pupils ---------------------------------------------------------------------------------------


def marks_list(rng: random.Random, pupils: Sequence[Pupil]) -> Paper:
    """Marks of a test."""
    rows = tuple(
        (p.surname, p.forename, p.registration_group, str(rng.randrange(20, 100)), rng.choice("ABCDE")) for p in pupils
    )
    return Paper("Marks", "Test marks", heads=("Surname", "Forename", "Class", "Mark", "Grade"), rows=rows)


def register(rng: random.Random, pupils: Sequence[Pupil]) -> Paper:
    """A class list with identity data."""
    rows = tuple((listed_name(p), born(p), p.upn, p.postcode) for p in pupils)
    return Paper("Register", "Class register", heads=("Name", "DOB", "UPN", "Postcode"), rows=rows)


def medical_list(rng: random.Random, pupils: Sequence[Pupil]) -> Paper:
    """A list of conditions for a trip."""
    rows = tuple((full_name(p), p.registration_group, rng.choice(CONDITIONS)) for p in pupils)
    return Paper("Medical needs", "Medical needs for the trip", heads=("Pupil", "Class", "Medical"), rows=rows)


def behaviour_log(rng: random.Random, pupils: Sequence[Pupil]) -> Paper:
    """A log of incidents, with special needs beside."""
    rows = tuple((full_name(p), p.year_group, rng.choice(INCIDENTS), rng.choice(("K", "E", "N"))) for p in pupils)
    return Paper("Behaviour log", "Behaviour log", heads=("Pupil", "Year", "Incident", "SEN status"), rows=rows)


LISTS: tuple[Callable[[random.Random, Sequence[Pupil]], Paper], ...] = (
    marks_list,
    register,
    medical_list,
    behaviour_log,
)


# --- papers about nobody ----------------------------------------------------------------------------------------


def trip_letter(rng: random.Random, school: School) -> Paper:
    """A letter to every family that names no pupil."""
    cost = f"The cost is £{rng.randrange(6, 30)}.50 a child, payable online by Friday week."
    text = (
        "We are taking the whole year to the castle on Thursday. Coaches leave at 8.45 and are back by half past three."
    )
    fields = (("Bring", "packed lunch, waterproof coat"), ("Telephone", school.phone), ("Postcode", school.postcode))
    return Paper("Trip letter", f"{school.name}: a day at the castle", fields, (text, cost))


def menu(rng: random.Random, school: School) -> Paper:
    """The dinner menu of a week."""
    dishes = rng.sample(
        ("Shepherd's pie", "Pasta bake", "Fish fingers", "Vegetable curry", "Jacket potato", "Lasagne"), 5
    )
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    return Paper("Menu", "Dinner menu", heads=("Day", "Main dish"), rows=tuple(zip(days, dishes, strict=True)))


def newsletter(rng: random.Random, school: School, pupils: Sequence[Pupil]) -> Paper:
    """A newsletter that mentions pupils as every school's does."""
    named = ", ".join(full_name(p) for p in pupils[:-1]) + f" and {full_name(pupils[-1])}"
    happening = rng.choice(
        (
            f"Well done to our cross-country team, {named}, who ran in the mud at the county park on Saturday.",
            f"The winter play stars {named}. Tickets are on sale at the office.",
            f"Congratulations to {named}, whose poems were read out in assembly.",
        )
    )
    other = "The car park is closed on Wednesday. Please label coats and jumpers."
    return Paper("Newsletter", f"{school.name} newsletter", paragraphs=(happening, other))
