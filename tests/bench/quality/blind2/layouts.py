"""How the second blind half lays its documents out: other hands and other files than every half before it."""

from __future__ import annotations

import html as markup
import io
import random
import textwrap
from email.message import EmailMessage

from bench.quality import documents as d
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table, Template
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

ENCODING = "base64"
SUBJECTS = ("fwd doc", "Enclosed", "the one you asked for", "Scan", "Copy for you", "re.")
COVERS = (
    "Enclosed.\n\n{staff}\n",
    "Dear colleague / parent,\n\nthe document is enclosed.\n\n{school}\n",
    "here you are\n",
    "--\n{staff}\n{school}\n",
)
FILES = ("Document", "Print job 7", "new", "Untitled 3", "page 1")
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def text(document: Document, rng: random.Random) -> str:
    """Return a plain text body in one of several hands."""
    form, table, mark = rng.randrange(5), rng.randrange(5), rng.choice(("", "", "* ", "• "))
    lines = "\n".join(_text(block, form, table) for block in document.blocks)
    short = [f"{mark}{line}" if mark and line and len(line) < 90 else line for line in lines.split("\n")]
    return rng.choice(("\n", "\n\n")).join(short) + "\n"


def _text(block: Block, form: int, table: int) -> str:
    if isinstance(block, Para):
        return block.text
    if isinstance(block, Form):
        pairs = block.lines
        return (
            "\n".join(f"{label.upper()}  {value}" for label, value in pairs),
            " / ".join(f"{label} {value}" for label, value in pairs),
            "\n".join(f"[{label}] {value}" for label, value in pairs),
            "\n".join(f"{label} = {value}" for label, value in pairs),
            "\n".join(f"{label}\n{'-' * len(label)}\n{value}" for label, value in pairs),
        )[form]
    rows = [row[:-1] if not row[-1] else row for row in block.rows]
    if table == 0:
        rule = "|".join("---" for _ in rows[0])
        made = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([made[0], f"|{rule}|", *made[1:]])
    if table == 1:
        return "\n".join(" – ".join(cell for cell in row if cell) for row in rows)
    if table == 2:
        return "\n".join("; ".join(f"{h} {c}" for h, c in zip(rows[0], row, strict=False)) for row in rows[1:])
    if table == 3:
        return "\n".join("\t\t".join(row) for row in rows)
    wide = [max(len(row[at]) if at < len(row) else 0 for row in rows) for at in range(len(rows[0]))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, wide, strict=False)) for row in rows)


def html(document: Document, rng: random.Random) -> str:
    """Return an HTML body as a word processor, a form tool or a telephone writes it."""
    style = rng.randrange(4)
    made = "".join(_html(block, style) for block in document.blocks)
    ahead = rng.choice(("", "<div style='display:none;max-height:0'>A message from school</div>"))
    return f"<html lang='en-GB'><body style='margin:0'>{ahead}<main>{made}</main></body></html>"


def _html(block: Block, style: int) -> str:
    if isinstance(block, Para):
        inner = markup.escape(block.text)
        return (
            f"<p dir='ltr'><span>{inner}</span></p>",
            f"<ul><li>{inner}</li></ul>",
            f"<section><font face='Arial'>{inner}</font></section>",
            f"{inner}<br/>",
        )[style]
    if isinstance(block, Form):
        pairs = [(markup.escape(a), markup.escape(b)) for a, b in block.lines]
        if style == 0:
            return "<table>" + "".join(f"<tr><th scope='row'>{a}</th><td>{b}</td></tr>" for a, b in pairs) + "</table>"
        if style == 1:
            return "<ul>" + "".join(f"<li><em>{a}</em> — {b}</li>" for a, b in pairs) + "</ul>"
        if style == 2:
            heads, cells = "".join(f"<td>{a}</td>" for a, _ in pairs), "".join(f"<td>{b}</td>" for _, b in pairs)
            return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"
        return "".join(f"<h4>{a}</h4><p>{b}</p>" for a, b in pairs)
    rows = [row[:-1] if not row[-1] else row for row in block.rows]
    cells = ["".join(f"<td>{markup.escape(cell)}</td>" for cell in row) for row in rows]
    if style == 1:
        return (
            "<ol>" + "".join(f"<li>{', '.join(map(markup.escape, filter(None, row)))}</li>" for row in rows) + "</ol>"
        )
    return f"<table><caption>Sheet</caption>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def forwarded(subject: str, body: str, scene: Scene) -> str:
    """Return a body with the document below it as older or other mail programs have it."""
    who = scene.fact("teacher full", None)
    return scene.rng.choice(
        (
            f"pls see\n\n----- Forwarded by {who} on 18/11/2026 07:51 -----\n\nSubject: {subject}\n\n{body}",
            f"as below\n\n=== Original ===\nVon/From: {who}\nBetreff/Subject: {subject}\n\n{body}",
            "?\n\n" + "\n".join(f"| {line}" for line in body.split("\n")),
        )
    )


