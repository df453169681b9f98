"""The recogniser end to end on a small invented roll."""

from datetime import date

import pytest

from mailguard.model import (
    Category,
    Contact,
    EvidenceKind,
    HeaderAddress,
    MayReceive,
    Pupil,
    Reading,
    Relationship,
    Roll,
    Segment,
    Sightings,
    Strength,
)
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

POLICY = parse_policy(
    '[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]\nphones = ["01632 960001"]\npostcodes = ["ZZ9 9ZZ"]\n'
)
AMA = Pupil(
    "OAK", "1", "Ama", "Osei", date(2015, 3, 3), upn="B801200005001", registration_group="4B",
    address="12 Acorn Road, Exampleton", postcode="ZZ1 2AB",
)  # fmt: skip
SEAN = Pupil("OAK", "2", "Seán", "O'Brien", date(2014, 5, 6), postcode="ZZ9 9ZZ")
JACK = Pupil("OAK", "3", "Jack", "Smith", date(2014, 5, 7))
OTHER_JACK = Pupil("OAK", "4", "Jack", "Smith", date(2013, 5, 7))
LIZ = Pupil("OAK", "5", "Elizabeth", "Smith-Jones", date(2013, 5, 8))
MOTHER = Contact(
    "c1", "Abena", "Osei", emails=("abena@home.example",), phones=("07700 900123", "01632 960001"), confidential=True
)
ROLL = Roll(
    (AMA, SEAN, JACK, OTHER_JACK, LIZ),
    (MOTHER,),
    (Relationship(AMA.key, "c1", "Mother", may_receive=MayReceive.YES),),
)
INDEX = build_index(ROLL, POLICY)


def see(*texts: str, school: str | None = "OAK") -> Sightings:
    segments = tuple(Segment(text, ("body", f"paragraph {n}")) for n, text in enumerate(texts, 1))
    return recognise(Reading(segments), INDEX, school, "office@oak.example")


def pupils(sightings: Sightings) -> list[set[str]]:
    return [{key.pupil for key in sighting.pupils} for sighting in sightings.pupils]


def test_a_form_is_a_record_with_its_evidence_and_categories() -> None:
    text = "Name: OSEI, Ama\nDOB: 3/3/15\nAddress: 12 Acorn Rd, ZZ1 2AB\nPhone: +44 7700 900123\nAllergies: nuts"
    seen = see(text)
    assert pupils(seen) == [{"1"}]
    sighting = seen.pupils[0]
    assert sighting.strength is Strength.RECORD
    assert Category.MEDICAL in sighting.categories
    kinds = {evidence.kind for evidence in sighting.evidence}
    assert kinds >= {EvidenceKind.NAME, EvidenceKind.DOB, EvidenceKind.POSTCODE, EvidenceKind.PHONE}
    for evidence in sighting.evidence:
        assert text[evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    "text",
    ["Ama Osei", "OSEI Ama", "Osei, Ama", "AMA OSEI", "ama osei", "Ama\u00a0Osei", "Ama\nOsei", "Ama Osei’s coat"],
)
def test_a_full_name_in_any_spelling_is_a_mention(text: str) -> None:
    seen = see(f"Well done {text} and everybody else!" if text != "ama osei" else text)
    assert pupils(seen) == [{"1"}]
    assert seen.pupils[0].strength is Strength.MENTION


@pytest.mark.parametrize(
    "text", ["Sean O’Brien", "SEÁN O'BRIEN", "Se\u0301an OBrien", "Sea\u0301n O' Brien", "O`Brien, Sean"]
)
def test_apostrophes_and_diacritics_do_not_matter(text: str) -> None:
    assert pupils(see(text)) == [{"2"}]


def test_namesakes_are_one_ambiguous_sighting_until_a_date_of_birth_decides() -> None:
    assert pupils(see("Jack Smith was in the play")) == [{"3", "4"}]
    assert pupils(see("Jack Smith, DOB: 07/05/2013, was in the play")) == [{"4"}]


def test_a_pupil_number_needs_no_name_and_an_unknown_one_needs_a_label() -> None:
    assert pupils(see("B801200005001")) == [{"1"}]
    assert [e.text for e in see("UPN: M80120000500A").unknown[0].evidence] == ["M80120000500A"]
    assert not see("ref M80120000500A").unknown


def test_the_schools_own_details_are_no_evidence() -> None:
    assert not see("Call 01632 960001 or write to us at ZZ9 9ZZ").pupils


def test_confidential_details_are_seen_in_text_and_in_headers() -> None:
    assert [c.contact_id for c in see("ring 07700 900 123").confidential] == ["c1"]
    reading = Reading(addresses=(HeaderAddress("Cc", "", "Abena@home.example"),))
    seen = recognise(reading, INDEX, "OAK")
    assert [(c.contact_id, c.place) for c in seen.confidential] == [("c1", ("header Cc",))]


def test_two_parts_are_two_sightings() -> None:
    segments = (Segment("Ama Osei", ("body",)), Segment("Ama Osei", ("report.txt",)))
    assert [s.place for s in recognise(Reading(segments), INDEX, "OAK").pupils] == [("body",), ("report.txt",)]
