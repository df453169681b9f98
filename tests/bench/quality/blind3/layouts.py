"""How the third blind half lays its documents out: schools with letterheads, footers and house styles of their own."""

from __future__ import annotations

import csv
import html as markup
import io
import random
import re
import textwrap
from datetime import date
from email.message import EmailMessage
from xml.sax.saxutils import escape

import openpyxl
from bench.quality import documents as d
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table, Template
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

ENCODING = "base64"
SUBJECTS = (
    "School correspondence",
    "Letter from school",
    "From the school office",
    "Document attached",
    "For your information",
    "Please see attached",
    "Following our conversation",
)
COVERS = (
    "Good afternoon,\n\nPlease find a letter attached from {school}.\n\nKind regards,\n\nThe School Office\n",
    "Hello\n\nAs discussed. Shout if the attachment doesn't open.\n\nBest wishes\n{staff}\n",
    "Dear Parent/Carer\n\nPlease see the attached.\n\nThis mailbox is not monitored.\n\n{school}\n",
    "Hi,\n\nHere it is - sorry for the delay.\n\n{staff}\n\nThe contents of this email may be privileged and are for "
    "the named recipient only. {school} accepts no liability for viruses.\n",
    "PSA\n\n{staff}\n",
)
FILES = ("letter home", "Document1", "Form - Nov 26", "scan0047", "Copy for file", "Export (2)", "Letter 18-11")
FOOTERS = (
    "This email is confidential and intended only for the addressee. If it has reached you by mistake please let the "
    "school office know and delete it. Views are the sender's own.",
    "You are receiving this message because you are a contact of {school}. Please do not reply: this address is not "
    "read. Call {phone} instead.",
    "{school} is committed to safeguarding and promoting the welfare of children and expects all staff and volunteers "
    "to share this commitment.",
    "{school} is an exempt charity and a company limited by guarantee registered in England and Wales. Registered "
    "office: School Lane, {postcode}.",
    "Please consider your workload: I send mail when it suits me and do not expect an answer outside school hours.",
    "Aspire | Respect | Belong    {phone}    www.{domain}",
)

Rows = list[list[str]]
_NAVY, _GREY = "#1d3557", "#e9ecef"


def _head(scene: Scene) -> dict[str, str]:
    """Return what stands at the head of a school's paper; the same for all its letters."""
    school = scene.town.school_of[scene.pupil.school]
    first = next(s for s in scene.town.roll.staff if s.school == school.code)
    return {
        "school": school.name,
        "phone": school.phone,
        "postcode": school.postcode,
        "domain": school.domain,
        "head": f"{first.title} {first.forename[0]} {first.surname}",
    }


def _footer(scene: Scene) -> str:
    return scene.rng.choice(FOOTERS).format(**_head(scene))


# text


def text(document: Document, rng: random.Random) -> str:
    """Return a plain text body in one of several hands."""
    form, table, width = rng.randrange(6), rng.randrange(5), rng.choice((0, 0, 76, 66))
    return "\n\n".join(_text(block, form, table, width) for block in document.blocks) + "\n"


def _text(block: Block, form: int, table: int, width: int) -> str:
    if isinstance(block, Para):
        return "\n".join(textwrap.wrap(block.text, width)) if width else block.text
    if isinstance(block, Form):
        return "\n".join(_line(label, value, form) for label, value in block.lines)
    return _grid([_closed(row) for row in block.rows], table)


def _closed(row: list[str]) -> list[str]:
    return row[:-1] if row and not row[-1] else row


def _line(label: str, value: str, form: int) -> str:
    return (
        f"{label}: {value}",
        f"{label.upper()}: {value}",
        f"{label}:\t{value}",
        f"- {label}: {value}",
        f"{label + ':':<34}{value}",
        f"{label}\n  {value}",
    )[form]


