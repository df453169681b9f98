"""Letters with a PDF of two pages and embedded fonts, each like no other."""

from __future__ import annotations

import base64
import io
import random

from loadkit import WORDS
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = ("Vera", "VeraBd")  # reportlab brings them
for font in FONTS:
    pdfmetrics.registerFont(TTFont(font, f"{font}.ttf"))
HEAD = (
    b"From: office@oakfield.example\r\nTo: rowan@quillfeather.test\r\nSubject: Newsletter\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="=_between"\r\n\r\n--=_between\r\n'
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nDear all,\r\n\r\nthis week's newsletter is attached.\r\n\r\n"
    b"--=_between\r\nContent-Type: application/pdf; name=newsletter.pdf\r\n"
    b"Content-Disposition: attachment; filename=newsletter.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
)


def newsletter(number: int) -> bytes:
    """A PDF of two pages that is like no other."""
    rng, words, out = random.Random(number), WORDS.decode().split(), io.BytesIO()
    canvas = Canvas(out)
    for page in (1, 2):
        canvas.setFont("VeraBd", 14)
        canvas.drawString(60, 780, f"Newsletter {number}, page {page}")
        for line in range(40):
            canvas.setFont("VeraBd" if line % 10 == 0 else "Vera", 10)
            canvas.drawString(60, 750 - 16 * line, " ".join(rng.choice(words) for _ in range(13)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def letter(pdf: bytes) -> bytes:
    """A message that carries it."""
    return HEAD + base64.encodebytes(pdf).replace(b"\n", b"\r\n") + b"--=_between--\r\n"
