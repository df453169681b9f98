"""A message's text as plain text and as HTML is one text."""

from email.message import EmailMessage

import pytest

from mailguard.extract import read_message
from mailguard.model import Segment, SegmentKind
from mailguard.recognise.twice import once


def _said(plain: str, page: str) -> list[str]:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "office@oak.example", "family@home.example", "Thursday"
    mail.set_content(plain)
    mail.add_alternative(page, subtype="html")
    body = [segment for segment in read_message(mail.as_bytes()).segments if segment.place[0] == "body"]
    return [segment.text for segment in once(body)]


def test_a_text_that_stands_in_two_forms_is_looked_at_once() -> None:
    plain = "Dear all,\n\n  * Ama won, 3:1!\n\nThe office\n"
    assert _said(plain, "<p>Dear all,</p><ul><li>Ama won, 3:1!</li></ul><p>The office</p>") == [
        "Dear all,", "Ama won, 3:1!", "The office",
    ]  # fmt: skip


def test_of_a_table_the_rows_are_kept() -> None:
    page = "<table><tr><td>Pupil</td><td>Mark</td></tr><tr><td>Ama</td><td>4</td></tr></table>"
    assert _said("Pupil  Mark\nAma  4\n", page) == ["Pupil | Mark", "Pupil: Ama | Mark: 4"]


@pytest.mark.parametrize(
    ("plain", "page"),
    [
        ("Hello. Ama has asthma.", "<p>Hello.</p><p>Zoe has asthma.</p>"),
        ("Hello. Ama has asthma.", "<p>Hello. Ama has asthma.</p><p style='display:none'>Zoe, too.</p>"),
        ("Hello. Ama has asthma. Zoe, too.", "<p>Hello. Ama has asthma.</p>"),
        ("Hello. Ama Osei has asthma.", "<p>Hello. A m a O s e i has asthma.</p>"),
        ("Ama Osei was excluded for biting.", "<p>Ama</p><p>Osei</p><p>was excluded</p><p>for biting.</p>"),
        ("Ama Osei: medication ✗", "<p>Ama Osei: medication</p>"),
        ("Hello. Will may go.", "<p>Hello. will May go.</p>"),
    ],
)
def test_whatever_differs_by_a_word_stays_whole(plain: str, page: str) -> None:
    assert len(_said(plain, page)) > 1
    assert plain in _said(plain, page)


def test_hidden_text_and_marks_alone_are_never_left_out() -> None:
    hidden = [Segment("Ama", ("body",)), Segment("Ama", ("body",), SegmentKind.HIDDEN, visible=False)]
    marks = [Segment("***", ("body",)), Segment("---", ("body",))]
    assert once(hidden) == hidden
    assert once(marks) == marks
