"""Header fields are text of the message; names of correspondents are not pupils."""

from datetime import date

import pytest

from mailguard.model import Contact, EvidenceKind, MayReceive, Pupil, Reading, Relationship, Roll, Segment, SegmentKind
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

AMA = Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3), upn="B801200005001", email="ama@pupils.example")
MOTHER = Contact("c1", "Abena", "Osei", emails=("Abena.Osei@gmail.com", "osei@ex\u00e4mple.test"))
ROLL = Roll((AMA,), (MOTHER,), (Relationship(AMA.key, "c1", may_receive=MayReceive.YES),))
INDEX = build_index(ROLL, parse_policy('[[school]]\ncode = "OAK"\n'))


def seen_in(header: str, text: str) -> list[str]:
    reading = Reading((Segment(text, (header,), SegmentKind.HEADER),))
    return [sighting.strength.value for sighting in recognise(reading, INDEX, "OAK").pupils]


@pytest.mark.parametrize(
    "field", ["Thread-Topic", "Comments", "Keywords", "X-Note", "Content-Description", "From", "Cc"]
)
@pytest.mark.parametrize("text", ["UPN B801200005001", "Ama Osei, date of birth 3 March 2015", "Ama Osei has epilepsy"])
def test_a_record_in_any_field_is_seen(field: str, text: str) -> None:
    assert seen_in(f"header {field}", text) == ["record"]


@pytest.mark.parametrize("field", ["From", "To", "Cc", "Reply-To", "Resent-To"])
def test_a_correspondent_may_share_a_pupils_name(field: str) -> None:
    assert seen_in(f"header {field}", "Ama Osei") == []


def test_a_name_in_a_free_text_field_is_a_mention() -> None:
    assert seen_in("header Thread-Topic", "Photo of Ama Osei") == ["mention"]


def test_the_subject_of_an_attached_message_and_a_page_header_are_read() -> None:
    for place in (("mail.eml", "subject"), ("report.docx", "page header")):
        reading = Reading((Segment("Ama Osei has epilepsy", place, SegmentKind.HEADER),))
        assert recognise(reading, INDEX, "OAK").pupils


@pytest.mark.parametrize(
    "address",
    ["AMA@Pupils.example", "ama+home@pupils.example", "abenaosei@gmail.com", "a.bena.osei+x@googlemail.com",
     "osei@EX\u00c4MPLE.test", "osei@xn--exmple-cua.test"],
)  # fmt: skip
def test_an_address_is_known_however_it_is_spelt(address: str) -> None:
    text = f"Please write to {address} from now on."
    seen = recognise(Reading((Segment(text, ("body",)),)), INDEX, "OAK").pupils
    assert [evidence.text for evidence in seen[0].evidence if evidence.kind is EvidenceKind.EMAIL] == [address]


def test_styled_letters_and_figures_are_letters_and_figures() -> None:
    text = "\U0001d4d0\U0001d4f6\U0001d4ea \U0001d40e\U0001d42c\U0001d41e\U0001d422, born \uff13 March 2015, has asthma"
    sighting = recognise(Reading((Segment(text, ("body",)),)), INDEX, "OAK").pupils[0]
    assert {evidence.kind for evidence in sighting.evidence} == {EvidenceKind.NAME, EvidenceKind.DOB}
    for evidence in sighting.evidence:
        assert text[evidence.start : evidence.end] == evidence.text
