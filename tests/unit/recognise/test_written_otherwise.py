"""What is told of a pupil does not hang on where it is written: an item, a chat, a quotation, a cell, capitals."""

from datetime import date
from email.message import EmailMessage

import pytest

from mailguard.extract import read_message
from mailguard.model import Pupil, Roll, Strength
from mailguard.policy import parse_policy
from mailguard.recognise import build_index, recognise

INDEX = build_index(
    Roll((Pupil("OAK", "1", "Ama", "Osei", date(2015, 3, 3)), Pupil("OAK", "2", "Tobias", "Quist"))),
    parse_policy('[[school]]\ncode = "OAK"\n'),
)
RECORDS = [
    "Ama Osei has lost her hair and would like to wear a hat indoors",
    "Ama Osei hasn't eaten anything but crackers since Monday.",
    "Ama Osei bangs her head when told no.",
]
MENTIONS = [
    "Ama Osei lost a shoe in the bog and finished third all the same.",
    "Ama Osei and Tobias Quist found a hedgehog by the bins.",
    "Intercessions: Ama Osei",
    "Ama Osei rings the bell on Friday",
]
TEXTS = {
    "item": "A few things:\n\n- Order paper\n- {}\n- Book the hall for Friday",
    "starred item": "* Order paper\n* {}\n* Book the hall for Friday",
    "numbered item": "1. Order paper\n2. {}\n3. Book the hall for Friday",
    "minutes": "3. Any other business\n{}\n\n4. Date of next meeting: Monday",
    "chat": "JH: {}\nAP: ok thanks",
    "quotation": "See below.\n\n> {}\n",
    "label": "Message: {}",
    "initials of the writer": "{} JH",
    "aside": "{}\nFYI",
    "lead": "Please note that {}",
    "other lead": "As you know, {}",
    "courtesy": "{}\nJust so you know.",
    "other courtesy": "{}\nLet me know what you think.",
}


def _strengths(text: str, page: str = "", subject: str = "School") -> set[Strength]:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "office@oak.example", "family@home.example", subject
    mail.set_content(page or text, subtype="html" if page else "plain")
    return {sighting.strength for sighting in recognise(read_message(mail.as_bytes()), INDEX, "OAK").pupils}


def _table(*cells: str) -> str:
    rows = zip(cells[::2], cells[1::2], strict=True)
    return "<table>" + "".join(f"<tr><td>{first}</td><td>{second}</td></tr>" for first, second in rows) + "</table>"


@pytest.mark.parametrize("note", RECORDS)
@pytest.mark.parametrize("where", TEXTS)
def test_a_record_stays_one(where: str, note: str) -> None:
    assert _strengths(TEXTS[where].format(note)) == {Strength.RECORD}


@pytest.mark.parametrize("note", MENTIONS)
@pytest.mark.parametrize("where", TEXTS)
def test_a_mention_stays_one(where: str, note: str) -> None:
    if where != "chat" or not note.startswith("Intercessions"):
        assert _strengths(TEXTS[where].format(note)) == {Strength.MENTION}


@pytest.mark.parametrize("note", RECORDS)
def test_a_record_in_capitals_or_in_the_cell_of_any_table_is_one(note: str) -> None:
    assert _strengths(note.upper()) == {Strength.RECORD}
    assert _strengths("", _table("Item", "Action", "Paper", "Order", "Other", note)) == {Strength.RECORD}


def test_a_mention_in_the_cell_of_a_table_is_one() -> None:
    assert _strengths("", _table("Item", "Action", "Other", MENTIONS[0])) == {Strength.MENTION}


def test_items_below_a_name_are_about_whom_it_names() -> None:
    assert _strengths("Ama Osei this week:\n- bit a child\n- refused lunch\n") == {Strength.RECORD}


@pytest.mark.parametrize("note", RECORDS)
def test_a_record_under_a_subject_that_names_the_pupil_is_one(note: str) -> None:
    assert _strengths(note.replace("Ama Osei", "Ama"), subject="Ama Osei") == {Strength.RECORD}


def test_a_mention_under_a_subject_that_names_the_pupil_is_one() -> None:
    assert _strengths("Ama rings the bell on Friday.", subject="Ama Osei") == {Strength.MENTION}
