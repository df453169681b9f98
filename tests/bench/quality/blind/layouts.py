"""How the blind half lays its documents out: neither the first halves' hands nor the wide half's."""

from __future__ import annotations

import csv
import html as markup
import io
import random
import textwrap

import openpyxl
from bench.quality import documents as d
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table, Template
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

ENCODING = "base64"
SUBJECTS = ("Fwd: doc", "see attached", "From the school office", "(no subject)", "Information", "file for you")
COVERS = (
    "Hello, the file is attached.\n\n{staff}\n",
    "Afternoon,\n\nas discussed, please find attached.\nLet me know if it won't open.\n\n{staff}\n{school}\n",
    "attached\n",
)
FILES = ("Document", "Untitled spreadsheet", "Letter (2)", "export_1911", "Scanned from a Xerox", "v2")

Rows = list[list[str]]


def _trim(rows: Rows) -> Rows:
    return [row[:-1] if not row[-1] else row for row in rows]


def text(document: Document, rng: random.Random) -> str:
    """Return a plain text body."""
    form, table = rng.randrange(5), rng.randrange(4)
    lines = [_text(block, form, table) for block in document.blocks]
    return rng.choice(("\n\n", "\n\n\n", "\r\n")).join(lines) + "\n"


def _text(block: Block, form: int, table: int) -> str:
    if isinstance(block, Para):
        return block.text
    if isinstance(block, Form):
        made = []
        for label, value in block.lines:
            made.append(
                (
                    f"{label.upper()}: {value}",
                    f"{label} = {value}",
                    f"• {label}: {value}",
                    f"{label}\t{value}",
                    f"[{label}] {value}",
                )[form]
            )
        return ("; " if form == 1 else "\n").join(made)
    head, *rows = _trim(block.rows)
    if table == 0:
        return "\n".join(" ; ".join(row) for row in [head, *rows])
    if table == 1:
        return "\n".join("  ".join(row) for row in [head, *rows])
    if table == 2:
        return "\n".join(f"{at + 1}. " + " - ".join(c for c in row if c) for at, row in enumerate(rows))
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def html(document: Document, rng: random.Random) -> str:
    """Return an HTML body: a web mailer's paragraphs, tables without heads' marks, lists for forms."""
    style = rng.randrange(3)
    made = []
    for block in document.blocks:
        if isinstance(block, Para):
            made.append(f"<div>{markup.escape(block.text)}</div><div><br></div>")
        elif isinstance(block, Form):
            pairs = [(markup.escape(a), markup.escape(b)) for a, b in block.lines]
            if style == 0:
                made.append("<ul>" + "".join(f"<li><i>{a}</i>: {b}</li>" for a, b in pairs) + "</ul>")
            elif style == 1:
                made.append("<table><tr>" + "".join(f"<td>{a}</td>" for a, _ in pairs) + "</tr><tr>")
                made.append("".join(f"<td>{b}</td>" for _, b in pairs) + "</tr></table>")
            else:
                made.append("".join(f"<h4>{a}</h4><p>{b}</p>" for a, b in pairs))
        else:
            rows = ["".join(f"<td>{markup.escape(c)}</td>" for c in row) for row in _trim(block.rows)]
            made.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
    return f"<div style='font:11pt Arial'>{''.join(made)}</div>"


def forwarded(subject: str, body: str, scene: Scene) -> str:
    """Return a body with the document below it."""
    who = scene.fact("teacher full", None)
    if scene.rng.random() < 0.5:
        return f"^^ this\n\n> From: {who}\n> Subject: {subject}\n>\n" + "\n".join("> " + x for x in body.split("\n"))
    return f"one for you\n\n{'=' * 30}\n{who}, 17/11/2026 16:20\nRe: {subject}\n\n{body}"


def write(kind: str, document: Document, template: Template, rng: random.Random) -> bytes:
    """Return the document as a file of this kind."""
    return {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "csv": _csv}[kind](document, rng)


def _pdf(document: Document, rng: random.Random) -> bytes:
    out = io.BytesIO()
    font, size, at = d.pdf_font(), rng.choice((9, 10, 12)), 780.0
    tables = [_trim(b.rows) for b in document.blocks if isinstance(b, Table)]
    column = 14 + max((stringWidth(cell, font, size) for rows in tables for row in rows for cell in row), default=0)
    most = max((len(row) for rows in tables for row in rows), default=0)
    canvas = Canvas(out, pagesize=(max(A4[0], 80 + column * most), A4[1]))
    canvas.setFont(font, size)
    lines: list[list[str]] = []
    for block in document.blocks:
        if isinstance(block, Para):
            lines += [[line] for line in textwrap.wrap(block.text, 80)]
        elif isinstance(block, Form):
            lines += [[f"{label}: {value}"] for label, value in block.lines]
        else:
            lines += _trim(block.rows)
        lines.append([])
    for line in lines:
        for position, cell in enumerate(line):
            canvas.drawString(40 + position * column, at, cell)
        at -= size * 1.5
        if at < 60:
            canvas.showPage()
            canvas.setFont(font, size)
            at = 780
    canvas.save()
    return out.getvalue()


def _docx(document: Document, rng: random.Random) -> bytes:
    boxed = rng.random() < 0.5
    parts: list[str] = []
    for block in document.blocks:
        if isinstance(block, Para):
            parts.append(d.paragraph(d.run(block.text)))
        elif isinstance(block, Form):
            if boxed:  # two fields beside each other, as forms have them
                cells = [f"{label}: {value}" for label, value in block.lines]
                parts.append(d.word_table([cells[at : at + 2] for at in range(0, len(cells), 2)]))
            else:
                parts += [d.paragraph(d.run(f"{label}:\t{value}")) for label, value in block.lines]
        else:
            parts.append(d.word_table(_trim(block.rows)))
    return d.docx(parts)


def _rows(document: Document) -> Rows:
    rows: Rows = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows += _trim(block.rows)
        elif isinstance(block, Form):
            rows += [[f"{label}:", "", value] for label, value in block.lines]
        else:
            rows += [[block.text], []]
    return rows


def _xlsx(document: Document, rng: random.Random) -> bytes:
    book = openpyxl.Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "Notes"
    cover.append(["Do not edit. Filter by column."])
    sheet = book.create_sheet(rng.choice(("List", "Tracker 26-27", "All", "Sheet2")), 0)
    for row in _rows(document):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _csv(document: Document, rng: random.Random) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=rng.choice((",", "|"))).writerows(_rows(document))
    return out.getvalue().encode(rng.choice(("utf-8", "utf-16")))