def _grid(rows: Rows, table: int) -> str:
    count = max(map(len, rows))
    rows = [row + [""] * (count - len(row)) for row in rows]
    wide = [max(len(row[at]) for row in rows) for at in range(count)]
    padded = [[f"{cell:<{wide[at]}}" for at, cell in enumerate(row)] for row in rows]
    if table == 0:
        bar = "+" + "+".join("-" * (w + 2) for w in wide) + "+"
        lines = ["| " + " | ".join(row) + " |" for row in padded]
        return "\n".join([bar, lines[0], bar, *lines[1:], bar])
    if table == 1:
        return "\n".join("   ".join(row).rstrip() for row in padded)
    if table == 2:
        return "\n".join("\t".join(row).rstrip() for row in rows)
    if table == 3:
        lines = [" / ".join(c for c in row if c) for row in rows]
        return "\n".join([lines[0], *(f"{n}. {line}" for n, line in enumerate(lines[1:], 1))])
    return "\n".join("; ".join(f"{h} {c}" for h, c in zip(rows[0], row, strict=True) if c) for row in rows[1:])


def _text_mail(mail: EmailMessage, document: Document, scene: Scene) -> None:
    body = text(document, scene.rng)
    if scene.rng.random() < 0.5:
        body += f"\n-- \n{_footer(scene)}\n"
    mail.set_content(body, cte=scene.rng.choice(("base64", "quoted-printable", "8bit")))


# HTML


def html(document: Document, rng: random.Random) -> str:
    """Return an HTML body without letterhead."""
    return _page("".join(_html(block, rng.randrange(3)) for block in document.blocks))


def _page(inner: str) -> str:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/></head><body>{inner}</body></html>'


def _words(text: str) -> str:
    return markup.escape(text).replace(". ", ".&nbsp; ")


def _html(block: Block, style: int) -> str:
    if isinstance(block, Para):
        opened, closed = (
            ('<p style="margin:0 0 12px 0;font-family:Arial">', "</p>"),
            ('<div><font face="Calibri" size="3">', "</font></div><div><br/></div>"),
            ('<p class="c1"><span class="c0" lang="EN-GB">', "</span></p>"),
        )[style]
        return opened + _words(block.text) + closed
    if isinstance(block, Form):
        pairs = [(markup.escape(a), markup.escape(b)) for a, b in block.lines]
        if style == 0:
            cells = "".join(
                f'<tr><td bgcolor="{_GREY}" width="35%"><strong>{a}</strong></td><td>{b}</td></tr>' for a, b in pairs
            )
            return f'<table cellpadding="6" border="1" width="100%">{cells}</table>'
        if style == 1:
            return "<ul>" + "".join(f"<li><b>{a}:</b> {b}</li>" for a, b in pairs) + "</ul>"
        return "".join(f"<p>{a}<br/><em>{b}</em></p>" for a, b in pairs)
    rows = [_closed(row) for row in block.rows]
    if style == 2:  # cards, as the applications for parents make them
        return "".join(
            '<div class="card">'
            + "".join(
                f"<div><small>{markup.escape(h)}</small> {markup.escape(c)}</div>"
                for h, c in zip(rows[0], row, strict=False)
            )
            + "</div>"
            for row in rows[1:]
        )
    made = "".join(
        "<tr>" + "".join(f'<td style="border:1px solid #999">{markup.escape(c)}</td>' for c in row) + "</tr>"
        for row in rows
    )
    return f'<table style="border-collapse:collapse">{made}</table>'


