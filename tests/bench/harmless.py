"""Pictures of school mail that hold no record: crests, signatures, banners, buttons, photographs without text."""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SCHOOLS = ("Oakfield Primary School", "Mill Lane Academy", "St Botolph's", "Northwood High School")
COLOURS = ((20, 60, 120), (120, 20, 40), (20, 100, 60), (60, 60, 60), (200, 120, 20))


def crest(rng: random.Random) -> Image.Image:
    """A shield with shapes in it, 100 to 700 pixels wide, no words."""
    side = rng.randint(100, 700)
    picture = Image.new("RGB", (side, round(side * 1.2)), "white")
    draw = ImageDraw.Draw(picture)
    inset, colour, other = side * 0.08, *rng.sample(COLOURS, 2)
    draw.polygon(
        [
            (inset, inset),
            (side - inset, inset),
            (side - inset, side * 0.7),
            (side / 2, side * 1.1),
            (inset, side * 0.7),
        ],
        fill=colour,
    )
    for _ in range(rng.randint(1, 5)):
        x, y, size = rng.uniform(0.2, 0.6) * side, rng.uniform(0.2, 0.6) * side, rng.uniform(0.1, 0.3) * side
        draw.ellipse((x, y, x + size, y + size), fill=other, outline="white")
    draw.line((side / 2, inset, side / 2, side * 1.1), fill="white", width=max(side // 60, 1))
    return picture


def signature(rng: random.Random) -> Image.Image:
    """A crest beside the school's name and telephone number, as at the foot of a mail."""
    mark = crest(rng)
    mark = mark.resize((90, 108))
    picture = Image.new("RGB", (rng.randint(320, 640), 130), "white")
    picture.paste(mark, (10, 10))
    draw = ImageDraw.Draw(picture)
    draw.text((120, 30), rng.choice(SCHOOLS), fill=rng.choice(COLOURS), font_size=rng.randint(18, 26))
    draw.text((120, 70), "01632 960001  www.school.example", fill=(80, 80, 80), font_size=14)
    return picture


def banner(rng: random.Random) -> Image.Image:
    """A strip with an announcement, 800 to 1400 pixels wide."""
    picture = Image.new("RGB", (rng.randint(800, 1400), rng.randint(160, 320)), rng.choice(COLOURS))
    words = rng.choice(("Open evening on 3 December", "Be kind. Work hard.", "Winter fair: all welcome", "Join us!"))
    ImageDraw.Draw(picture).text((60, 60), words, fill="white", font_size=rng.randint(40, 64))
    return picture


def button(rng: random.Random) -> Image.Image:
    """A round button of a social network, 24 to 64 pixels."""
    side = rng.randint(24, 64)
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0, 0, side - 1, side - 1), fill=rng.choice(COLOURS))
    draw.text((side // 3, side // 4), rng.choice("fxin"), fill="white", font_size=side // 2)
    return picture


def photograph(rng: random.Random) -> Image.Image:
    """A scene without words: soft shapes of all sizes, faces of plain colour, light from one side, a sensor's noise."""
    width, height = rng.choice(((1600, 1200), (1024, 768), (900, 1200)))
    light = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize((width, height))
    picture = Image.merge("RGB", [light.point([round(low + v * span) for v in range(256)]) for low, span in
                                  ((40, 0.5), (60, 0.6), (80, 0.5))])  # fmt: skip
    draw = ImageDraw.Draw(picture)
    for _ in range(rng.randint(40, 160)):
        x, y, size = rng.randint(-50, width), rng.randint(-50, height), rng.randint(10, height // 3)
        colour = tuple(rng.randint(10, 240) for _ in range(3))
        shape = rng.choice((draw.ellipse, draw.rectangle))
        shape((x, y, x + size, y + size * rng.uniform(0.6, 2)), fill=colour)
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(1.5, 5)))
    return ImageChops.add(picture, Image.effect_noise(picture.size, 14).convert("RGB"), 1, -128)


KINDS: dict[str, Callable[[random.Random], Image.Image]] = {
    "crest": crest,
    "signature": signature,
    "banner": banner,
    "button": button,
    "photograph": photograph,
}