def house(mail: EmailMessage, document: Document, scene: Scene) -> None:
    """Fill `mail` in a house style: set type, one cell, or a list, by turns."""
    lines = text(document, random.Random(scene.rng.random())).strip("\n").split("\n")
    way = scene.rng.randrange(4)
    if way == 0:
        mail.set_content("\n".join(textwrap.fill(line, 44, subsequent_indent="    ") for line in lines) + "\n")
        return
    inner = [markup.escape(line) for line in lines]
    body = (
        "",
        f"<pre>{chr(10).join(inner)}</pre>",
        f"<table border=1><tr><td>{'<br>'.join(inner)}</td></tr></table>",
        f"<ol>{''.join(f'<li><p>{line}</p></li>' for line in inner if line)}</ol>",
    )[way]
    mail.set_content(f"<html><body>{body}</body></html>", subtype="html", cte=ENCODING)


BODIES = {"own": house}


def write(kind: str, document: Document, template: Template, rng: random.Random) -> bytes:
    """Return the document as a file of this kind."""
    return {"pdf": _pdf, "docx": _docx, "rtf": _rtf, "ods": _ods}[kind](document, rng)


def _lines(document: Document, mark: str) -> list[str]:
    lines: list[str] = []
    for block in document.blocks:
        if isinstance(block, Para):
            lines.append(block.text)
        elif isinstance(block, Form):
            lines += [f"{label}{mark}{value}" for label, value in block.lines]
        else:
            lines += ["    ".join(row) for row in block.rows]
    return lines


def _pdf(document: Document, rng: random.Random) -> bytes:
    out = io.BytesIO()
    font, at, size = d.pdf_font(), 540.0, rng.choice((7, 10))
    canvas = Canvas(out, pagesize=A5)
    canvas.setFont(font, size)

    def put(left: float, words: str, step: float) -> None:
        nonlocal at
        if at < 40:
            canvas.showPage()
            canvas.setFont(font, size)
            at = 540.0
        canvas.drawString(left, at, words)
        at -= step

    below = rng.random() < 0.5  # what each label says stands below it, set in
    for block in document.blocks:
        if isinstance(block, Form):
            for label, value in block.lines:
                put(30, label if below else f"{label} ", size * 1.4 if below else 0)
                put(46 if below else 230, value, size * 2)
        elif isinstance(block, Table):
            for row in block.rows:
                put(30, "   ".join(filter(None, row)), size * 1.6)
        else:
            for line in textwrap.wrap(block.text, 520 // size) or [""]:
                put(30, line, size * 1.5)
    canvas.save()
    return out.getvalue()


def _docx(document: Document, rng: random.Random) -> bytes:
    parts: list[str] = []
    sideways = rng.random() < 0.5
    for block in document.blocks:
        if isinstance(block, Para):
            parts.append(d.word_table([[block.text]]) if rng.random() < 0.3 else d.paragraph(d.run(block.text)))
        elif isinstance(block, Form) and sideways:
            parts.append(d.word_table([[a for a, _ in block.lines], [b for _, b in block.lines]]))
        elif isinstance(block, Form):
            parts.append(d.word_table([cell] for pair in block.lines for cell in pair))
        else:
            parts.append(d.word_table([[str(at or "No"), *row] for at, row in enumerate(block.rows)]))
        parts.append(d.paragraph())
    return d.docx(parts)


def _rtf(document: Document, rng: random.Random) -> bytes:
    def escaped(line: str) -> str:
        made = line.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
        units = made.encode("utf-16-le")
        codes = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
        return "".join(chr(c) if c < 128 else f"\\u{c - 65536 if c > 32767 else c}?" for c in codes)

    mark = rng.choice((":  ", "\t", " "))
    body = "\\par\n".join(escaped(line).replace("\t", "\\tab ") for line in _lines(document, mark))
    return f"{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0 Arial;}}}}\\f0\\fs22 {body}\\par}}".encode("ascii")


def _ods(document: Document, rng: random.Random) -> bytes:
    rows = [row for block in document.blocks if isinstance(block, Table) for row in block.rows]
    if rng.random() < 0.5:
        rows = [[document.subject], [], *rows]
    cells = "".join(
        "<table:table-row>"
        + "".join(
            "<table:table-cell office:value-type='string'><text:p>"
            + markup.escape(cell, quote=False)
            + "</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        "<?xml version='1.0' encoding='UTF-8'?><office:document-content office:version='1.2' "
        f"xmlns:office='{_ODF}:office:1.0' xmlns:table='{_ODF}:table:1.0' xmlns:text='{_ODF}:text:1.0'>"
        f"<office:body><office:spreadsheet><table:table table:name='Blad1'>{cells}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f"<manifest:manifest xmlns:manifest='{_ODF}:manifest:1.0' manifest:version='1.2'>"
        f"<manifest:file-entry manifest:full-path='/' manifest:media-type='{kind}'/>"
        "<manifest:file-entry manifest:full-path='content.xml' manifest:media-type='text/xml'/></manifest:manifest>"
    )
    return d.zipped(
        {"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    )