def _html_mail(mail: EmailMessage, document: Document, scene: Scene) -> None:
    style, head, rng = scene.rng.randrange(3), _head(scene), scene.rng
    name = markup.escape(head["school"])
    inner = "".join(_html(block, style) for block in document.blocks)
    foot = _words(_footer(scene))
    way = rng.randrange(3)
    if way == 0:  # a mailing system: tables within tables, a banner above, small print below
        inner = (
            f'<table width="100%" bgcolor="{_GREY}"><tr><td align="center"><table width="620" bgcolor="#ffffff">'
            f'<tr><td bgcolor="{_NAVY}"><font color="#ffffff" size="5">{name}</font></td></tr>'
            f'<tr><td style="padding:24px">{inner}</td></tr>'
            f'<tr><td><font size="1" color="#777777">{foot}</font></td></tr></table></td></tr></table>'
        )
    elif way == 1:  # a program on a desk, with a signature of two columns
        who = scene.sender
        assert who
        inner += (
            f'<table><tr><td><img alt="{name}" src="cid:logo"/></td><td><b>{markup.escape(who.forename)} '
            f"{markup.escape(who.surname)}</b><br/>{name}<br/>{head['phone']}</td></tr></table><p>{foot}</p>"
        )
    body = _page(inner)
    if rng.random() < 0.6:
        mail.set_content(text(document, rng), cte="quoted-printable")
        mail.add_alternative(body, subtype="html", cte=rng.choice(("base64", "quoted-printable")))
    else:
        mail.set_content(body, subtype="html", cte=rng.choice(("base64", "quoted-printable")))


def forwarded(subject: str, body: str, scene: Scene) -> str:
    """Return a body with the document below, as mail programs quote."""
    who, office, domain = (scene.fact(word, None) for word in ("teacher full", "office", "domain"))
    way = scene.rng.randrange(4)
    if way == 0:
        return (
            f"Please see below.\n\n-----Original Message-----\nFrom: {who}\nSent: Thursday, November 19, 2026 4:12 PM\n"
            f"To: School Office <{office}>\nSubject: {subject}\n\n{body}"
        )
    if way == 1:
        quoted = "\n".join(f"| {line}" for line in body.split("\n"))
        return f"Over to you on this one.\n\nGet Outlook for iOS\n\nOn 19 Nov 2026, at 16:12, {who} wrote:\n\n{quoted}"
    if way == 2:
        return (
            f"{body}\n\n{'_' * 30}\nFrom: Admin <admin@{domain}>\nDate: 17/11/2026 09:03\nTo: {who}\n"
            f"Subject: {subject}\n\nHello, could you let us have something on this please? Many thanks, Admin\n"
        )
    quoted = "\n".join(f">> {line}" if line else ">>" for line in body.split("\n"))
    return f"Passing this on as promised\n\n> {who}, 19/11/26:\n>\n{quoted}"


# files


def write(kind: str, document: Document, template: Template, rng: random.Random) -> bytes:
    """Return the document as a file of this kind, without letterhead."""
    if kind == "pdf":
        return _pdf(document, rng, {})
    if kind == "docx":
        return _docx(document, rng, {}, "")
    return {"xlsx": _xlsx, "csv": _csv}[kind](document, rng)


def _attach(mail: EmailMessage, scene: Scene, document: Document, data: bytes, main: str, kind: str) -> None:
    mail.replace_header("Subject", scene.rng.choice(SUBJECTS))
    mail.set_content(scene.rng.choice(COVERS).format(staff=scene.fact("staff", None), school=_head(scene)["school"]))
    name = f"{document.file or scene.rng.choice(FILES)}.{kind}"
    mail.add_attachment(data, maintype="application", subtype=main, filename=name)


def _pdf_mail(mail: EmailMessage, document: Document, scene: Scene) -> None:
    _attach(mail, scene, document, _pdf(document, scene.rng, _head(scene)), "pdf", "pdf")


def _docx_mail(mail: EmailMessage, document: Document, scene: Scene) -> None:
    data = _docx(document, scene.rng, _head(scene), _footer(scene))
    _attach(mail, scene, document, data, "vnd.openxmlformats-officedocument.wordprocessingml.document", "docx")


BODIES = {"text": _text_mail, "html": _html_mail, "pdf": _pdf_mail, "docx": _docx_mail}


