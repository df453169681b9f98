"""Letters in Word and PDF come in paragraphs as the same letter in a message does; forms and lists stay together."""

import io

import pytest
from bench.quality import documents as d
from reportlab.pdfgen.canvas import Canvas

from mailguard.extract import read_file

HEAD = ("Oak Primary School", "12 High Street, Newtown, ZZ1 1AA", "19 November 2026")
BODY = ("Ama rings the bell on Friday.", "She likes fish and chips, as everybody does.")
FORM = ("Name: Ama Osei", "Class: 4B", "Reason: a fall in the yard")
END = ("Yours sincerely,", "Mrs A. Poole", "Headteacher")
LETTER = (*HEAD, "Dear Parent/Carer,", *BODY, *FORM, *END)
PIECES = ["\n".join(HEAD), "Dear Parent/Carer,", *BODY, "\n".join(FORM), "\n".join(END)]


def _word(lines: tuple[str, ...]) -> bytes:
    return d.docx([d.paragraph(d.run(line)) for line in lines])


def _word_of_one_paragraph(lines: tuple[str, ...]) -> bytes:
    broken = "<w:r><w:br/></w:r>"
    return d.docx([d.paragraph(*(piece for line in lines for piece in (d.run(line), broken)))])


def _pdf(lines: tuple[str, ...]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for at, line in enumerate((*lines, "A line of this page is as wide as this one, for its margins are narrow ones")):
        canvas.drawString(60, 780 - 16 * at, line)
    canvas.save()
    return out.getvalue()


def _pieces(data: bytes) -> list[str]:
    return [segment.text for segment in read_file(data, "letter").segments if segment.kind == "body"]


@pytest.mark.parametrize("write", [_word, _word_of_one_paragraph])
def test_a_letter_in_word_is_cut_at_its_sentences_greeting_and_end(write) -> None:
    assert _pieces(write(LETTER)) == PIECES


def test_a_letter_on_a_page_is_cut_where_a_sentence_ends_before_the_margin() -> None:
    found = _pieces(_pdf(LETTER))
    assert found[: len(PIECES) - 1] == PIECES[:-1]
    assert found[len(PIECES) - 1].startswith(PIECES[-1])


def test_a_sentence_that_fills_its_line_may_go_on() -> None:
    lines = ("This line goes on up to the very edge of the page, where its sentence ends.", "He was seen by the nurse.")
    assert _pieces(_pdf(lines))[0].startswith("\n".join(lines))


def test_a_list_under_a_heading_stays_with_it() -> None:
    lines = ("Detention on Friday", "Ama Osei 4B", "Tobias Quist 4B", "Zoe Smith 5C")
    assert _pieces(_word(lines)) == ["\n".join(lines)]


def test_a_table_of_everyday_labels_is_a_form() -> None:
    rows = [["Called", "Tommy"], ["Birthday", "20 May"], ["Likes", "trains"]]
    found = read_file(d.docx([d.word_table(rows)]), "letter").segments
    assert "Called: Tommy\nBirthday: 20 May\nLikes: trains" in [segment.text for segment in found]
