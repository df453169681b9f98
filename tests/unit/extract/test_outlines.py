"""Letters turned into outlines are told from crests, charts and maps: looked at by their pixels, else reported."""

import io
import random
import struct

import pikepdf
import pytest
from documents.odd_files import outline, svg_of_outlines

from mailguard.extract import iter_file, read_file, samples
from mailguard.extract.contours import Contours
from mailguard.extract.outlines import count_letters, may_be_letters
from mailguard.model import UnreadableReason

HEAD = b"BT /F1 14 Tf 72 780 Td (Oakfield School, Larch Road) Tj ET "


def filled(corners):
    first, *rest = corners
    return b"%.1f %.1f m " % first + b"".join(b"%.1f %.1f l " % corner for corner in rest) + b"h f "


def lettered(letters, x=72.0, y=600.0):
    return b"".join(filled(outline(x + 7 * (n % 40), y - 20 * (n // 40))) for n in range(letters))


def walked(data):
    walk = iter_file(data, "a.pdf")
    return [item.detail for item in walk if hasattr(item, "detail")], walk.pictures


def test_a_letter_of_outlines_below_a_printed_head_is_reported():
    assert walked(samples.pdf(HEAD + lettered(120))) == (["text of outlines on the page"], True)


def test_outlines_inside_a_form_count():
    pdf = pikepdf.open(io.BytesIO(samples.pdf(HEAD)))
    form = pdf.make_stream(lettered(120), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 600, 800])
    page = pdf.pages[0].obj
    page.Resources["/XObject"] = pikepdf.Dictionary(X=form)
    page.Contents = pdf.make_stream(HEAD + b"q 0.5 0 0 0.5 0 0 cm /X Do Q")
    out = io.BytesIO()
    pdf.save(out)
    assert walked(out.getvalue()) == (["text of outlines on the page"], True)


def test_a_motto_is_looked_at_but_never_reported():
    assert walked(samples.pdf(HEAD + lettered(32))) == ([], True)


def test_a_crest_a_chart_and_a_map_pass():
    rng = random.Random(5)
    crest = b"".join(filled(outline(500 + 2 * n, 700 + 13 * n)) for n in range(8))
    bars = b"".join(b"%d 300 12 %d re f " % (80 + 20 * n, 30 + 9 * n) for n in range(20))
    roads = b""
    for _ in range(120):
        x, y, size = rng.uniform(50, 500), rng.uniform(50, 450), rng.uniform(0.4, 9)
        roads += filled([(x + size * across, y + size * up) for across, up in outline(0, 0)])
    assert walked(samples.pdf(HEAD + crest + bars + roads)) == ([], False)


def test_a_word_in_one_shape_counts_its_letters():
    assert count_letters([((0, 0, 55, 10), 250)])[0] == 10
    assert count_letters([((0, 0, 55, 10), 9)])[0] == 0
    assert not may_be_letters((0, 0, 500, 1), 90)


@pytest.mark.parametrize(("letters", "reported"), [(80, True), (30, False)])
def test_a_drawing_of_outlines(letters, reported):
    facts = read_file(svg_of_outlines(letters), "a.svg").unreadable
    assert [fact.reason for fact in facts] == [UnreadableReason.PICTURE] * reported


def test_each_way_of_writing_a_path_gives_its_extent():
    """Relative commands and curves: forty letters of two lines, each moved from the one before."""
    ring = "c1 0 3 0 3 0h2v4l-2 2q-1 1 -2 0t0-2s0-1 1-2a1 1 0 0 0-2-2z"
    paths = "".join(f'<path d="M{20 + 7 * (n % 40)} {40 + 20 * (n // 40)}{ring}l1 1l-1 1"/>' for n in range(80))
    data = f'<svg xmlns="http://www.w3.org/2000/svg">{paths}</svg>'.encode()
    assert [fact.detail for fact in read_file(data, "a.svg").unreadable] == ["text of outlines in a drawing"]


def shapes_of(letters):
    return [[(round(x), round(y)) for x, y in outline(20 + 7 * (n % 40), 40 + 20 * (n // 40))] for n in range(letters)]


def packed(points, form="h"):
    return struct.pack(f"<{2 * len(points)}{form}", *(side for point in points for side in point))


def emf(*records):
    head = struct.pack("<II4i", 1, 88, 0, 0, 600, 800) + bytes(16) + b" EMF" + bytes(44)
    return head + b"".join(struct.pack("<II", kind, 8 + len(body)) + body for kind, body in records)


def wmf(*records):
    head = b"\xd7\xcd\xc6\x9a" + bytes(36)
    return head + b"".join(struct.pack("<IH", 3 + len(body) // 2, kind) + body for kind, body in records)


def in_lines(shapes):
    """A shape as a path: to its first point, and on through the others."""
    for first, *rest in shapes:
        yield 27, struct.pack("<ii", *first)
        yield 89, bytes(16) + struct.pack("<I", len(rest)) + packed(rest)
        yield 62, bytes(16)


def in_single_lines(shapes):
    for first, *rest in shapes:
        yield 27, struct.pack("<ii", *first)
        yield from ((54, struct.pack("<ii", *point)) for point in rest)


def together(shapes, form="h"):
    """All shapes in one command."""
    points = [point for shape in shapes for point in shape]
    counts = struct.pack(f"<{len(shapes)}I", *map(len, shapes))
    yield (
        (91 if form == "h" else 8),
        bytes(16) + struct.pack("<II", len(shapes), len(points)) + counts + packed(points, form),
    )


DRAWINGS = {
    "paths.emf": lambda shapes: emf(*in_lines(shapes)),
    "lines.emf": lambda shapes: emf(*in_single_lines(shapes)),
    "polygons.emf": lambda shapes: emf(*((86, bytes(16) + struct.pack("<I", len(s)) + packed(s)) for s in shapes)),
    "wide polygons.emf": lambda shapes: emf(
        *((3, bytes(16) + struct.pack("<I", len(s)) + packed(s, "i")) for s in shapes)
    ),
    "all together.emf": lambda shapes: emf(*together(shapes)),
    "all together, wide.emf": lambda shapes: emf(*together(shapes, "i")),
    "in a frame.emf": lambda shapes: emf(
        *together([[(0, 0), (600, 0), (600, 800), (0, 800), (0, 400), (1, 1), (2, 2), (3, 3), (0, 0)], *shapes])
    ),
    "polygons.wmf": lambda shapes: wmf(*((0x0324, struct.pack("<H", len(s)) + packed(s)) for s in shapes)),
    "all together.wmf": lambda shapes: wmf(
        (
            0x0538,
            struct.pack(f"<H{len(shapes)}H", len(shapes), *map(len, shapes)) + b"".join(packed(s) for s in shapes),
        )
    ),
    "one path.svg": lambda shapes: svg_of_path(shapes),
}


def svg_of_path(shapes):
    path = "".join(f"M{s[0][0]},{s[0][1]}" + "".join(f"L{x},{y}" for x, y in s[1:]) + "Z" for s in shapes)
    return f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{path}"/></svg>'.encode()


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_of_outlines_is_reported_however_they_are_drawn(name):
    facts = read_file(DRAWINGS[name](shapes_of(80)), name).unreadable
    assert [fact.detail for fact in facts] == ["text of outlines in a drawing"]
    assert read_file(DRAWINGS[name](shapes_of(30)), name).unreadable == ()


def test_all_letters_of_a_page_in_one_path_are_seen():
    shapes = (outline(72 + 7 * (n % 40), 600 - 20 * (n // 40)) for n in range(160))
    corners = (b"%.1f %.1f m " % s[0] + b"".join(b"%.1f %.1f l " % corner for corner in s[1:]) + b"h " for s in shapes)
    assert walked(samples.pdf(HEAD + b"".join(corners) + b"f")) == (["text of outlines on the page"], True)


def test_the_hole_of_a_letter_is_no_letter():
    contours = Contours()
    for n in range(50):
        for size, away in ((6, 0), (3, 1.5)):
            x = 8 * n + away
            contours.move(x, away)
            for step in range(1, 10):
                contours.to(x + size * (step % 3) / 2, away + size * (step // 3) / 3)
    assert count_letters(contours.letters())[0] == 50
