"""Record or mention, category by category and layout by layout."""

from datetime import date

import pytest

from mailguard.model import Category, Cell, Pupil, Reading, Roll, Segment, SegmentKind, Sighting, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

AMA = Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3), registration_group="4B")
KIT = Pupil("OAK", "2", "Kit", "Marlowe", date(2015, 4, 3), registration_group="4B")
ZOE = Pupil("OAK", "3", "Zoe", "Quist", date(2015, 5, 3), registration_group="5C")
SAM = Pupil("OAK", "004711", "Sam", "Example", date(2015, 6, 3), registration_group="5C")
INDEX = build_index(Roll((AMA, KIT, ZOE, SAM)), parse_policy('[[school]]\ncode = "OAK"\n'))


def sightings(*segments: Segment | str) -> dict[str, Sighting]:
    whole = tuple(
        s if isinstance(s, Segment) else Segment(s, ("body", f"paragraph {n}")) for n, s in enumerate(segments)
    )
    return {sighting.pupils[0].pupil: sighting for sighting in recognise(Reading(whole), INDEX, "OAK").pupils}


def row(number: int, heads: list[str], values: list[str], sheet: str = "S1") -> Segment:
    text, cells = "", []
    for column, (head, value) in enumerate(zip(heads, values, strict=True)):
        text += (" | " if text else "") + (f"{head}: " if head else "")
        cells.append(Cell("ABCDEF"[column], head, len(text), len(text) + len(value)))
        text += value
    return Segment(text, ("Book.xlsx", f'sheet "{sheet}"', f"row {number}"), SegmentKind.ROW, cells=tuple(cells))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Ama Osei has been diagnosed with epilepsy.", Category.MEDICAL),
        ("The annual review of Ama Osei's EHCP is on Monday.", Category.SEN),
        ("A MASH referral was made for Ama Osei.", Category.SAFEGUARDING),
        ("Ama Osei was given a detention.", Category.BEHAVIOUR),
        ("Ama Osei's attendance is 84%.", Category.ATTENDANCE),
        ("Report for Ama Osei: working towards the expected standard in maths.", Category.ATTAINMENT),
        ("Ama Osei is entitled to free school meals.", Category.FINANCE),
        ("Ama Osei, born 3 March 2015", Category.IDENTITY),
    ],
)
def test_every_category_makes_a_record(text: str, category: Category) -> None:
    sighting = sightings(text)["1"]
    assert sighting.strength is Strength.RECORD
    assert category in sighting.categories


@pytest.mark.parametrize(
    "texts",
    [
        ("Well done to Ama Osei, Kit Marlowe and Zoe Quist for their results at chess!",),
        ("Certificates for 100% attendance: Ama Osei, Kit Marlowe.",),
        ("Cast: Ama Osei, Kit Marlowe, Zoe Quist", "Inhalers must be in school. FSM forms are due."),
        ("Star of the week: Ama Osei. Congratulations!", "Persistent absence can lead to a penalty notice."),
        ("Ama Osei has no allergies.",),
        ("Trip groups: Ama Osei, Kit Marlowe", "Our school is committed to safeguarding."),
    ],
)
def test_news_is_a_mention(texts: tuple[str, ...]) -> None:
    seen = sightings(*texts)
    assert seen
    assert {sighting.strength for sighting in seen.values()} == {Strength.MENTION}


def test_one_line_of_a_newsletter_is_a_record_and_the_rest_is_not() -> None:
    seen = sightings("Well done to Ama Osei and Kit Marlowe!", "Zoe Quist has a severe nut allergy, so no nuts please.")
    assert {number: sighting.strength for number, sighting in seen.items()} == {
        "1": Strength.MENTION, "2": Strength.MENTION, "3": Strength.RECORD,
    }  # fmt: skip
    assert seen["1"].categories == ()
    assert Category.MEDICAL in seen["3"].categories


def test_rows_with_a_personal_column_are_records_and_each_keeps_its_own_categories() -> None:
    heads = ["Surname", "Forename", "Medical notes"]
    seen = sightings(row(2, heads, ["Osei", "Ama", "Asthma"]), row(3, heads, ["Quist", "Zoe", "None"]))
    assert seen["1"].strength is Strength.RECORD
    assert seen["1"].place == ("Book.xlsx", 'sheet "S1"', "row 2")
    assert Category.MEDICAL in seen["1"].categories


def test_team_sheets_are_mentions_unless_the_sheet_says_more() -> None:
    heads, values = ["Name", "Class", "Position"], ["Ama Osei", "4B", "Keeper"]
    assert sightings(row(2, heads, values))["1"].strength is Strength.MENTION
    assert sightings(row(2, heads, values, "SEN register"))["1"].strength is Strength.RECORD


def test_a_list_is_about_what_its_heading_says() -> None:
    seen = sightings("Detentions this Friday:\nAma Osei\nKit Marlowe\nZoe Quist")
    assert {sighting.strength for sighting in seen.values()} == {Strength.RECORD}


def test_a_subject_and_a_body_that_goes_on_about_the_forename() -> None:
    subject = Segment("Ama Osei", ("subject",), SegmentKind.HEADER)
    assert sightings(subject, "Ama was excluded for fighting.")["1"].strength is Strength.RECORD
    assert sightings(subject, "See you on Friday.")["1"].strength is Strength.MENTION


