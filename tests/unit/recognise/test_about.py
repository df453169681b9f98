"""A text that goes on about one pupil is a record whatever its words; what a school does in public is a mention."""

from datetime import date

import pytest

from mailguard.model import (
    Cell,
    Contact,
    HeaderAddress,
    MayReceive,
    Pupil,
    PupilKey,
    Reading,
    Relationship,
    Roll,
    Segment,
    SegmentKind,
    StaffMember,
    Strength,
)
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

AMA = Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3), registration_group="4B", address="3 Mill Lane, Millbeck")
KIT = Pupil("OAK", "2", "Kit", "Marlowe", date(2014, 5, 5), registration_group="4B")
ZOE = Pupil("OAK", "3", "Zoe", "Quist", date(2013, 7, 7), middle_names="Kit", registration_group="5A")
SAM = Pupil("OAK", "4", "Sam", "Osei", date(2017, 9, 9), registration_group="2C", address="3 Mill Lane, Millbeck")
FILL = tuple(Pupil("OAK", f"f{n}", f"Boy{chr(97 + n)}", f"Name{chr(97 + n)}", date(2012, 1, n + 1)) for n in range(26))
ROLL = Roll(
    (AMA, KIT, ZOE, SAM, *FILL),
    (Contact("c1", "Efua", "Osei", "Mrs", ("efua@example.org",)), Contact("c2", "Huda", "Azure", "Ms")),
    (
        Relationship(PupilKey("OAK", "1"), "c1", "mother", True, MayReceive.YES),
        Relationship(PupilKey("OAK", "2"), "c2", "mother", True, MayReceive.YES),
    ),
    (StaffMember("OAK", "kit@oak.example", "Kit", "Marlowe", "Mr"),),
)
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]\n'))


def seen(*texts: str | Segment, sender: str = "", names: tuple[str, ...] = ()) -> dict[str, Strength]:
    segments = tuple(t if isinstance(t, Segment) else Segment(t, ("body",)) for t in texts)
    headers = tuple(HeaderAddress("From", name, "x@oak.example") for name in names)
    found = recognise(Reading(segments, addresses=headers), INDEX, "OAK", sender).pupils
    return {"/".join(p.pupil for p in sighting.pupils): sighting.strength for sighting in found}


@pytest.mark.parametrize(
    "text",
    [
        "Dear Mrs Osei,\n\nI wanted you to hear this from me. Ama Osei took money from a bag. Please come in.",
        "Hi Efua, Ama Osei asked to stay near me all day.",
        "Ama Osei came in without breakfast again. She was very quiet.",
        "Our books show that £24.00 for Ama Osei is still open. Please settle it by Friday.",
        "Ama Osei will be collected by her aunt from now on, and by nobody else.",
        "Ama Osei (Y4) is on half days until further notice.",
        "ama osei had a bump at lunch, seems ok in herself now",
        "To the parents of Ama Osei: the hearing will go ahead as planned.",
        "We are writing about your daughter Ama Osei and the arrangements we spoke of.",
        "We have put Ama Osei down for the early slot with Mr Hill.",
        "I've written the letter to the housing people about Ama Osei, see below.",
        "Dear Mr Azure,\n\nThe school has a copy of what the judge decided concerning Ama Osei.",
        "Ama Osei sits by the door these days and watches the car park.",
        "Ama Osei can't keep up with the reading and knows it. Thanks for understanding.",
        "Ama Osei loses her prefect's badge after what happened on the bus.",
        "Ama Osei missed her violin lesson again on Tuesday; mum says she is not coping since dad left.",
        "Just so you know, Ama Osei had another wobble after lunch, mum says she's not sleeping.\n\nMr Hill",
        'It should read "Ama can be silly on the carpet. She is still learning to take turns." for Ama Osei.',
    ],
)
def test_a_note_on_one_child_is_a_record_without_any_term(text: str) -> None:
    assert seen(text) == {"1": Strength.RECORD}