def _pdf(document: Document, rng: random.Random, head: dict[str, str]) -> bytes:
    font, size = d.pdf_font(), rng.choice((8, 9, 10))
    plain = ParagraphStyle("plain", fontName=font, fontSize=size, leading=size * 1.4, spaceAfter=size * 0.7)
    bold = ParagraphStyle("label", plain, textColor=colors.HexColor(_NAVY))
    cell = ParagraphStyle("cell", plain, spaceAfter=0)
    widest = max((len(row) for b in document.blocks if isinstance(b, Table) for row in b.rows), default=0)
    page = landscape(A4) if widest > 5 else A4
    room = page[0] - 100

    def lettered(canvas: Canvas, made: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(font, 7)
        if head:
            if made.page == 1:
                canvas.setFont(font, 15)
                canvas.drawString(50, page[1] - 40, head["school"])
                canvas.setFont(font, 7)
                canvas.drawRightString(page[0] - 50, page[1] - 34, f"School Lane, {head['postcode']}")
                canvas.drawRightString(page[0] - 50, page[1] - 44, f"Tel {head['phone']}   office@{head['domain']}")
                canvas.drawRightString(page[0] - 50, page[1] - 54, f"Headteacher: {head['head']}")
                canvas.line(50, page[1] - 60, page[0] - 50, page[1] - 60)
            canvas.drawCentredString(page[0] / 2, 26, f"{head['school']} - page {made.page}")
        canvas.restoreState()

    flow: list[Flowable] = []
    boxed = rng.random() < 0.5
    for block in document.blocks:
        if isinstance(block, Para):
            flow.append(Paragraph(escape(block.text), plain))
            continue
        if isinstance(block, Form):
            body = [[Paragraph(escape(a), bold), Paragraph(escape(b), cell)] for a, b in block.lines]
            made = Grid(body, colWidths=[room * 0.36, room * 0.64])
        else:
            rows = [_closed(row) for row in block.rows]
            count = max(map(len, rows))
            body = [[Paragraph(escape(c), cell) for c in row + [""] * (count - len(row))] for row in rows]
            made = Grid(body, colWidths=[room / count] * count, repeatRows=1)
        if boxed or isinstance(block, Table):
            made.setStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
        flow += [made, Spacer(1, size)]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=page, leftMargin=50, rightMargin=50, topMargin=72, bottomMargin=48).build(
        flow, onFirstPage=lettered, onLaterPages=lettered
    )
    return out.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def _bold(text: str) -> str:
    return f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _control(text: str) -> str:
    """Return a field that somebody filled in."""
    return f'<w:sdt><w:sdtPr><w:alias w:val="Text"/></w:sdtPr><w:sdtContent>{d.run(text)}</w:sdtContent></w:sdt>'


def _word_grid(rows: list[list[str]]) -> str:
    cells = ("".join(f"<w:tc>{d.paragraph(c)}</w:tc>" for c in row) for row in rows)
    return (
        "<w:tbl><w:tblPr/><w:tblGrid/>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>" + d.paragraph()
    )


def _docx(document: Document, rng: random.Random, head: dict[str, str], foot: str) -> bytes:
    style = rng.randrange(4)
    body: list[str] = []
    for block in document.blocks:
        if isinstance(block, Para):
            lead, colon, rest = block.text.partition(": ")
            if colon and len(lead) < 30:
                body.append(d.paragraph(_bold(f"{lead}: "), d.run(rest)))
            else:
                body.append(d.paragraph(d.run(block.text)))
        elif isinstance(block, Table):
            rows = [_closed(row) for row in block.rows]
            body.append(_word_grid([[_bold(c) for c in rows[0]], *([d.run(c) for c in row] for row in rows[1:])]))
        elif style == 0:  # two pairs of label and value beside each other
            flat = [part for label, value in block.lines for part in (_bold(label), d.run(value))]
            body.append(_word_grid([flat[at : at + 4] for at in range(0, len(flat), 4)]))
        elif style == 1:
            body.append(_word_grid([[_bold(label), _control(value)] for label, value in block.lines]))
        elif style == 2:
            body += [
                d.paragraph(_bold(f"{label}:"), "<w:r><w:tab/></w:r>", d.run(value)) for label, value in block.lines
            ]
        else:
            body += [
                d.paragraph(d.run(f"{label}: "), _control(value), d.run(" " * 2 + "_" * 6))
                for label, value in block.lines
            ]
    above = ""
    if head:
        above = _word_grid(
            [
                [_bold(head["school"]), d.run(f"Headteacher: {head['head']}")],
                [d.run(head["phone"]), d.run(f"School Lane, {head['postcode']}")],
            ]
        )
    return _package("".join(body), above or d.paragraph(d.run("School document")), d.paragraph(d.run(foot or "Page 1")))


