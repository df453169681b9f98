"""The same words give the same verdict however the mail writes them down: transfer encoding, charset, kind of document.

Each record goes to its own family and to another one, so both halves of the verdict are compared: who is held and who
is not, under which rule, for which pupil, as what."""

import base64
import csv
import io
import quopri
import zipfile
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from html import escape

import pytest
from bench.quality import documents as d
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from mailguard.extract import read_message
from mailguard.model import Contact, Envelope, MayReceive, Pupil, PupilKey, Relationship, Roll, Strength
from mailguard.policy import parse_policy
from mailguard.screening import build_guard, screen

PUPILS = (
    Pupil("OAK", "1", "Zoë", "Müller-O'Shea", date(2015, 3, 4), registration_group="4B"),
    Pupil("OAK", "2", "Rhys", "Pemberton", date(2014, 1, 2), registration_group="4B"),
    Pupil("OAK", "3", "Łucja", "Wójcik", date(2014, 5, 6), registration_group="5A"),
    Pupil("OAK", "4", "Amélie", "Garçon", date(2013, 9, 8), registration_group="5A"),
)
OWN, OTHER = "home1@own.example", "home2@own.example"
GUARD = build_guard(
    Roll(
        PUPILS,
        tuple(Contact(f"c{p.pupil_id}", "Pat", p.surname, emails=(f"home{p.pupil_id}@own.example",)) for p in PUPILS),
        tuple(Relationship(PupilKey("OAK", p.pupil_id), f"c{p.pupil_id}", may_receive=MayReceive.YES) for p in PUPILS),
    ),
    parse_policy('[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oak.example"]'),
)
HEAD = b"From: Office <office@oak.example>\r\nTo: office@oak.example\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
FORM = [["Name", "Zoë Müller-O'Shea"], ["Date of birth", "04/03/2015"], ["Class", "4B"], ["Allergies", "nuts"]]
TABLE = [
    ["Pupil", "Class", "Attendance"],
    ["Zoë Müller-O'Shea", "4B", "71%"],
    ["Rhys Pemberton", "4B", "84%"],
    ["Amélie Garçon", "5A", "66%"],
]
NOTE = [["Zoë Müller-O'Shea had a seizure after lunch and was taken to hospital by her aunt."]]
NEWS = [["Well done to Zoë Müller-O'Shea, who played the trumpet in the concert on Saturday."]]
Rows = list[list[str]]
Answer = tuple[tuple[str, str, frozenset[tuple[str, str, Strength | None]]], ...]


def judged(message: bytes) -> Answer:
    """Return for each recipient the outcome and why: rule, pupil, strength."""
    verdict = screen(read_message(message), Envelope("office@oak.example", (OWN, OTHER)), GUARD).verdict
    return tuple(
        (
            one.address,
            str(one.outcome),
            frozenset((f.rule, f.pupil.pupil if f.pupil else "", f.strength) for f in one.findings),
        )
        for one in verdict.recipients
    )


def held(*pupils: str, own: bool = False) -> Answer:
    """Return the answer that holds the other family for these pupils, and the own one for all but its own child."""
    every = frozenset(("other-family", pupil, Strength.RECORD) for pupil in pupils)
    mine = frozenset(reason for reason in every if reason[1] != "1")
    other = frozenset(reason for reason in every if reason[1] != "2")
    return (
        (OWN, "hold", mine) if own else (OWN, "deliver", frozenset()),
        (OTHER, "hold", other) if pupils else (OTHER, "deliver", frozenset()),
    )


EXPECTED = [
    pytest.param(FORM, held("1"), id="form"),
    pytest.param(TABLE, held("1", "2", "4", own=True), id="table"),
    pytest.param(NOTE, held("1"), id="note"),
    pytest.param(NEWS, held(), id="news"),
]


def lines(rows: Rows) -> str:
    """Return rows as text: a label and its value, the cells of a table set apart by bars, or the sentence."""
    joint = ": " if len(rows[0]) == 2 else " | "
    return "\n".join(joint.join(row) for row in rows) + "\n"


def body(text: str, encoding: str, charset: str, subtype: str = "plain") -> bytes:
    """Return a message of one part whose bytes are written in a transfer encoding."""
    raw = text.replace("\n", "\r\n").encode(charset)
    written = {
        "7bit": lambda: raw,
        "8bit": lambda: raw,
        "binary": lambda: raw,
        "base64": lambda: base64.encodebytes(raw).replace(b"\n", b"\r\n"),
        "quoted-printable": lambda: quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"),
    }[encoding]()
    head = f'Content-Type: text/{subtype}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return HEAD + head.encode() + written


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "mac-roman"])
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize(("rows", "expected"), EXPECTED)
def test_the_transfer_encoding_and_the_charset_change_nothing(
    rows: Rows, expected: Answer, encoding: str, charset: str
) -> None:
    assert judged(body(lines(rows), encoding, charset)) == expected


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250", "iso-8859-16", "utf-16"])
def test_a_name_that_western_europe_has_no_letters_for(charset: str) -> None:
    text = "Łucja Wójcik had a seizure after lunch and was taken to hospital by her aunt.\n"
    encoding = "base64" if charset == "utf-16" else "quoted-printable"
    for_both = frozenset({("other-family", "3", Strength.RECORD)})
    assert judged(body(text, encoding, charset)) == ((OWN, "hold", for_both), (OTHER, "hold", for_both))


@pytest.mark.parametrize(("rows", "expected"), EXPECTED)
def test_letters_as_entities_in_seven_bits(rows: Rows, expected: Answer) -> None:
    markup = "".join(f"<p>{escape(line)}</p>" for line in lines(rows).splitlines())
    ascii_only = markup.encode("ascii", "xmlcharrefreplace").decode()
    assert judged(body(f"<html><body>{ascii_only}</body></html>\n", "7bit", "us-ascii", "html")) == expected


def html(rows: Rows) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<!DOCTYPE html><html><body><table>{cells}</table></body></html>".encode()


def text(rows: Rows) -> bytes:
    return lines(rows).encode()


def sheet_of_commas(rows: Rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def word(rows: Rows) -> bytes:
    if len(rows[0]) == 1:
        return d.docx([d.paragraph(d.run(rows[0][0]))])
    return d.docx([d.word_table(rows)])


def excel(rows: Rows) -> bytes:
    return d.workbook({"Sheet1": rows})


def pdf(rows: Rows) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 10)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            canvas.drawString(50 + 190 * column, 780 - 18 * number, cell)
    canvas.save()
    return out.getvalue()


def writer(rows: Rows) -> bytes:
    """Return an OpenDocument text: a table, or a paragraph."""
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    made = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in rows
    )
    inner = f"<table:table>{made}</table:table>" if len(rows[0]) > 1 else f"<text:p>{escape(rows[0][0])}</text:p>"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:body><office:text>{inner}'
        "</office:text></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:  # the kind comes first and as it is
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        package.writestr("content.xml", content)
    return out.getvalue()


KINDS: dict[str, Callable[[Rows], bytes]] = {
    "txt": text,
    "html": html,
    "csv": sheet_of_commas,
    "docx": word,
    "xlsx": excel,
    "pdf": pdf,
    "odt": writer,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "expected"), EXPECTED)
def test_the_kind_of_document_changes_nothing(rows: Rows, expected: Answer, kind: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "office@oak.example", "office@oak.example", "Hello"
    mail.set_content("Please see the attached.\n")
    mail.add_attachment(KINDS[kind](rows), maintype="application", subtype="octet-stream", filename=f"sheet.{kind}")
    assert judged(mail.as_bytes()) == expected
