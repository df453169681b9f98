"""Synthetic scans and photographs of school papers: drawn as PDF, painted at a resolution, then made worse.

Real scanners and phones were not at hand. What is made here has their usual faults: skew, grey paper, specks, blur,
JPEG, uneven light, a page seen from an angle on a table.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageChops, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from mailguard.model import Pupil

FONTS = ("Helvetica", "Times-Roman", "Courier", "Vera", "Helvetica-Bold", "Times-Bold")
SMALL_PRINT = "Please check what we hold and tell the office of any change. The school keeps this form for one year."


@dataclass(frozen=True, slots=True)
class Paper:
    """One drawn page and the pupils whose name, date of birth and number stand on it."""

    pdf: bytes
    pupils: tuple[Pupil, ...]
    layout: str


def shown(pupil: Pupil) -> tuple[str, str, str]:
    """Return what identifies a pupil on a page: full name, date of birth, number."""
    assert pupil.date_of_birth
    return f"{pupil.forename} {pupil.surname}", f"{pupil.date_of_birth:%d/%m/%Y}", pupil.upn


def paper(rng: random.Random, pupils: list[Pupil], layout: str) -> Paper:
    """Draw a page of one layout about the first pupil, or about all of them where it is a list."""
    if "Vera" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    font = rng.choice(FONTS)
    size = rng.choice((9, 10, 11, 12))
    canvas.setFont("Helvetica", 11)
    canvas.drawString(60, 790, "Oakfield Primary School")
    drawn = LAYOUTS[layout](canvas, rng, pupils, font, size)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(60, 60, SMALL_PRINT)
    canvas.save()
    return Paper(stream.getvalue(), tuple(drawn), layout)


def _fields(rng: random.Random, pupil: Pupil) -> list[tuple[str, str]]:
    name, born, upn = shown(pupil)
    fields = [
        (rng.choice(("Name", "Pupil name", "Full name")), name),
        (rng.choice(("Date of birth", "DOB", "D.O.B.")), born),
        (rng.choice(("UPN", "Unique pupil number")), upn),
        ("Class", pupil.registration_group),
        ("Address", pupil.address),
        ("Postcode", pupil.postcode),
        ("Medical", rng.choice(("Asthma, blue inhaler in the office", "Nut allergy", "Wears glasses"))),
    ]
    rest = fields[3:]
    rng.shuffle(rest)
    return fields[:3] + rest


def _lines(canvas: Canvas, rng: random.Random, pupils: list[Pupil], font: str, size: int) -> list[Pupil]:
    canvas.setFont(font, size)
    y = 730
    for label, value in _fields(rng, pupils[0]):
        canvas.drawString(60, y, f"{label}:")
        canvas.drawString(190, y, value)
        canvas.line(188, y - 3, 520, y - 3)
        y -= rng.choice((24, 28))
    return pupils[:1]


def _boxes(canvas: Canvas, rng: random.Random, pupils: list[Pupil], font: str, size: int) -> list[Pupil]:
    y = 730
    for label, value in _fields(rng, pupils[0]):
        canvas.rect(60, y - 8, 150, 24)
        canvas.rect(210, y - 8, 320, 24)
        canvas.setFont("Helvetica", size)
        canvas.drawString(65, y, label)
        canvas.setFont(font, size)
        canvas.drawString(216, y, value)
        y -= 24
    return pupils[:1]


def _pairs(canvas: Canvas, rng: random.Random, pupils: list[Pupil], font: str, size: int) -> list[Pupil]:
    canvas.setFont(font, size)
    fields = _fields(rng, pupils[0])
    y = 720
    for left, right in zip(fields[0::2], [*fields[1::2], ("", "")], strict=False):
        for x, (label, value) in ((60, left), (310, right)):
            canvas.drawString(x, y, label)
            canvas.drawString(x, y - size - 4, value)
        y -= 3 * size + 8
    return pupils[:1]


def _list(canvas: Canvas, rng: random.Random, pupils: list[Pupil], font: str, size: int) -> list[Pupil]:
    size = min(size, 10)
    edges = (60, 95, 260, 350, 450, 540)
    rows = [("No", "Name", "Date of birth", "UPN", "Class")]
    rows += [(str(n), *shown(pupil), pupil.registration_group) for n, pupil in enumerate(pupils, 1)]
    y = 740
    for number, row in enumerate(rows):
        canvas.setFont(font if number else "Helvetica-Bold", size)
        for x, cell in zip(edges, row, strict=False):
            canvas.drawString(x + 4, y, cell)
        canvas.line(60, y - 6, 540, y - 6)
        y -= 22
    for x in edges:
        canvas.line(x, y + 16, x, 756)
    return pupils


def _letter(canvas: Canvas, rng: random.Random, pupils: list[Pupil], font: str, size: int) -> list[Pupil]:
    name, born, upn = shown(pupils[0])
    canvas.setFont(font, size)
    text = canvas.beginText(60, 730)
    text.setLeading(size * 1.4)
    for line in (
        "20 November 2026",
        "",
        "Dear Parent,",
        "",
        f"{name} (born {born}, UPN {upn})",
        "",
        "has been referred to the speech and language service after a meeting",
        "with the class teacher. The first appointment is in the second week of",
        "the spring term. Please sign the form below and send it back to us.",
        "",
        "Yours faithfully,",
        "The school office",
    ):
        text.textLine(line)
    canvas.drawText(text)
    return pupils[:1]


Layout = Callable[[Canvas, random.Random, list[Pupil], str, int], list[Pupil]]
LAYOUTS: dict[str, Layout] = {"lines": _lines, "boxes": _boxes, "pairs": _pairs, "list": _list, "letter": _letter}


def scan(pdf: bytes, dpi: int) -> Image.Image:
    """Return the first page in grey at this resolution."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[0].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


