"""Further shapes of mail for the wide half: notices, replies above history, invitations, cards, PDF forms."""

from __future__ import annotations

import html as markup
import io
import random
import re
from email.message import EmailMessage

import openpyxl
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

HISTORY = "-----"  # a paragraph of its own: what stands below it is the older mail
ENCODING = "quoted-printable"


def notice(mail: EmailMessage, document: Document, scene: Scene) -> None:
    """Fill `mail` with an HTML notice as a school's systems send it: tables in tables, a button, a footer."""
    rng = scene.rng
    width, accent = rng.choice((560, 600, 640)), rng.choice(("#00684a", "#1f3864", "#d9480f"))
    rows = "".join(f"<tr><td style='padding:6px 24px'>{_noticed(block, rng)}</td></tr>" for block in document.blocks)
    head = markup.escape(scene.fact("school", None))
    foot = rng.choice(
        (
            "You receive this message because your address is registered with the school. Please do not reply.",
            "Sent by the school's messaging service. Manage your notifications in the app.",
            "This mailbox is not monitored.",
        )
    )
    body = (
        f"<table width='100%' bgcolor='#f4f4f4'><tr><td align=center><table width={width} bgcolor='#ffffff'>"
        f"<tr><td bgcolor='{accent}'><table><tr><td><font color=white>{head}</font></td></tr></table></td></tr>{rows}"
        f"<tr><td align=center><a href='https://portal.example/go'>{rng.choice(('View', 'Open', 'Log in'))}</a></td>"
        f"</tr></table><table width={width}><tr><td><small>{foot}</small></td></tr></table></td></tr></table>"
    )
    mail.set_content(f"<!DOCTYPE html><html><body>{body}</body></html>", subtype="html", cte=ENCODING)


def _noticed(block: Block, rng: random.Random) -> str:
    if isinstance(block, Para):
        return f"<table><tr><td>{markup.escape(block.text)}</td></tr></table>"
    if isinstance(block, Form):
        pairs = [(markup.escape(label), markup.escape(value)) for label, value in block.lines]
        if rng.random() < 0.5:
            cells = "".join(f"<tr><td><b>{a}</b></td></tr><tr><td>{b}</td></tr>" for a, b in pairs)
        else:
            cells = "".join(f"<tr><td>{a}</td><td><table><tr><td>{b}</td></tr></table></td></tr>" for a, b in pairs)
        return f"<table>{cells}</table>"
    rows = [row[:-1] if not row[-1] else row for row in block.rows]
    return (
        "<table>"
        + "".join(
            "<tr>" + "".join(f"<td><div><span>{markup.escape(cell)}</span></div></td>" for cell in row) + "</tr>"
            for row in rows
        )
        + "</table>"
    )


def history(mail: EmailMessage, document: Document, scene: Scene) -> None:
    """Fill `mail` with a reply above the mail that it answers, as one of several programs writes it."""
    rng = scene.rng
    at = next(i for i, block in enumerate(document.blocks) if isinstance(block, Para) and block.text == HISTORY)
    new, old = document.blocks[:at], document.blocks[at + 1 :]
    who, office = scene.fact("teacher full", None), scene.fact("office", None)
    subject = re.sub(r"^(re|fw|fwd): *", "", document.subject, flags=re.I)
    way = rng.randrange(5)
    fresh, stale = _plain(new), _plain(old)
    if way == 0:
        quoted = "\n".join(f"> {line}".rstrip() for line in stale.split("\n"))
        mail.set_content(f"{fresh}\n\nOn 18 Nov 2026, at 16:20, {who} <{office}> wrote:\n\n{quoted}\n", cte=ENCODING)
    elif way == 1:
        head = f"From: {who} <{office}>\nSent: 18 November 2026 16:20\nTo: {scene.fact('school', None)}\n"
        mail.set_content(f"{fresh}\n\n{'_' * 32}\n{head}Subject: {subject}\n\n{stale}\n", cte=ENCODING)
    elif way == 2:
        head = f"From: {who}\nDate: Wednesday, 18 November 2026 at 16:20\nSubject: {subject}\n"
        mail.set_content(f"{fresh}\n\n-----Original Message-----\n{head}\n{stale}\n", cte=ENCODING)
    else:
        opened = (
            f"<div class='gmail_quote'><div>On Wed, 18 Nov 2026 at 16:20, {markup.escape(who)} wrote:<br></div>"
            "<blockquote style='border-left:1px solid #ccc'>"
            if way == 3
            else "<div style='border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> "
            f"{markup.escape(who)}<br><b>Sent:</b> 18 November 2026 16:20<br><b>Subject:</b> {markup.escape(subject)}"
            "</p></div><div>"
        )
        closed = "</blockquote></div>" if way == 3 else "</div>"
        body = f"<div>{_marked(new)}</div><br>{opened}{_marked(old)}{closed}"
        mail.set_content(f"<html><body>{body}</body></html>", subtype="html", cte=ENCODING)


def _plain(blocks: list[Block]) -> str:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Para):
            lines.append(block.text)
        elif isinstance(block, Form):
            lines += [f"{label}: {value}" for label, value in block.lines]
        else:
            lines += ["   ".join(cell for cell in row if cell) for row in block.rows]
    return "\n".join(lines)


def _marked(blocks: list[Block]) -> str:
    return "".join(f"<div>{markup.escape(line)}</div>" for line in _plain(blocks).split("\n"))


