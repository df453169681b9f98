"""Names that are hard to find, and words that are not names."""

from datetime import date
from itertools import product

import pytest

from mailguard.model import Contact, MayReceive, Pupil, Reading, Relationship, Roll, Segment, SegmentKind, StaffMember
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise


def pupil(number: int, forename: str, surname: str, group: str = "4B", **more: object) -> Pupil:
    born = date(2014, 1, 1 + number % 28)
    return Pupil("OAK", str(number), forename, surname, born, registration_group=group, **more)  # type: ignore[arg-type]


NAMED = [
    pupil(1, "Elizabeth", "Featherstone"),
    pupil(2, "Mohammed", "Chaudhry"),
    pupil(3, "Ama", "Osei", middle_names="Kofi"),
    pupil(4, "Wojciech", "Kowalski"),
    pupil(5, "Noah", "Smith-Jones"),
    pupil(6, "Lotte", "van der Berg"),
    pupil(7, "Bo", "Xu"),
    pupil(8, "Grace", "Hill", "5A"),
    pupil(9, "Summer", "Day", "5A"),
    pupil(10, "Jürgen", "Müller"),
    pupil(11, "Anna", "Nowak", former_surname="Zielinska", preferred_forename="Ania"),
    Pupil("OAK", "12", "Ali", "Khan", date(2013, 5, 5), postcode="ZZ3 3AA"),
    Pupil("OAK", "13", "Zara", "Khan", date(2013, 5, 5), postcode="ZZ3 3AA"),
    pupil(14, "Conor", "O'Donnell"),
    pupil(15, "Tom", "Fitzgerald"),
    pupil(16, "Jack", "Fletcher"),
    pupil(17, "Lee", "Wu"),
    pupil(18, "Lee", "Fletcher", "1A"),
]
GIVEN = [a + b for a in ("Ker", "Lod", "Mab", "Pel") for b in ("rin", "dan", "vi")]
FAMILY = [a + b for a in ("Tro", "Wes", "Gar") for b in ("ver", "lin", "mond")]
CROWD = [pupil(100 + n, given, family, f"{n % 7}C") for n, (given, family) in enumerate(product(GIVEN, FAMILY))]
MOTHER = Contact("c1", "Abena", "Mensah", "Mrs", phones=("07700 900123",))
ROLL = Roll(
    tuple(NAMED + CROWD),
    (MOTHER,),
    (Relationship(NAMED[2].key, "c1", "Mother", may_receive=MayReceive.YES),),
    (StaffMember("OAK", "g.hill@oak.example", "Grace", "Hill", "Miss"),),
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def seen(text: str, kind: SegmentKind = SegmentKind.BODY) -> set[str]:
    sightings = recognise(Reading((Segment(text, ("body",), kind),)), INDEX, "OAK").pupils
    for sighting in sightings:
        for evidence in sighting.evidence:
            assert text[evidence.start : evidence.end] == evidence.text
    return {key.pupil for sighting in sightings for key in sighting.pupils}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("We met Liz Featherstone today.", "1"),
        ("We met Muhammad Chaudhry today.", "2"),
        ("We met Ama Kofi Osei today.", "3"),
        ("We met O S E I  A M A today.", "3"),
        ("We met Ama\nOsei today.", "3"),
        ("We met Wojciech Kowal-\nski today.", "4"),
        ("We met Wojciech Kowalsky today.", "4"),
        ("We met Noah Smith today.", "5"),
        ("We met Noah SmithJones today.", "5"),
        ("We met Lotte Vanderberg today.", "6"),
        ("We met Lotte van der Berg today.", "6"),
        ("We met Bo Xu today.", "7"),
        ("We saw that Grace Hill was kind.", "8"),
        ("Juergen Mueller ran.", "10"),
        ("Jurgen Muller ran.", "10"),
        ("Ania Zielinska ran.", "11"),
        ("Conor O’Donnell’s coat", "14"),
        ("CONOR ODONNELL", "14"),
        ("J.F. (4B) was late.", "16"),
        ("W Kowalski (4B) was late.", "4"),
        ("Ama in 4B was late.", "3"),
        ("Ama's mum is on 07700 900123.", "3"),
        ("Dear Mrs Mensah,\nAma was late.", "3"),
        ("Surname: Osei\nForename: Ama", "3"),
    ],
)
def test_hard_names(text: str, number: str) -> None:
    assert number in seen(text)


def test_the_twins_are_both() -> None:
    assert seen("The Khan twins were late.") == {"12", "13"}


@pytest.mark.parametrize("name", ["Osei_Ama_report.pdf", "OseiAmaReport.pdf", "report-ama-osei.docx", "ama.osei.pdf"])
def test_file_names(name: str) -> None:
    assert seen(name, SegmentKind.FILE_NAME) == {"3"}


@pytest.mark.parametrize(
    "text",
    [
        "Summer Day Trip: please bring a coat.",
        "The grace before lunch; the hill behind.",
        "Dear Miss Grace Hill,",
        "Kind regards\nGrace Hill\nClass teacher",
        "Ama",
        "Noah Clarke-Brown in 4C ran.",
        "Please call 4B about the trip.",
    ],
)
def test_what_is_no_pupil(text: str) -> None:
    assert seen(text) == set()


def test_a_list_makes_no_third_name_of_two() -> None:
    assert seen("We thank Jack Fletcher, Lee Wu and others.") == {"16", "17"}


@pytest.mark.parametrize(
    "text",
    [
        "Name: Ama\nSurname: Osei\nMedical: asthma",
        "Christian name: Ama\nSurname: Osei\nMedical: asthma",
        "Pupil surname\nOsei\nPupil forename\nAma\nMedical\nasthma",
        "First name:\nAma\nLast name:\nOsei\n",
        "Surname: Osei\nForename: Ama\n",
    ],
)
def test_halves_under_labels_of_their_own_are_one_name(text: str) -> None:
    assert seen(text) == {"3"}


@pytest.mark.parametrize("text", ["Name: Ama Kowalski\nSurname: Osei\n", "Ama\nwas here\nOsei\nwas there\n"])
def test_halves_without_labels_are_no_name(text: str) -> None:
    assert "3" not in seen(text)