@pytest.mark.parametrize(
    "text",
    [
        "Thank you to Ama Osei and her dad, who mended the shed door.",
        "Ama Osei will play the trumpet in assembly; she is playing two carols.",
        "Questions were set by Ama Osei for the quiz night.",
        "Your child will sit next to Ama Osei on the coach.",
        "Dear all, the concert is on 3 May. Ama Osei is singing, and families are welcome.",
        "Good luck to Ama Osei, who is running the marathon for charity. You can sponsor her.",
        "Ama Osei made the sign for the tuck shop. Come and see it in the hall any day.",
        "Three cheers for Ama Osei. The judges called her volcano the loudest in the county.",
        "Ama Osei grew the tallest sunflower.\n\nKind regards\nMr Hill, Deputy Head (Inclusion)",
        "Sports day is on 3 May. Ama Osei will carry the flag. Please send water and a hat.",
        "Ama Osei's violin lesson has moved to Tuesday at 10.30 this week only, as Mr Pell is away.",
        "Ama Osei has her drum lesson straight after registration, so she should go to the hall first.",
        "Music timetable change: Ama Osei now at 10.00, not 10.20.",
        "Thursday is quiz day. Ama Osei sets the questions. A nurse will talk about vaping.",
        'In the wonder box: "Why is the moon out in the day?" asked Ama Osei. Answers to 4B on a postcard.',
        "Parents may withdraw a child. This term we visit the mosque, where Ama Osei will show us round.",
    ],
)
def test_what_a_school_does_in_public_is_a_mention(text: str) -> None:
    assert seen(text) == {"1": Strength.MENTION}


def test_an_entry_of_a_log_is_a_record_and_one_of_an_award_is_not() -> None:
    log = "9:15 Ama Osei (4B) - wandering corridors, came back later\n9:40 Zoe Quist (5A) - hiding in the toilets"
    assert set(seen(log).values()) == {Strength.RECORD}
    awards = "Stars of the week\nAma Osei (4B) - for kind words at lunch\nZoe Quist (5A) - for great progress in art"
    assert set(seen(awards).values()) == {Strength.MENTION}


def test_a_list_of_deeds_is_no_log_until_one_line_is_private() -> None:
    deeds = "Seen in the hall\n\nAma Osei - held the gate\nKit Marlowe - picked up plates\nZoe Quist - wiped tables{}"
    assert set(seen(deeds.format("")).values()) == {Strength.MENTION}
    assert set(seen(deeds.format(" after being sick")).values()) == {Strength.RECORD}


def test_the_name_of_a_post_under_a_letter_is_nobodys_need() -> None:
    text = "Ama Osei and Mr Pell have dug up the\nfirst potatoes. Come and see.\n\n{}\n01632 960000"
    for post in ("Wilson\nSENDCo", "Wilson, SENDCo", "A Wilson | SENCo | Oakfield"):
        assert seen(text.format(post)) == {"1": Strength.MENTION}, post
    assert seen("Ama Osei is to see the SENDCo with her mother.") == {"1": Strength.RECORD}


def test_a_sentence_that_a_mail_program_broke_before_a_name_is_no_entry() -> None:
    text = "On the long walk back to the station we stopped, and there\nAma Osei - believe it or not - found a shop."
    assert seen(text)["1"] == Strength.MENTION


def test_lines_of_values_are_records_and_lines_of_names_are_not() -> None:
    assert set(seen("Student SS PR RA\nOsei, Ama 118 95 10:11\nQuist, Zoe 88 67 11:10").values()) == {Strength.RECORD}
    assert set(seen("Coach 1:\nAma Osei\nZoe Quist\nPlease be at the gate by 15:20.").values()) == {Strength.MENTION}


def test_a_birthday_beside_its_own_pupil_needs_no_label() -> None:
    assert seen("Ama Osei 03/03/2015") == {"1": Strength.RECORD}
    assert seen("Ama Osei 04/03/2015") == {"1": Strength.MENTION}


def test_a_heading_that_was_broken_over_two_lines_still_leads_its_list() -> None:
    text = (
        "Hi, the following still haven't got an asthma card on file,\ncould you chase before Friday\n"
        "- Ama Osei (4B)\n- Zoe Quist (5A)"
    )
    assert set(seen(text).values()) == {Strength.RECORD}