def _package(body: str, above: str, below: str) -> bytes:
    """Return a Word file with a header and a footer."""
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/><w:footerReference w:type="default" r:id="rId2"/>'
        "</w:sectPr>"
    )
    override = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_KIND}.{kind}+xml"/>'
        for part, kind in (("document", "document.main"), ("header1", "header"), ("footer1", "footer"))
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{override}</Types>",
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="rId1" Type="{_REL}/header" Target="header1.xml"/>'
        f'<Relationship Id="rId2" Type="{_REL}/footer" Target="footer1.xml"/></Relationships>',
        "word/document.xml": f"<w:document {_W} {_R}><w:body>{body}{section}</w:body></w:document>",
        "word/header1.xml": f"<w:hdr {_W}>{above}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {_W}>{below}</w:ftr>",
    }
    return d.zipped({name: f"{_XML}{content}".encode() for name, content in parts.items()})


def _rows(document: Document) -> Rows:
    rows: Rows = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows += [_closed(row) for row in block.rows]
        elif isinstance(block, Form):
            rows += [[label, value] for label, value in block.lines]
        else:
            rows.append([block.text])
    return rows


def _xlsx(document: Document, rng: random.Random) -> bytes:
    rows = _rows(document)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = rng.choice(("Class view", "Report", "Autumn Term", "Tracker 26-27", "Table 1"))
    top = rng.choice((0, 1, 2))
    if top:  # a title over the whole width
        sheet.cell(
            1, 1, rng.choice(("School report viewer", "Printed from MIS 20/11/2026", "Working copy - do not edit"))
        )
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=max(2, *map(len, rows)))
        sheet.cell(1, 1).alignment = Alignment(horizontal="center")
    for at, row in enumerate(rows, top + 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(at, column)
            if found := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value):
                cell.value = date(int(found[3]), int(found[2]), int(found[1]))
                cell.number_format = rng.choice(("dd/mm/yyyy", "d mmm yyyy"))
            elif re.fullmatch(r"(0|[1-9]\d{0,6})(\.\d\d?)?", value):
                cell.value = float(value) if "." in value else int(value)
            elif value:
                cell.value = value
    for column in range(1, max(map(len, rows)) + 1):
        sheet.cell(top + 1, column).font = Font(bold=True)
        sheet.cell(top + 1, column).fill = PatternFill("solid", fgColor="DDE6F0")
        sheet.column_dimensions[get_column_letter(column)].width = rng.randint(9, 30)
    sheet.freeze_panes = f"B{top + 2}"
    sheet.oddFooter.center.text = "Page &P of &N"
    if rng.random() < 0.4:
        notes = book.create_sheet(rng.choice(("Key", "Notes", "Lists")))
        for line in (["Code", "Meaning"], ["Y", "Yes"], ["N", "No"], ["-", "Not known"]):
            notes.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _csv(document: Document, rng: random.Random) -> bytes:
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=rng.choice((",", ",", "\t")), quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC))
    )
    rows = [_closed(row) for block in document.blocks if isinstance(block, Table) for row in block.rows]
    writer.writerows(rows or _rows(document))
    if rng.random() < 0.3:
        writer.writerow([f"{len(rows)} rows selected"])
    made = out.getvalue()
    try:
        return made.encode(rng.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252")))
    except UnicodeEncodeError:
        return made.encode("utf-8-sig")