def jpeg(image: Image.Image, quality: int = 70) -> Image.Image:
    """Return the picture as it comes out of a JPEG file."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(io.BytesIO(stream.getvalue())).convert("L")


def clean(image: Image.Image, rng: random.Random) -> Image.Image:
    """A good scanner: a JPEG, no more."""
    return jpeg(image, 80)


def skewed(image: Image.Image, rng: random.Random, degrees: float = 3.0) -> Image.Image:
    """The page lay askew."""
    angle = rng.choice((-1, 1)) * degrees
    return jpeg(image.rotate(angle, Image.Resampling.BICUBIC, expand=False, fillcolor=255), 80)


def grey(image: Image.Image, rng: random.Random) -> Image.Image:
    """A copy of a copy: grey paper, faint ink, blur, noise and specks, a slight skew."""
    image = image.rotate(rng.uniform(-1, 1), Image.Resampling.BICUBIC, fillcolor=255)
    image = image.filter(ImageFilter.GaussianBlur(image.width / 2400))
    image = image.point([70 + round(value * 0.55) for value in range(256)])
    noise = Image.effect_noise(image.size, 30)
    image = ImageChops.add(image, noise, 1, -128)
    specks = Image.effect_noise(image.size, 40).point([255 if value < 8 else 0 for value in range(256)])
    image.paste(60, mask=specks)
    return jpeg(image, 60)


def photographed(image: Image.Image, rng: random.Random) -> Image.Image:
    """A telephone's picture: the page on a table seen from an angle, uneven light, blur, noise."""
    width, height = image.size
    margin = 0.08
    wide, high = round(width * (1 + 2 * margin)), round(height * (1 + 2 * margin))
    table = Image.new("L", (wide, high), rng.choice((60, 90, 120)))
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]
    turn = rng.uniform(-2, 2)
    placed = [
        (
            wide * (margin + (1 - 2 * margin) * x) + rng.uniform(-0.035, 0.035) * wide + turn * (0.5 - y) * 0.01 * wide,
            high * (margin + (1 - 2 * margin) * y) + rng.uniform(-0.025, 0.025) * high + turn * (x - 0.5) * 0.01 * high,
        )
        for x, y in corners
    ]
    source = [(x * width, y * height) for x, y in corners]
    coefficients = _perspective(placed, source)
    page = image.transform(table.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", image.size, 255).transform(table.size, Image.Transform.PERSPECTIVE, coefficients)
    table.paste(page, mask=mask)
    light = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(table.size)
    light = light.point([round(130 + value * 0.45) for value in range(256)])
    table = ImageChops.multiply(table, light).filter(ImageFilter.GaussianBlur(width / 2600))
    table = ImageChops.add(table, Image.effect_noise(table.size, 10), 1, -128)
    return jpeg(table, 75)


def _perspective(target: list[tuple[float, float]], source: list[tuple[float, float]]) -> list[float]:
    """Return the eight numbers that Pillow wants to carry `source` to `target` (a linear system, solved by hand)."""
    rows = []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for at in range(8):
        best = max(range(at, 8), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(8):
            if other != at:
                factor = rows[other][at]
                rows[other] = [value - factor * mine for value, mine in zip(rows[other], rows[at], strict=True)]
    return [row[8] for row in rows]


FAULTS: dict[str, Callable[[Image.Image, random.Random], Image.Image]] = {
    "clean": clean,
    "skewed 3 degrees": skewed,
    "grey and noisy": grey,
    "photographed": photographed,
}
