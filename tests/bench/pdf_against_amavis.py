"""Letters with a PDF, each another one and all the same one, against Postfix with amavisd-new, in one run, alternating.

    python tests/bench/pdf_against_amavis.py [--rounds 3] [--messages 200] [--connections 10] [--pupils 1500]

amavisd-new takes messages apart and looks for nothing; mailguard reads the text of every PDF and judges it against a
roll. The messages are of 60 KB: letters with a PDF of two pages and embedded fonts, 44 KB each. CPU is user and system
time of the whole process trees, ended children included. Each has a round to warm up that does not count. Needs
Postfix, amavisd-new and root.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from amaviskit import Filtered
from dialogues.servekit import House
from loadkit import WORDS, Figures, Sink, compared, measure
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from schoolroll import enlarge

FONTS = ("Vera", "VeraBd")  # reportlab brings them
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


def distinct(count: int) -> Callable[[], Callable[[int], bytes]]:
    """Makes, for each measurement, `count` letters that nobody has seen before."""
    made = 0

    def content() -> Callable[[int], bytes]:
        nonlocal made
        letters = [letter(newsletter(made + n)) for n in range(count)]
        made += count
        return letters.__getitem__

    return content


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--pupils", type=int, default=1500)
    options = parser.parse_args()

    for font in FONTS:
        pdfmetrics.registerFont(TTFont(font, f"{font}.ttf"))
    same = letter(newsletter(-1))
    kinds = {"each another PDF": distinct(options.messages), "the same PDF": lambda: lambda n: same}
    sink = Sink()
    await sink.start()
    filtered = Filtered(sink.port)
    house = House(Path(tempfile.mkdtemp(prefix="mailguard-bench-")), f"127.0.0.1:{sink.port}")
    enlarge(house.folder / "roll", options.pupils)
    await asyncio.to_thread(filtered.start)
    await house.start()
    assert house.process
    both = ((filtered.port, filtered.pids), (house.port, (house.process.pid,)))
    try:
        for port, pids in both:
            await measure(port, pids, sink, 20, options.connections, kinds["each another PDF"]())
        for kind, contents in kinds.items():
            rounds: tuple[list[Figures], list[Figures]] = ([], [])
            for _ in range(options.rounds):
                content = contents()
                for (port, pids), figures in zip(both, rounds, strict=True):
                    figures.append(await measure(port, pids, sink, options.messages, options.connections, content))
            theirs, ours = rounds
            print(f"{kind}, {options.messages} messages over {options.connections} connections")
            print(compared(ours, theirs, "postfix + amavis"), flush=True)
    finally:
        await house.stop()
        await asyncio.to_thread(filtered.stop)


asyncio.run(main())
