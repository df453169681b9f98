"""How the frozen half lays its documents out: letterheads, wrapped lines, forms as tables, split runs, odd sheets."""

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
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Ruled

ENCODING = "quoted-printable"
SUBJECTS = ("Attachment", "As promised", "Sent from the office scanner", "From school", "File", "Papers")
COVERS = (
    "Good morning\n\nAs promised, here is the file. Do ring if anything is not clear.\n\n"
    "Regards\n\n-- \n{staff}\n{school}\n",
    "Hi\nattached\nthx\n{staff}\n",
    "To whom it may concern,\n\nKindly find enclosed the paper mentioned above.\n\nYours faithfully,\n{staff}\n\n"
    "This e-mail is confidential. If you are not the person it is meant for please delete it and tell us.\n",
)
FILES = ("Enclosure", "20261120_0815", "New Microsoft Word Document", "Final v2", "Copy")


def text(document: Document, rng: random.Random) -> str:
    """Return a plain text body, wrapped as old mail programs do it."""
    return "\n\n".join(_text(block) for block in document.blocks) + "\n"


def _text(block: Block) -> str:
    if isinstance(block, Para):
        return textwrap.fill(block.text, 72)
    if isinstance(block, Form):
        return "\n".join(f"{label + ':':<24}{value}" for label, value in block.lines)
    return "\n".join(" | ".join(row) for row in block.rows)


def html(document: Document, rng: random.Random) -> str:
    """Return an HTML body as word processors make it: divisions, spans, line breaks, tables for layout."""
    made = []
    for block in document.blocks:
        if isinstance(block, Para):
            head, _, tail = block.text.partition(" ")
            made.append(
                f'<div style="margin:0cm"><span style="font-size:11pt">{markup.escape(head)}</span>'
                f"<span>&nbsp;{markup.escape(tail)}</span><br></div>"
            )
        elif isinstance(block, Form):
            made.append("<div>" + "<br>".join(f"<b>{markup.escape(a)}:</b> {markup.escape(b)}" for a, b in block.lines))
            made.append("</div>")
        else:
            heads, *rows = block.rows
            made.append("<table><thead><tr>" + "".join(f"<th>{markup.escape(c)}</th>" for c in heads) + "</tr></thead>")
            for row in rows:
                made.append("<tr>" + "".join(f"<td><p><span>{markup.escape(c)}</span></p></td>" for c in row) + "</tr>")
            made.append("</table>")
    return (
        '<html><head><style>td{padding:4px}</style></head><body><table width="600"><tr><td>'
        f"{''.join(made)}</td></tr></table></body></html>"
    )


def forwarded(subject: str, body: str, scene: Scene) -> str:
    """Return a body with the document quoted below, as a program of another make does it."""
    who = scene.fact("teacher full", None)
    quoted = "\n".join(f"> {line}" for line in body.split("\n"))
    note = scene.rng.choice(("Any thoughts?", "One for you I think.", "Over to you", "See trail."))
    return f"{note}\n\nOn Tue, 17 Nov 2026 at 09:14, {who} wrote:\n\n{quoted}"


def write(kind: str, document: Document, template: Template, rng: random.Random) -> bytes:
    """Return the document as a file of this kind."""
    return {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "csv": _csv}[kind](document, template)


def _pdf(document: Document, template: Template) -> bytes:
    style = ParagraphStyle("body", fontName=d.pdf_font(), fontSize=10, leading=14)
    flow: list[Flowable] = []
    for block in document.blocks:
        if isinstance(block, Para):
            flow.append(Paragraph(markup.escape(block.text), style))
        else:
            rows = [[f"{a}:", b] for a, b in block.lines] if isinstance(block, Form) else block.rows
            width = max(len(row) for row in rows)
            cells = [[Paragraph(markup.escape(c), style) for c in [*row, *[""] * (width - len(row))]] for row in rows]
            flow.append(
                Ruled(cells, style=[("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")])
            )
        flow.append(Spacer(1, 8))
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4).build(flow)
    return out.getvalue()


def _docx(document: Document, template: Template) -> bytes:
    parts = []
    for at, block in enumerate(document.blocks):
        if isinstance(block, Para):
            if "tracked" in template.options and at == len(document.blocks) - 1:
                half = len(block.text) // 2
                parts.append(d.paragraph(d.deleted(block.text[:half]), d.deleted(block.text[half:])))
                continue
            pieces = [
                block.text[n : n + 11] for n in range(0, len(block.text), 11)
            ]  # as an editor's history leaves them
            parts.append(d.paragraph(*(d.run(piece) for piece in pieces)))
        elif isinstance(block, Form):
            parts.append(d.word_table([label, value] for label, value in block.lines))
        else:
            parts.append(d.word_table(block.rows))
    return d.docx(parts)


def _rows(document: Document) -> list[list[str]]:
    rows: list[list[str]] = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows += [[], *block.rows]
        elif isinstance(block, Form):
            rows += [["", label, value] for label, value in block.lines]
        else:
            rows.append([block.text])
    return rows


def _xlsx(document: Document, template: Template) -> bytes:
    tables = [block for block in document.blocks if isinstance(block, Table)]
    if "hidden" in template.options:
        shown: list[list[str]] = [[b.text] for b in document.blocks if isinstance(b, Para)]
        rows = [row for table in tables for row in table.rows]
        return d.workbook({"Front": shown, "Lookup": [["do not delete"], [], *rows]}, hidden="Lookup")
    return d.workbook({"Cover": [["Printed 20 November 2026"]], "List": [[document.file or "Sheet"], *_rows(document)]})


def _csv(document: Document, template: Template) -> bytes:
    out = io.StringIO()
    tables = [row for block in document.blocks if isinstance(block, Table) for row in block.rows]
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(tables or _rows(document))
    return out.getvalue().encode("utf-16")
