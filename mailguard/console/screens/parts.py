"""Parts of a held message: a page of a PDF as a picture with the findings boxed, its HTML as it looks, and attachments
to download."""

from __future__ import annotations

import re
from concurrent.futures import TimeoutError as Late
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from mailguard.console import looks as own_look
from mailguard.console.page import NotFound, Page
from mailguard.model import Message, Place
from mailguard.observe import log_failure
from mailguard.store import Gone, audit, queue
from mailguard.store.holds import Held
from mailguard.workers import WorkersError

_MOST_WORDS = 40
_MOST_MARKED = 200


def picture(page: Page) -> Response:
    """The page of a part as PNG. Only pages with a finding are shown: the others are nobody's business."""
    held, content = _message(page)
    part, number = tuple(page.query.all("part")), page.params["number"]
    place = (*part, f"page {number}")
    words = [
        evidence.text
        for one in held.recipients
        for finding in one.findings
        for evidence in finding.evidence
        if evidence.place == place
    ]
    if not words or not number.isdecimal():
        raise NotFound
    try:
        png = page.site.page_picture(content, part, int(number), list(dict.fromkeys(words))[:_MOST_WORDS])
    except (WorkersError, Late, RuntimeError) as error:
        log_failure(error, message=held.id, stage="console")
        png = b""
    if not png:
        raise NotFound
    return Response(png, media_type="image/png")


def looks(page: Page) -> Response:
    """The message's HTML, made harmless, the findings marked: to be shown in a frame of its page and nowhere else."""
    held, content = _message(page)
    found = [
        evidence.text
        for one in held.recipients
        for finding in one.findings
        for evidence in finding.evidence
        if evidence.place[:1] == ("body",)
    ]
    try:
        made = page.site.looks(content, list(dict.fromkeys(found))[:_MOST_MARKED])
    except (WorkersError, Late, RuntimeError) as error:
        log_failure(error, message=held.id, stage="console")
        made = ""
    headers = {"content-security-policy": own_look.POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(made or own_look.NONE, headers=headers)


def download(page: Page) -> Response:
    """A part as it is, never to be shown by the browser; written down."""
    held, content = _message(page)
    place: Place = tuple(page.query.all("part"))
    if not place:
        raise NotFound
    try:
        data = page.site.part_bytes(content, place)
    except (WorkersError, Late, RuntimeError) as error:
        log_failure(error, message=held.id, stage="console")
        data = b""
    if not data:
        raise NotFound
    with page.site.database.write() as tx:
        audit.append(tx, [audit.Entry("downloaded", page.who.name, held.id, held.school, detail={"part": list(place)})])
    name = re.sub(r"[^\w. ()-]", "_", place[-1]).strip(". ") or "attachment"
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)


def _message(page: Page) -> tuple[Held, Message]:
    with page.site.database.read() as tx:
        held = page.message(tx, page.params["message"])
        try:
            return held, queue.load(tx, held.id)
        except Gone:
            raise NotFound from None
