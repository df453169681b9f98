"""How the wide half lays its documents out: each message picks its own way of writing forms, tables and lines."""

from __future__ import annotations

import csv
import html as markup
import io
import random
import re
import textwrap
from datetime import date

import openpyxl
from bench.quality import documents as d
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table, Template
from bench.quality.wide import shapes
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

ENCODING = "quoted-printable"
SUBJECTS = ("attached", "Doc", "As promised", "School - please read", "Re: your e-mail", "Paperwork", "1 attachment")
COVERS = (
    "Hi\n\nAttached as promised.\n\n{staff}\n",
    "Good morning,\n\nPlease see the attached. Any problems opening it just give us a ring.\n\nOffice\n{school}\n",
    "Attachment below, thanks.\n\nSent from Outlook for Android\n",
    "Dear all\n\nPlease find the document mentioned in my last message.\n\nRegards\n{staff}\n\nThis message is "
    "confidential. If it is not for you please delete it and tell the office.\n",
    "\n",
)
FILES = ("Doc2", "IMG_export", "final v3", "Copy of sheet", "print", "letter (004)", "20261120 scan")

BODIES = shapes.BODIES

Rows = list[list[str]]


def text(document: Document, rng: random.Random) -> str:
    """Return a plain text body in one of several hands."""
    form, table, width = rng.randrange(7), rng.randrange(6), rng.choice((0, 0, 0, 72, 60))
    gap = rng.choice(("\n\n", "\n\n", "\n"))
    return gap.join(_text(block, form, table, width) for block in document.blocks) + "\n"


def _text(block: Block, form: int, table: int, width: int) -> str:
    if isinstance(block, Para):
        return "\n".join(textwrap.wrap(block.text, width)) if width else block.text
    if isinstance(block, Form):
        return "\n".join(_line(label, value, form) for label, value in block.lines)
    return _columns(block.rows, table)


def _line(label: str, value: str, form: int) -> str:
    return (
        f"{label}: {value}",
        f"{label} - {value}",
        f"{label}\n{value}\n",
        f"{label}:\n    {value}",
        f"*{label}:* {value}",
        f"{label} {'.' * max(3, 28 - len(label))} {value}",
        f"{label:<24}{value}",
    )[form]


def _columns(rows: Rows, table: int) -> str:
    rows = [row[:-1] if not row[-1] else row for row in rows]  # templates close their lines with a bar
    if table == 0:
        wide = [max(len(row[at]) if at < len(row) else 0 for row in rows) + 2 for at in range(len(rows[0]))]
        return "\n".join("".join(f"{c:<{w}}" for c, w in zip(row, wide, strict=False)).rstrip() for row in rows)
    if table == 1:
        return "\n".join(" | ".join(row) for row in rows)
    if table == 2:
        return "\n".join("\t".join(row) for row in rows)
    if table == 3:
        return "\n".join(",".join(row) for row in rows)
    if table == 4:
        return "\n".join("- " + ", ".join(c for c in row if c) for row in rows[1:])
    return "\n\n".join("\n".join(f"{h}: {c}" for h, c in zip(rows[0], row, strict=False)) for row in rows[1:])


def html(document: Document, rng: random.Random) -> str:
    """Return an HTML body as Outlook, Gmail or a mailing system writes it."""
    style = rng.randrange(4)
    opened, closed = (
        ('<p class="MsoNormal"><span style="font-family:Calibri">', "<o:p></o:p></span></p>"),
        ('<div dir="auto">', "</div>"),
        ("", "<br><br>\r\n"),
        ("<tr><td style='padding:8px'><p>", "</p></td></tr>"),
    )[style]
    made = [opened + _html(block, style) + closed for block in document.blocks]
    inner = "\n".join(made)
    if style == 3:
        inner = f"<table width=600 align=center><tbody>{inner}</tbody></table>"
    return f"<!DOCTYPE html><html><head><style>p{{margin:0}}</style></head><body>{inner}</body></html>"


def _html(block: Block, style: int) -> str:
    if isinstance(block, Para):
        return markup.escape(block.text).replace("  ", "&nbsp; ")
    if isinstance(block, Form):
        pairs = [(markup.escape(a), markup.escape(b)) for a, b in block.lines]
        if style == 0:
            cells = "".join(f"<tr><td><b>{a}:</b></td><td><span>{b}</span></td></tr>" for a, b in pairs)
            return f"<table class=MsoTableGrid>{cells}</table>"
        if style == 1:
            return "<br>".join(f"<b>{a}</b><br>{b}<br>" for a, b in pairs)
        if style == 2:
            return "<dl>" + "".join(f"<dt>{a}</dt><dd>{b}</dd>" for a, b in pairs) + "</dl>"
        return "".join(f"<div><label>{a}</label> <span>{b}</span></div>" for a, b in pairs)
    head, *rows = [row[:-1] if not row[-1] else row for row in block.rows]
    heads = "".join(f"<th>{markup.escape(c)}</th>" for c in head)
    made = "".join("<tr>" + "".join(f"<td><p>{markup.escape(c)}</p></td>" for c in row) + "</tr>" for row in rows)
    return f"<table border=0 cellspacing=0><thead><tr>{heads}</tr></thead><tbody>{made}</tbody></table>"