def test_a_parents_column_names_no_pupil() -> None:
    assert sightings(row(2, ["Parent", "Balance"], ["Ama Osei", "£4.00"])) == {}


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("Kit Marlowe shares a table with Ama Osei, who has a helper for her autism.", Strength.RECORD),
        ("Kit Marlowe is in the tent with Ama Osei, whose insulin is kept in the cool box.", Strength.RECORD),
        ("Kit Marlowe has a helper for his autism and shares a table with Ama Osei.", Strength.MENTION),
        ("Kit Marlowe shares a table with Ama Osei, so bring two pairs of scissors.", Strength.MENTION),
    ],
)
def test_a_companion_of_whom_something_is_told_is_no_mere_companion(text, strength):
    assert sightings(text)["1"].strength is strength


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Ama Osei - no nuts, no dairy", Category.MEDICAL),
        ("Gluten free meal for Ama Osei on Thursday please", Category.MEDICAL),
        ("Ama Osei is non-verbal and uses Makaton.", Category.SEN),
        ("Ama Osei WTS in writing, EXS in maths", Category.ATTAINMENT),
        ("Ama Osei is UASC and her age is disputed.", Category.SAFEGUARDING),
        ("Ama Osei absconded from the taxi.", Category.SAFEGUARDING),
        ("Ama Osei is on free lunches from now on.", Category.FINANCE),
        ("Ama Osei has leave to remain until June.", Category.SAFEGUARDING),
    ],
)
def test_words_of_school_life_make_a_record(text, category):
    sighting = sightings(text)["1"]
    assert (sighting.strength, category in sighting.categories) == (Strength.RECORD, True)


def under(subject: str, *body: str) -> Sighting:
    """Ama as she is seen in a message of this subject and text."""
    parts = [
        Segment(subject, ("subject",)),
        *(Segment(text, ("body", f"paragraph {n}")) for n, text in enumerate(body)),
    ]
    return sightings(*parts)["1"]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Ama Osei", "Off with impetigo, back when dry."),
        ("RE: Ama Osei 4B", "Late again, 9.40."),
        ("Ama Osei - Friday", "Dad is not to collect."),
        ("Ama Osei", "4B. Detention Friday."),
        ("Fwd: Ama Osei", "Mum rang, she will not be in."),
        ("Ama Osei", "Owes £12.50."),
    ],
)
def test_a_subject_that_is_a_pupils_name_heads_what_the_body_says(subject, text):
    assert under(subject, text).strength is Strength.RECORD


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Ama Osei", "See attached."),
        ("Ama Osei", "Please find the photo attached."),
        ("Ama Osei", "Could you pass this on to her please?"),
        ("Ama Osei", "You are down for cymbals. Rehearsal at 3.30."),
        ("Ama Osei", "Congratulations on the gold badge! Photo to follow."),
        ("Well done Ama Osei", "Off to hospital we go with our teddies for the bears' picnic."),
        ("Ama Osei sings at the summer fair", "The first aid tent is by the gate, detention is off for once."),
        ("Ama Osei", "Dear parents, the nurse comes on Monday for all of Year 4."),
    ],
)
def test_a_subject_with_a_pupils_name_is_no_record_of_itself(subject, text):
    assert under(subject, text).strength is Strength.MENTION


def test_a_body_that_names_another_is_not_headed_by_the_subject():
    whole = [Segment("Ama Osei", ("subject",)), Segment("Kit Marlowe is off with impetigo.", ("body", "paragraph 1"))]
    found = sightings(*whole)
    assert (found["1"].strength, found["2"].strength) == (Strength.MENTION, Strength.RECORD)


@pytest.mark.parametrize(
    ("subject", "text", "strength"),
    [
        ("Exam results", "Ama Osei: 9 8 8 7 7 6", Strength.RECORD),
        ("Quiz results", "Ama Osei: 9 8 8 7 7 6", Strength.MENTION),
        ("Photos", "No photo consent for Ama Osei please", Strength.RECORD),
        ("Portal", "Ama Osei, password Puffin", Strength.RECORD),
        ("Music", "Mr Lee is away on Tuesday so Ama Osei's lesson is on Thursday at 10.", Strength.MENTION),
        ("Music", "Mr Lee teaches on Tuesday but Ama Osei is away and misses her lesson.", Strength.RECORD),
        ("Music", "Ama Osei is doing the grade 3 exam on 4 December at 11.15.", Strength.MENTION),
        ("Music", "Ama Osei failed the grade 3 exam on 4 December with 91 marks.", Strength.RECORD),
        ("Clubs", "Your coach is ill, so Ama Osei leads the warm-up.", Strength.MENTION),
    ],
)
def test_what_the_school_says_day_by_day(subject, text, strength):
    assert under(subject, text).strength is strength


@pytest.mark.parametrize(
    "label", ["Adno", "Adm. No", "Adm No.", "MIS ID", "SIMS ID", "Admission #", "Admission number"]
)
def test_an_admission_number_is_known_by_every_label_it_has(label):
    assert sightings(row(2, [label, "Balance"], ["004711", "-12.40"])).keys() == {"004711"}


@pytest.mark.parametrize("heads", [["Lesson", "Time"], ["Votes"], ["Hoodie size"], ["Race", "1st"], ["Verse", "Page"]])
def test_columns_that_say_nothing_private_make_no_record(heads):
    values = ["4"] * len(heads)
    found = sightings(
        row(1, ["Pupil", *heads], ["Ama Osei", *values]), row(2, ["Pupil", *heads], ["Kit Marlowe", *values])
    )
    assert {sighting.strength for sighting in found.values()} == {Strength.MENTION}
