"""How the tuning half lays its documents out: plain letters, one block a paragraph."""

from __future__ import annotations

import csv
import html as markup
import io
import random
import textwrap

from bench.quality import documents as d
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table, Template
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

ENCODING = "base64"
SUBJECTS = ("Letter from school", "Please find attached", "Document", "For your information", "School letter")
COVERS = (
    "Dear Parent/Carer,\n\nPlease find attached a letter from school.\n\nKind regards,\n{staff}\n{school}\n",
    "Hello,\n\nThe document we spoke about is attached.\n\nMany thanks\n{staff}\n",
    "Please see attached.\n\n{staff}\n",
)
FILES = ("letter", "Document1", "scan_20261119", "Letter home FINAL", "attachment")


def text(document: Document, rng: random.Random) -> str:
    """Return a plain text body; long lines stay long."""
    return "\n\n".join(_text(block) for block in document.blocks) + "\n"


def _text(block: Block) -> str:
    if isinstance(block, Para):
        return block.text
    if isinstance(block, Form):
        return "\n".join(f"{label}: {value}" for label, value in block.lines)
    return "\n".join("  ".join(f"{cell:<16}" for cell in row).rstrip() for row in block.rows)


def html(document: Document, rng: random.Random) -> str:
    """Return an HTML body of paragraphs and tables."""
    made = []
    for block in document.blocks:
        if isinstance(block, Para):
            made.append(f"<p>{markup.escape(block.text)}</p>")
        elif isinstance(block, Form):
            rows = "".join(
                f"<tr><td><b>{markup.escape(a)}</b></td><td>{markup.escape(b)}</td></tr>" for a, b in block.lines
            )
            made.append(f"<table>{rows}</table>")
        else:
            cells = ["".join(f"<td>{markup.escape(c)}</td>" for c in row) for row in block.rows]
            made.append("<table border=1>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>")
    return f"<html><body>{''.join(made)}</body></html>"


def forwarded(subject: str, body: str, scene: Scene) -> str:
    """Return a body with the document below as a forwarded message, as Outlook does it."""
    who = scene.fact("teacher full", None)
    note = scene.rng.choice(
        ("Please see below.", "FYI", "For your information, see the message below.", "As discussed.")
    )
    return (
        f"{note}\n\n-----Original Message-----\nFrom: {who}\nSent: 18 November 2026 15:42\nSubject: {subject}\n\n{body}"
    )


def write(kind: str, document: Document, template: Template, rng: random.Random) -> bytes:
    """Return the document as a file of this kind."""
    return {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "csv": _csv}[kind](document, template)


def _pdf(document: Document, template: Template) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    font, at = d.pdf_font(), 790
    canvas.setFont(font, 10)
    for block in document.blocks:
        for line in _text(block).split("\n") if not isinstance(block, Para) else textwrap.wrap(block.text, 88):
            canvas.drawString(60, at, line)
            at -= 14
            if at < 60:
                canvas.showPage()
                canvas.setFont(font, 10)
                at = 790
        at -= 8
    canvas.save()
    return out.getvalue()


def _docx(document: Document, template: Template) -> bytes:
    parts = []
    for at, block in enumerate(document.blocks):
        if isinstance(block, Para):
            struck = "tracked" in template.options and at == len(document.blocks) - 1
            parts.append(d.paragraph(d.deleted(block.text) if struck else d.run(block.text)))
        elif isinstance(block, Form):
            parts += [d.paragraph(d.run(f"{label}: {value}")) for label, value in block.lines]
        else:
            parts.append(d.word_table(block.rows))
    return d.docx(parts)


def _rows(document: Document) -> list[list[str]]:
    rows: list[list[str]] = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows += block.rows
        elif isinstance(block, Form):
            rows += [[label, value] for label, value in block.lines]
        else:
            rows.append([block.text])
    return rows


def _xlsx(document: Document, template: Template) -> bytes:
    tables = [block for block in document.blocks if isinstance(block, Table)]
    if "hidden" in template.options:
        shown: list[list[str]] = [[b.text] for b in document.blocks if isinstance(b, Para)]
        return d.workbook({"Sheet1": shown, "Data": [row for table in tables for row in table.rows]}, hidden="Data")
    return d.workbook({"Sheet1": _rows(document)})


def _csv(document: Document, template: Template) -> bytes:
    out = io.StringIO()
    tables = [row for block in document.blocks if isinstance(block, Table) for row in block.rows]
    csv.writer(out).writerows(tables or _rows(document))
    return out.getvalue().encode("utf-8-sig")
