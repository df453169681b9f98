"""Signatures, footers, disclaimers and courtesies say nothing of the child whom a message names."""

from datetime import date

import pytest

from mailguard.model import Pupil, Reading, Roll, Segment, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise
from mailguard.recognise.boilerplate import boilerplate
from mailguard.recognise.lexicon import default_lexicon

ROLL = Roll((Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3)), Pupil("OAK", "2", "Tobias", "Quist")))
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))

BELOW = [
    "Jo Hart\nAttendance Officer\nOak Tree Primary School",
    "Many thanks\nJo",
    "Best wishes\n\nMrs J Hart\nSENCO & Deputy Headteacher\n01632 960001",
    "Mrs J. Hart\nSchool Nurse",
    "Jo Hart (she/her)\nPupil Premium and SEND Administrator\nMon-Thu",
    "Jo Hart | Designated Safeguarding Lead | Oak Tree Academy",
    "Jo\nFirst Aid Lead",
    "-- \nJo Hart\nPastoral Manager / Behaviour Lead",
    "Sent from my iPhone",
    "This e-mail is confidential. If you are not the intended recipient please delete it and tell the sender.",
    "This email and any attachments may contain personal data. Any views expressed are those of the sender.",
    "Safeguarding is everyone's responsibility. If you are worried about a child call 01632 960999.",
    "To report an absence please ring 01632 960001 before 9am or email absence@oak.example.",
    "Oak Tree Primary School | Ofsted rated Good | Healthy Schools Gold | Inclusion Quality Mark",
    "I work part time (Mon-Wed) and may not see your message until my next working day.",
    "Our mental health helpline: 0800 000000. You are not alone.",
    "This message was sent by ParentMail. Log in to reply.",
    "Attendance matters! Every school day counts.",
    "Tel: 01632 960001\nEmail: jo@oak.example\nWeb: www.oak.example",
    "01632 960001 | www.oak.example",
    "Oak Tree Primary School, High Street, Newtown ZZ1 1AA\nUnsubscribe | Privacy policy",
    "This message is confidential. It may contain personal information on a pupil's health. Delete it if misdirected.",
    "If you are worried about a child who has been hurt, call 01632 960999.",
    "The office is closed on Friday. If you have any concerns about bullying please talk to us.",
    "Vacancies: SEN teaching assistant, midday supervisor. See our website.",
]
ABOVE = [
    "Oak Tree Primary School\nHigh Street, Newtown, ZZ1 1AA\nHeadteacher: Mrs A Poole\n\nDear Parent/Carer,",
    "Hello Mrs Brown, I hope you are well.",
    "Good morning everyone",
    "Please see below.",
    "Apologies for the late notice.",
]
MENTIONS = [
    "Ama Osei rings the bell on Friday",
    "Ama Osei took the minutes.",
    "The biggest conker belongs to Ama Osei.",
]
RECORDS = ["Ama Osei had a seizure in assembly", "Ama Osei has been absent 14 times since September."]


def _strengths(*paragraphs: str) -> set[Strength]:
    whole = tuple(Segment(text, ("body", f"paragraph {n}")) for n, text in enumerate(paragraphs))
    return {sighting.strength for sighting in recognise(Reading(whole), INDEX, "OAK").pupils}


@pytest.mark.parametrize("note", [*MENTIONS, *RECORDS])
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("footer", BELOW)
def test_what_stands_below_a_note_changes_nothing(footer: str, note: str, together: bool) -> None:
    wanted = {Strength.RECORD if note in RECORDS else Strength.MENTION}
    assert _strengths(*([f"{note}\n{footer}"] if together else [note, *footer.split("\n\n")])) == wanted


@pytest.mark.parametrize("note", [*MENTIONS, *RECORDS])
@pytest.mark.parametrize("head", ABOVE)
def test_what_stands_above_a_note_changes_nothing(head: str, note: str) -> None:
    assert _strengths(*head.split("\n\n"), note) == {Strength.RECORD if note in RECORDS else Strength.MENTION}


