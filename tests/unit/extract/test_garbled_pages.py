"""Pages whose letters have codes of their own: read by their looks or reported; ordinary pages are neither."""

import io

import pikepdf
import pytest

from mailguard.extract import read_file, samples
from mailguard.extract.pdfgarbled import is_garbled
from mailguard.model import UnreadableReason

LETTER = (
    "Dear parents and carers, the summer fair is on Saturday 4 July from two o'clock on the school field. "
    "There will be cakes, a raffle and a bouncy castle. Please bring £3.50 for the bus; the office has the forms."
)
FORM = "Name: ______________________  Date of birth: ____/____/______\nAddress: ..........................\n" * 4
TABLE = "\n".join(f"{day:02}/03/2014 | £{day}.50 | {day * 3}% | 01632 9600{day:02}" for day in range(1, 25))
MARKS = "\n".join(f"Osei  EXS GDS WTS  PKS RWM GPS  KS2 SPT TRB {mark}" for mark in range(100, 120))
TICKS = "Reading ✓  Writing ✓  Numbers ✗\n☐ School meals  ☐ Packed lunch → please tick\n" * 3
WELSH = "Annwyl rieni a gofalwyr, mae ffair yr haf ddydd Sadwrn 4 Gorffennaf. Bydd cacennau a raffl yn ysgol y pentref."
POLISH = "Drodzy rodzice, festyn letni odbędzie się w sobotę o godzinie czternastej. Prosimy o przyniesienie drobnych."
BENGALI = "প্রিয় অভিভাবকগণ, গ্রীষ্মকালীন মেলা শনিবার বিদ্যালয়ের মাঠে অনুষ্ঠিত হবে। অনুগ্রহ করে বাসের জন্য টাকা আনুন।"
ARABIC = "الآباء الأعزاء، يقام المعرض الصيفي يوم السبت في ملعب المدرسة. يرجى إحضار المال للحافلة والحضور في الموعد."


def in_order(text, first=33):
    """Each letter by the code that a subset of its font gives it: in the order in which letters come."""
    codes = {}
    return "".join(char if char in " \n" else chr(first + codes.setdefault(char, len(codes))) for char in text)


def by_glyph(text):
    """Each letter by its glyph's number in most fonts."""
    return "".join(char if char == "\n" else chr(max(ord(char) - 29, 1)) for char in text)


@pytest.mark.parametrize(
    "text", [LETTER, FORM, TABLE, MARKS, TICKS, WELSH, POLISH, BENGALI, ARABIC, "Year 7", "", "Words " * 12, "★★★★★★"]
)
def test_what_people_write_is_not_garbled(text):
    assert not is_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        in_order(LETTER),
        in_order(LETTER, 0x2701),
        in_order(LETTER, 1),
        in_order(LETTER, 0xE000),
        by_glyph(LETTER),
        by_glyph(LETTER).replace("\x03", " "),
        f"{LETTER} Pupil: {in_order('Amelia Marlowe', 0x2701)}",
        f"{LETTER} Pupil: {in_order('Amelia Marlowe', 0xE000)}",
        "(cid:12)(cid:7)",
    ],
)
def test_codes_in_the_place_of_letters_are(text):
    assert is_garbled(text)


def page_of_two_fonts(text, names):
    """A page of ordinary text with some words in a font whose glyphs have names of no meaning."""
    document = pikepdf.open(io.BytesIO(samples.pdf()))
    page = document.pages[0].obj
    differences = pikepdf.Array([33, *(pikepdf.Name(f"/{names}{number}") for number in range(60))])
    page.Resources.Font["/F2"] = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type3, FontBBox=[0, 0, 9, 9],
            FontMatrix=[0.1, 0, 0, 0.1, 0, 0], FirstChar=33, LastChar=92, Widths=[6] * 60,
            CharProcs=pikepdf.Dictionary({f"/{names}{n}": document.make_stream(b"6 0 d0") for n in range(60)}),
            Encoding=pikepdf.Dictionary(Type=pikepdf.Name.Encoding, Differences=differences),
        )
    )  # fmt: skip
    lines = "".join(f"BT /F1 9 Tf 40 {700 - 12 * at} Td ({line}) Tj ET " for at, line in enumerate(wrapped(LETTER * 3)))
    coded = "".join(f"{ord(char):02x}" for char in in_order(text))
    page.Contents = document.make_stream(f"{lines}BT /F2 12 Tf 40 300 Td <{coded}> Tj ET".encode("cp1252"))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def wrapped(text):
    return [text[at : at + 90].replace("(", "").replace(")", "") for at in range(0, len(text), 90)]


@pytest.mark.parametrize("names", ["g", "glyph"])
def test_a_name_in_a_font_without_a_map_is_reported(names):
    reading = read_file(page_of_two_fonts("AmeliaMarlowe", names), "report.pdf")
    assert [fact.reason for fact in reading.unreadable] == [UnreadableReason.NO_TEXT_MAP]
    assert any("summer fair" in segment.text for segment in reading.segments)


def test_a_page_in_known_letters_is_not():
    assert read_file(samples.pdf(b"BT /F1 12 Tf 72 720 Td (Amelia Marlowe) Tj ET"), "a.pdf").unreadable == ()