def forwarded(subject: str, body: str, scene: Scene) -> str:
    """Return a body with the document below, as Gmail, a telephone or a reply with marks has it."""
    who, school = scene.fact("teacher full", None), scene.fact("school", None)
    way = scene.rng.randrange(4)
    if way == 0:
        return (
            f"\n---------- Forwarded message ---------\nFrom: {who} <{scene.fact('office', None)}>\n"
            f"Date: Wed, 18 Nov 2026 at 15:42\nSubject: {subject}\nTo: <{scene.fact('office', None)}>\n\n\n{body}"
        )
    if way == 1:
        return (
            f"See below\n\nSent from my iPhone\n\nBegin forwarded message:\n\nFrom: {who}\nSubject: {subject}\n\n{body}"
        )
    if way == 2:
        quoted = "\n".join(f"> {line}" for line in body.split("\n"))
        return f"Thanks - see below\n\nOn Wed, 18 Nov 2026 at 15:42, {who} wrote:\n\n{quoted}"
    return (
        f"FYI\n________________________________\nFrom: {who}\nSent: 18 November 2026 07:51\nTo: {school}\n"
        f"Subject: {subject}\nImportance: High\n\n{body}"
    )


def write(kind: str, document: Document, template: Template, rng: random.Random) -> bytes:
    """Return the document as a file of this kind."""
    return {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "csv": _csv, **shapes.FILES}[kind](document, rng)


def _pdf(document: Document, rng: random.Random) -> bytes:
    out = io.BytesIO()
    font, at, size = d.pdf_font(), 800.0, rng.choice((8, 9, 11))
    wide = {id(b): _widths(b.rows, font, size) for b in document.blocks if isinstance(b, Table)}
    canvas = Canvas(out, pagesize=(max(A4[0], 96 + max((sum(w) for w in wide.values()), default=0)), A4[1]))
    canvas.setFont(font, size)
    above, tab = rng.random() < 0.3, rng.choice((190, 240))

    def down(step: float) -> None:
        nonlocal at
        at -= step
        if at < 50:
            canvas.showPage()
            canvas.setFont(font, size)
            at = 800

    for block in document.blocks:
        if isinstance(block, Para):
            for line in textwrap.wrap(block.text, 900 // size) or [""]:
                canvas.drawString(48, at, line)
                down(size * 1.35)
        elif isinstance(block, Form):
            for label, value in block.lines:
                canvas.drawString(48, at, label)
                if above:
                    down(size * 1.3)
                canvas.drawString(48 if above else max(tab, 60 + stringWidth(label, font, size)), at, value)
                down(size * 1.8)
        else:
            for row in block.rows:
                left = 48.0
                for cell, width in zip(row, wide[id(block)], strict=False):
                    canvas.drawString(left, at, cell)
                    left += width
                down(size * 1.5)
        down(size * 0.8)
    canvas.save()
    return out.getvalue()


def _widths(rows: Rows, font: str, size: int) -> list[float]:
    return [
        max(stringWidth(row[at], font, size) if at < len(row) else 0.0 for row in rows) + 12
        for at in range(max(map(len, rows)))
    ]


def _docx(document: Document, rng: random.Random) -> bytes:
    style = rng.randrange(4)
    parts: list[str] = []
    for block in document.blocks:
        if isinstance(block, Para):
            words = block.text.split(" ")
            cut = rng.randint(0, len(words))  # Word breaks a line of text into runs wherever somebody stopped typing
            first, rest = " ".join(words[:cut]), " ".join(words[cut:])
            parts.append(d.paragraph(d.run(first + (" " if first and rest else "")), d.run(rest)))
        elif isinstance(block, Form):
            if style == 0:
                parts.append(d.word_table([[f"{label}:", value] for label, value in block.lines]))
            elif style == 1:
                for label, value in block.lines:
                    parts += [d.paragraph(d.run(label)), d.paragraph(d.run(value))]
            elif style == 2:
                parts.append(d.word_table([[f"{label}  {value}"] for label, value in block.lines]))
            else:
                parts += [d.paragraph(d.run(f"{label}:"), d.run(f"  {value}")) for label, value in block.lines]
        else:
            parts.append(d.word_table(block.rows))
            parts.append(d.paragraph())
    return d.docx(parts)


def _rows(document: Document) -> Rows:
    rows: Rows = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows += block.rows
        elif isinstance(block, Form):
            rows += [[label, value] for label, value in block.lines]
        else:
            rows.append([block.text])
    return rows


def _xlsx(document: Document, rng: random.Random) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = rng.choice(("Sheet1", "Export", "Data", "Autumn 2", "MASTER"))
    top, left = rng.choice((0, 0, 2, 4)), rng.choice((0, 0, 1))
    if top:
        sheet.cell(1, 1, rng.choice(("Report run 19/11/2026 08:14", "For office use", "Confidential", "DRAFT")))
    for at, row in enumerate(_rows(document)):
        for column, value in enumerate(row):
            cell = sheet.cell(at + top + 1, column + left + 1)
            if re.fullmatch(r"\d\d/\d\d/\d{4}", value):
                day, month, year = map(int, value.split("/"))
                cell.value = date(year, month, day)
                cell.number_format = "dd/mm/yyyy"
            elif re.fullmatch(r"[1-9]\d{0,9}", value):
                cell.value = int(value)
            else:
                cell.value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _csv(document: Document, rng: random.Random) -> bytes:
    out = io.StringIO()
    tables = [row for block in document.blocks if isinstance(block, Table) for row in block.rows]
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(out, delimiter=rng.choice((",", ",", ";", "\t")), quoting=quoting)
    if rng.random() < 0.3:
        writer.writerows([["Report", "Quick list"], ["Run", "19/11/2026"], []])
    writer.writerows(tables or _rows(document))
    made = out.getvalue()
    try:
        return made.encode(rng.choice(("utf-8-sig", "utf-8", "cp1252")))
    except UnicodeEncodeError:
        return made.encode("utf-8-sig")