@pytest.mark.parametrize(
    "texts",
    [
        ("Kind regards\nJo Hart\nSENCO\nPS Ama Osei has been referred to CAMHS",),
        ("Thanks\nJo\nAma Osei is allergic to nuts.",),
        ("Ama Osei left early.", "Thanks\nJo", "She has been sick twice and may have a concussion."),
        ("Ama Osei left early.", "Thanks\nJo\nAllergies: nuts, eggs"),
        ("If you are worried about a child call 01632 960999. Ama Osei was seen with bruises on Monday.",),
        ("To report an absence please ring. Ama Osei has been absent 14 times.",),
        ("Thank you for your email about Ama Osei's exclusion.",),
        ("Ama Osei's new contact details:\nTel: 07700 900999\nEmail: osei@home.example",),
        ("Ama Osei\nTel: 07700 900999\nEmail: osei@home.example\nMobile: 07700 900998",),
        ("Ama Osei has moved, please use these numbers\nTel: 07700 900999\nMobile: 07700 900998",),
        ("Ama Osei", "Concern about a child: bruises on both arms, told the TA that dad did it."),
        ("Ama Osei\nAttendance 82%\nKind regards\nJo Hart\nAttendance Officer",),
        ("Jo Hart\nSchool Nurse\nSeen today:\nAma Osei, nits",),
        ("Ama Osei\nNot monitored at home and has been on a child protection plan since May.",),
        ("Ama Osei\nIf you have any concerns, the mother has been reported to social services again.",),
        ("Ama Osei\nWorking days missed: was excluded for three days for fighting.",),
        ("Ama Osei\nPlaced at the registered address of the refuge with mum.",),
        ("Ama Osei\nAttendance matters were discussed: 61% this term, fine to be issued.",),
        ("Ama Osei\nThis message is confidential. Diagnosed with epilepsy and ADHD. Takes medication daily.",),
        ("Ama Osei\nMessage is confidential: now on a child protection plan, removed from home on Friday.",),
        ("Ama Osei\nJust so you know, no longer living with mum.",),
        ("Ama Osei\nAs discussed: will not be coming back after half term, moving with dad.",),
        ("Ama Osei\nLet me know, cannot use the toilet alone.",),
        ("Ama Osei\nBest wishes\nAttendance 61%",),
        ("Ama Osei\nRegards\nReading 5y 2m\nSpelling 5y 0m",),
        ("Ama Osei\nBest wishes\nLives with: gran",),
        ("Ama Osei\nReceived in error another pupil's insulin and collapsed.",),
        ("I hope you are well. I write about Ama Osei, as we are worried about her attendance.",),
    ],
)
def test_what_tells_of_a_pupil_is_no_boilerplate(texts: tuple[str, ...]) -> None:
    assert Strength.RECORD in _strengths(*texts)


@pytest.mark.parametrize("note", [*MENTIONS, *RECORDS, "Ama Osei is at the front, hearing is worse on the left"])
@pytest.mark.parametrize(
    "matter",
    [
        "The boiler man comes on Tuesday.",
        "Assembly is at ten.",
        "There is cake in the staff room.",
        "The governors meet on the 5th.",
        "-----Original Message-----\nFrom: Jo Hart\nSubject: Hall\n\nCan we have the hall on Friday?",
        "On 3 March 2026 at 10:12, Jo Hart <jo@oak.example> wrote:\nCan you let me know about the hall?",
    ],
)
def test_another_matter_in_a_paragraph_of_its_own_changes_nothing(matter: str, note: str) -> None:
    assert _strengths(note, *matter.split("\n\n")) == {Strength.MENTION if note in MENTIONS else Strength.RECORD}


@pytest.mark.parametrize(
    "matter", ["The bruise is on the left arm.", "He says the boiler man hit him.", "Two tablets at noon."]
)
def test_what_may_be_a_record_goes_on_in_the_next_paragraph(matter: str) -> None:
    assert _strengths("Ama Osei is back from the trip.", matter) == {Strength.RECORD}


def test_a_sentence_that_names_a_pupil_or_says_he_or_she_is_kept() -> None:
    footer = Segment(
        "This email is confidential. Ama has asthma. He is not to be told. Tablets at noon. It was sent in error.",
        ("body",),
    )
    name = footer.text.index("Ama")
    found = boilerplate([footer], {0: [(name, name + 3)]}, default_lexicon())[0]
    assert [footer.text[low:high] for low, high in found] == [
        "This email is confidential.", "It was sent in error.",
    ]  # fmt: skip