def row(number: int, heads: list[str], values: list[str]) -> Segment:
    text, cells = "", []
    for column, (head, value) in enumerate(zip(heads, values, strict=True)):
        text += (" | " if text else "") + head + ": "
        cells.append(Cell(chr(65 + column), head, len(text), len(text) + len(value)))
        text += value
    return Segment(text, ("Book.xlsx", f"row {number}"), SegmentKind.ROW, cells=tuple(cells))


def test_a_column_that_is_not_benign_by_its_heading_tells() -> None:
    for head in ("Phase", "Words read", "Cares for", "Notes for teacher", "SDQ total"):
        assert seen(row(2, ["Name", head], ["Ama Osei", "4"])) == {"1": Strength.RECORD}, head
    for head in ("Class", "Shirt no", "Part", "House", "Time", "Position", "House points", "Coach"):
        assert seen(row(2, ["Name", head], ["Ama Osei", "4"])) == {"1": Strength.MENTION}, head


def test_a_title_in_a_cell_makes_a_grown_up() -> None:
    assert seen(row(2, ["Date", "Paid for"], ["3 May", "Mrs Ama Osei"])) == {}
    assert seen(row(2, ["Room", "Invigilators"], ["Hall", "Ama Osei, Zoe Quist"])) == {}


def test_the_author_of_a_message_is_no_pupil() -> None:
    text = "Two pupils have inhalers. They come in a named bag. Thanks, Zoe Quist"
    assert seen(text, names=("Zoe Quist",)) == {}
    assert "3" in seen(text)


def test_a_namesake_on_the_staff_needs_more_than_the_name() -> None:
    assert seen("Kit Marlowe teaches music. For attendance ask Kit Marlowe.") == {}
    assert seen("Kit Marlowe was excluded.").get("2") is not Strength.RECORD
    assert seen("Name: Kit Marlowe\nDate of birth: 05/05/2014\nAttendance: 81%") == {"2": Strength.RECORD}


def test_whoever_has_the_forename_comes_before_whoever_has_it_as_middle_name() -> None:
    other = Pupil("OAK", "9", "Joy", "Marlowe", date(2013, 1, 1), middle_names="Kit")
    index = build_index(Roll((KIT, other)), parse_policy('[[school]]\ncode = "OAK"\n'))
    found = recognise(Reading((Segment("Name: Kit Marlowe\nAttendance: 81%", ("body",)),)), index, "OAK").pupils
    assert [[p.pupil for p in sighting.pupils] for sighting in found] == [["2"]]


def test_a_parent_named_in_full_completes_a_forename() -> None:
    assert seen("Ms Huda Azure rang. Kit is off again with tummy ache, the third Monday running.") == {
        "2": Strength.RECORD
    }


def test_a_birthday_tells_which_child_of_a_home_is_meant() -> None:
    found = seen("The child lives at 3 Mill Lane, Millbeck. Date of birth: 09/09/2017.")
    assert found == {} or list(found) == ["4"]
    with_post = seen("The child lives at 3 Mill Lane. Call 07700 900123. Date of birth: 09/09/2017.")
    assert "1" not in with_post


@pytest.mark.parametrize(
    "text",
    [
        "*Ama* *Osei* has asthma and epilepsy.",
        "Ama Osei\nMaths WTS\nReading EXS\nWriting WTS",
        "Ama Osei\nMaths: working towards\nReading: expected",
    ],
)
def test_bold_words_of_plain_mail_and_a_card_of_codes_are_a_record(text: str) -> None:
    assert seen(text) == {"1": Strength.RECORD}


def test_a_star_before_a_name_is_a_bullet() -> None:
    assert seen("Squad: Zed Ama * Osei is the goal keeper's brand") == {}


def test_first_and_last_head_names() -> None:
    row = "First: Ama | Last: Osei | FSM: Y"
    cells = (Cell("A", "First", 7, 10), Cell("B", "Last", 19, 23), Cell("C", "FSM", 31, 32))
    assert seen(Segment(row, ("body", "table 1", "row 2"), SegmentKind.ROW, cells=cells)) == {"1": Strength.RECORD}
