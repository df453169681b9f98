"""One filled template -> the bytes of a message, laid out by one half's layouts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from types import ModuleType

from bench.quality.documents import fits_pdf, zipped
from bench.quality.facts import Scene
from bench.quality.templates import Block, Document, Form, Para, Table, Template

_MIME = {
    "pdf": ("application", "pdf"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": ("text", "csv"),
    "zip": ("application", "zip"),
    "xml": ("text", "xml"),
    "vcf": ("text", "vcard"),
    "fields": ("application", "pdf"),
    "rtf": ("application", "rtf"),
    "ods": ("application", "vnd.oasis.opendocument.spreadsheet"),
    "odd": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_ENDINGS = {"fields": "pdf", "odd": "xlsx"}  # kinds that are named otherwise than their files


def text_of(document: Document) -> str:
    """Return all words of a document, one block a line."""
    lines: list[str] = []
    for block in document.blocks:
        if isinstance(block, Para):
            lines.append(block.text)
        elif isinstance(block, Form):
            lines += [f"{label}: {value}" for label, value in block.lines]
        elif isinstance(block, Table):
            lines += [" | ".join(row) for row in block.rows]
    return "\n".join(lines)


def turned(document: Document) -> Document:
    """Return the document with every table turned: a column for each row."""
    blocks: list[Block] = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows = [row[:-1] if not row[-1] else row for row in block.rows]
            wide = max(map(len, rows))
            full = [row + [""] * (wide - len(row)) for row in rows]
            blocks.append(Table([list(column) for column in zip(*full, strict=True)]))
        else:
            blocks.append(block)
    return replace(document, blocks=blocks)


def send(
    document: Document, template: Template, layouts: ModuleType, scene: Scene, visible: list[str]
) -> tuple[str, bytes]:
    """Return how the document travels and the message; `visible` recipients stand in To, else the school itself."""
    rng = scene.rng
    kind = rng.choice(template.kinds)
    if "turned" in template.options:
        document = turned(document)
    if kind in ("pdf", "fields") and not fits_pdf(text_of(document)):
        kind = "docx"  # the font of the machine-independent PDF lacks these letters
    mail = EmailMessage()
    assert scene.sender
    mail["From"] = f"{scene.sender.forename} {scene.sender.surname} <{scene.sender.email}>"
    mail["To"] = ", ".join(visible) or f"office@{scene.town.school_of[scene.pupil.school].domain}"
    mail["Date"] = format_datetime(datetime(2026, 11, 20, 8, 30, tzinfo=UTC) + timedelta(minutes=rng.randint(0, 500)))
    mail["Message-ID"] = f"<{rng.getrandbits(64):x}@{scene.sender.email.partition('@')[2]}>"
    if own := getattr(layouts, "BODIES", {}).get(kind):
        mail["Subject"] = document.subject
        own(mail, document, scene)
        return kind, mail.as_bytes()
    if kind in ("text", "broken", "fwd", "html"):
        mail["Subject"] = document.subject
        body = document.raw + "\n" if kind == "broken" else layouts.text(document, rng)
        if kind == "fwd":
            body = layouts.forwarded(document.subject, body, scene)
            mail.replace_header("Subject", f"{rng.choice(('FW', 'Fwd', 'RE'))}: {document.subject}")
        if kind == "html":
            mail.set_content(layouts.html(document, rng), subtype="html", cte=layouts.ENCODING)
            if rng.random() < 0.5:
                mail.clear_content()
                mail.set_content(body, cte=layouts.ENCODING)
                mail.add_alternative(layouts.html(document, rng), subtype="html", cte=layouts.ENCODING)
        else:
            mail.set_content(body, cte=layouts.ENCODING)
        return kind, mail.as_bytes()
    if "subject-stays" in template.options:
        mail["Subject"] = document.subject
    else:
        mail["Subject"] = rng.choice(layouts.SUBJECTS)
    mail.set_content(
        rng.choice(layouts.COVERS).format(staff=scene.fact("staff", None), school=scene.fact("school", None))
    )
    name = document.file or rng.choice(layouts.FILES)
    if kind == "eml":
        inner = EmailMessage()
        inner["From"], inner["To"], inner["Subject"] = (
            mail["From"],
            "head@" + scene.fact("domain", None),
            document.subject,
        )
        inner.set_content(layouts.text(document, rng))
        mail.add_attachment(inner)
        return kind, mail.as_bytes()
    if kind == "zip":
        ending = rng.choice(("docx", "csv"))
        data = zipped({f"{name}.{ending}": layouts.write(ending, document, template, rng)})
    else:
        data = layouts.write(kind, document, template, rng)
    main, sub = _MIME[kind]
    mail.add_attachment(data, maintype=main, subtype=sub, filename=f"{name}.{_ENDINGS.get(kind, kind)}")
    return kind, mail.as_bytes()