def invitation(mail: EmailMessage, document: Document, scene: Scene) -> None:
    """Fill `mail` with a calendar invitation: the text, and the same as RFC 5545 beside it or attached."""
    text = _plain(document.blocks)
    day = f"202612{scene.rng.randint(1, 18):02d}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Calendar//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{scene.rng.getrandbits(48):x}@portal.example",
        "DTSTAMP:20261120T080000Z",
        f"DTSTART:{day}T{scene.rng.randint(9, 15):02d}0000Z",
        "DURATION:PT45M",
        f"SUMMARY:{_escaped(document.subject)}",
        f"DESCRIPTION:{_escaped(text)}",
        f"LOCATION:{scene.rng.choice(('Library', 'Meeting room 2', 'Online', 'Family room'))}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    data = "\r\n".join(_folded(line) for line in lines)
    if scene.rng.random() < 0.6:
        mail.set_content(scene.rng.choice((text, "You have been invited to a meeting.\n", "\n")), cte=ENCODING)
        mail.add_alternative(data, subtype="calendar", cte=ENCODING)
    else:
        mail.set_content("Invitation attached\n")
        mail.add_attachment(data.encode(), maintype="text", subtype="calendar", filename="invite.ics")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Fold at 74 characters as RFC 5545 3.1 has it (a space begins what is carried over)."""
    return "\r\n ".join(line[at : at + 73] for at in range(0, len(line), 73)) or line


def spanned(mail: EmailMessage, document: Document, scene: Scene) -> None:
    """Fill `mail` with a table whose first cell goes down over three rows, as a report of grades by pupil does."""
    rng = scene.rng
    made: list[str] = []
    for block in document.blocks:
        if not isinstance(block, Table):
            made.append(f"<p>{markup.escape(_plain([block]))}</p>")
            continue
        head, *rows = [row[:-1] if not row[-1] else row for row in block.rows]
        made.append("<table border=1><tr>" + "".join(f"<th>{markup.escape(c)}</th>" for c in head) + "</tr>")
        for first, *rest in rows:
            cells = [[markup.escape(c) for c in rest] for _ in range(3)]
            for row in cells[1:]:
                row[0], row[-1] = rng.choice(("Art", "French", "Computing", "RE")), str(rng.randint(1, 9))
            for at, row in enumerate(cells):
                opening = f"<td rowspan=3>{markup.escape(first)}</td>" if at == 0 else ""
                made.append(f"<tr>{opening}" + "".join(f"<td>{c}</td>" for c in row) + "</tr>")
        made.append("</table>")
    mail.set_content(f"<html><body>{''.join(made)}</body></html>", subtype="html", cte=ENCODING)


BODIES = {"notice": notice, "hist": history, "ics": invitation, "span": spanned}


def common_transfer(document: Document, rng: random.Random) -> bytes:
    """Return an XML file in the manner of a common transfer file: an element for each line of a form."""
    made: list[str] = []
    for block in document.blocks:
        for label, value in block.lines if isinstance(block, Form) else []:
            made.append(f"<{label.replace(' ', '')}>{markup.escape(value)}</{label.replace(' ', '')}>")
    gap = rng.choice(("", "\n", "\n      "))
    inner = gap.join(made)
    pupil = f"<CTFpupilData><Pupil>{inner}</Pupil></CTFpupilData>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<CTfile>{pupil}</CTfile>'.encode()


def card(document: Document, rng: random.Random) -> bytes:
    """Return vCards: each form line is a property (label) and its value; FN begins the next card."""
    made: list[str] = []
    for block in document.blocks:
        for label, value in block.lines if isinstance(block, Form) else []:
            if label == "FN":
                made += ["END:VCARD"] if made else []
                made += ["BEGIN:VCARD", "VERSION:3.0"]
            made.append(_folded(f"{label}:{_escaped(value)}"))
    return "\r\n".join([*made, "END:VCARD", ""]).encode()


def fillable(document: Document, rng: random.Random) -> bytes:
    """Return a PDF whose values stand in the fields of a form."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    at, above = 800.0, rng.random() < 0.5
    for block in document.blocks:
        lines = block.lines if isinstance(block, Form) else [(line, "") for line in _plain([block]).split("\n")]
        for number, (label, value) in enumerate(lines):
            canvas.setFont("Helvetica", 9)
            canvas.drawString(48, at, label)
            if isinstance(block, Form):
                at -= 20 if above else 0
                left = 48 if above else 220
                name = f"{rng.choice(('Text', 'field', 'f1_'))}{number}"
                canvas.acroForm.textfield(name=name, value=value, x=left, y=at - 5, width=300, height=16, fontSize=9)
            at -= 24
            if at < 60:
                canvas.showPage()
                at = 800
    canvas.save()
    return out.getvalue()


def odd(document: Document, rng: random.Random) -> bytes:
    """Return a workbook with a merged title, a group row above the heads, an empty column and a foot."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = rng.choice(("Tab 3", "By class", "PRINT ME", "Autumn"))
    at = 1
    for block in document.blocks:
        rows = block.rows if isinstance(block, Table) else []
        if not rows:
            for line in _plain([block]).split("\n"):
                sheet.cell(at, 1, line)
                at += 1
            continue
        rows = [row[:-1] if not row[-1] else row for row in rows]
        wide = max(map(len, rows)) + 1
        sheet.cell(at, 1, document.subject)
        sheet.merge_cells(start_row=at, start_column=1, end_row=at, end_column=wide)
        gap = rng.choice((1, 2, wide))  # an empty column after so many
        for row in rows:
            at += 1
            for column, value in enumerate(row, 1):
                sheet.cell(at, column + (column > gap), int(value) if re.fullmatch(r"[1-9]\d{0,8}", value) else value)
        at += 2
        sheet.cell(at, 1, f"n = {len(rows) - 1}")
        at += 2
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FILES = {"vcf": card, "fields": fillable, "odd": odd, "xml": common_transfer}
