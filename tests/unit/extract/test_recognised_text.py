"""Text in pictures: read where it stands, kept together, reported where it cannot be read."""

import io
import random
from datetime import date

import pytest
from bench import scans
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from mailguard.extract import Limits, ocr, raster, read_file, samples
from mailguard.extract.ocr import Fragment
from mailguard.extract.ocrlayout import lines_of, segments_of, straighten
from mailguard.extract.scanned import looks_written, what_is_hidden
from mailguard.model import (
    Contact,
    Envelope,
    MayReceive,
    Outcome,
    Pupil,
    Relationship,
    Roll,
    SegmentKind,
    Strength,
    UnreadableReason,
)
from mailguard.policy import parse_policy
from mailguard.screening import build_guard, screen

LIMITS = Limits(scans=40)
PUPIL = Pupil(
    "OAK", "1", "Ama", "Osei-Quill", date(2014, 3, 14), "H801200001001", registration_group="7B",
    address="12 Mill Lane, Exampleton", postcode="ZZ12 4AB",
)  # fmt: skip
OTHER = Pupil(
    "OAK", "2", "Rhodri", "Barlow", date(2013, 11, 2), "K302516224993", registration_group="8C",
    address="3 Abbey Fields, Exampleton", postcode="ZZ1 1ZZ",
)  # fmt: skip


@pytest.fixture(scope="module")
def form():
    """The upper part of a scanned form of label and value, at 150 dots an inch."""
    paper = scans.paper(random.Random(2), [PUPIL], "lines")
    page = scans.scan(paper.pdf, 150)
    return page.crop((60, 60, page.width - 60, page.height // 2 - 100))


def saved(picture, kind="PNG", **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def read(data, name, limits=LIMITS):
    return read_file(data, name, limits)


def text(reading):
    return "\n".join(segment.text for segment in reading.segments if segment.kind is SegmentKind.OCR)


def assert_form(reading):
    assert not reading.unreadable
    lines = [line.split("  ") for line in text(reading).splitlines()]
    values = {line[0].rstrip(":"): line[-1] for line in lines if len(line) == 2}
    assert set(scans.shown(PUPIL)) <= set(values.values()), lines
    assert "7B" in values["Class"]


@pytest.mark.parametrize("turned", [0, 90, 180, 270, 3])
def test_a_form_is_read_line_by_line_however_it_lies(form, turned):
    assert_form(read(saved(form.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=255)), "a.png"))


def test_a_camera_s_note_of_how_it_was_held_is_followed(form):
    exif = Image.Exif()
    exif[0x0112] = 3
    assert_form(read(saved(form.rotate(180), "JPEG", exif=exif), "a.jpg"))


def test_a_photograph_of_a_form_is_read():
    page = scans.scan(scans.paper(random.Random(3), [PUPIL], "boxes").pdf, 150)
    reading = read(saved(scans.photographed(page, random.Random(1))), "a.jpg")
    assert not reading.unreadable
    for value in scans.shown(PUPIL):
        assert value in text(reading)


def test_rows_of_a_list_have_their_heads():
    page = scans.scan(scans.paper(random.Random(4), [PUPIL, OTHER], "list").pdf, 150)
    reading = read(saved(page.crop((0, 60, page.width, 400))), "a.png")
    rows = [segment for segment in reading.segments if segment.cells]
    for pupil in (PUPIL, OTHER):
        name, born, upn = scans.shown(pupil)
        assert any(f"Name: {name} | Date of birth: {born} | UPN: {upn}" in row.text for row in rows)
    assert {row.kind for row in rows} == {SegmentKind.OCR}


def test_every_page_of_a_fax_is_read_at_its_place(form):
    blank = Image.new("1", form.size, 1)
    data = saved(blank, "TIFF", save_all=True, append_images=[form.convert("1")], compression="group4")
    reading = read(data, "fax.tif")
    assert_form(reading)
    assert {item.place for item in reading.segments if item.kind is SegmentKind.OCR} == {("fax.tif", "page 2")}


def test_a_fax_with_flat_dots_is_read(form):
    flat = form.resize((form.width * 4 // 3, form.height * 2 // 3), Image.Resampling.LANCZOS).convert("1", dither=0)
    reading = read(saved(flat, "TIFF", dpi=(204, 98), compression="group4"), "fax.tif")
    assert "DOB:  14/03/2014\nUPN:  H801200001001" in text(reading)


def pdf(pictures, words=""):
    """A PDF with these pictures, each as (picture, left, bottom, width, height) on one page 600 x 800."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(600, 800))
    for picture, *box in pictures:
        canvas.drawImage(ImageReader(picture), *box)
    canvas.drawString(50, 40, words)
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize("words", ["", "Scanned by the office of Oakfield Primary School on 20 November"])
def test_a_page_that_is_a_picture_is_read(form, words):
    reading = read(pdf([(form, 0, 300, 600, 480)], words), "scan.pdf")
    assert_form(reading)
    assert {s.place for s in reading.segments if s.kind is SegmentKind.OCR} == {("scan.pdf", "page 1")}


def test_a_picture_beside_text_is_read_alone(form):
    small = form.resize((form.width * 2 // 3, form.height * 2 // 3))
    reading = read(pdf([(small, 50, 300, 400, 400 * small.height / small.width)], "Words " * 12), "scan.pdf")
    assert "Words" not in text(reading)
    assert "H801200001001" in text(reading)


def test_pictures_inside_documents_and_mail_are_read(form):
    strip = form.crop((0, 60, form.width, 330))
    data = saved(strip)
    members = {name: samples.docx() for name in ("a.docx",)}
    import base64
    import zipfile

    stream = io.BytesIO(members["a.docx"])
    with zipfile.ZipFile(stream, "a") as package:
        package.writestr("word/media/image1.png", data)
    inside = {
        "a.docx": stream.getvalue(),
        "a.rtf": b"{\\rtf1 Text{\\pict\\pngblip " + data.hex().encode() + b"}}",
        "a.html": b'<p>Text</p><img src="data:image/png;base64,' + base64.b64encode(data) + b'">',
    }
    for name, content in inside.items():
        reading = read(content, name)
        assert "Ama Osei-Quill" in text(reading), name
        assert not reading.unreadable, name


def scene():
    """A photograph without text: soft shapes, light from one side, the noise of a sensor."""
    rng = random.Random(7)
    picture = Image.linear_gradient("L").resize((900, 700)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y, size = rng.randint(0, 900), rng.randint(0, 700), rng.randint(30, 200)
        draw.ellipse((x, y, x + size, y + size * 1.4), fill=tuple(rng.randint(20, 230) for _ in range(3)))
    picture = picture.filter(ImageFilter.GaussianBlur(4))
    return ImageChops.add(picture, Image.effect_noise(picture.size, 12).convert("RGB"), 1, -128)


def logo(words, size=(420, 260)):
    """A crest beside the school's name."""
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(20, 20), (120, 20), (120, 140), (70, 180), (20, 140)], fill=(20, 60, 120))
    draw.ellipse((45, 50, 95, 100), fill=(240, 200, 40))
    draw.text((140, 80), words, fill=(20, 60, 120), font_size=24)
    return picture


def test_pictures_without_a_record_are_not_held():
    for name, picture in (
        ("outing.jpg", scene()),
        ("logo.png", logo("Oakfield School")),
        ("crest.png", logo("", (600, 500))),
        ("banner.png", logo("Winter fair on Friday", (1200, 260))),
    ):
        reading = read(saved(picture), name)
        assert not reading.unreadable, name
    assert "Winter fair on Friday" in text(reading)


def test_a_line_cut_from_a_screen_is_read_though_it_is_never_held():
    picture = Image.new("RGB", (520, 26), "white")
    ImageDraw.Draw(picture).text((6, 4), "Osei-Quill, Ama   14/03/2014   7B", fill="black", font_size=14)
    assert "14/03/2014" in text(read(saved(picture), "row.png"))


def test_writing_that_no_model_reads_is_held():
    """Strokes like those of a pen: thin, joined, along lines; letters of no alphabet."""
    rng = random.Random(3)
    picture = Image.new("L", (1000, 700), 235)
    draw = ImageDraw.Draw(picture)
    for row in range(6):
        x, y = 60.0, 100 + 95 * row
        while x < 900:
            before = (x, y + rng.uniform(-14, 14))
            x += rng.uniform(3, 9)
            draw.line((*before, x, y + rng.uniform(-22, 22)), fill=50, width=2)
    reading = read(saved(picture), "note.png")
    assert [item.reason for item in reading.unreadable] == [UnreadableReason.PICTURE]


def test_what_looks_written():
    page = scans.scan(scans.paper(random.Random(5), [PUPIL], "letter").pdf, 100)
    assert looks_written(page)
    light = Image.linear_gradient("L").resize(page.size).point(lambda value: 120 + value // 2)
    assert looks_written(ImageChops.multiply(page, light))
    for picture in (scene(), logo("", (600, 500)), Image.new("L", (900, 700), 255), Image.new("L", (900, 700), 0)):
        assert not looks_written(picture)


def fragment(words, left, top, sure=0.99, slant=0.0, height=20):
    width = 11 * len(words)
    rise = slant * width
    corners = ((left, top), (left + width, top + rise), (left + width, top + rise + height), (left, top + height))
    return Fragment(words, corners, sure)


def test_doubtful_words_are_reported_by_their_share():
    blank = Image.new("L", (900, 700), 255)
    printed = [fragment("Please tell the office of any change at home", 50, 50 + 40 * n) for n in range(10)]
    assert not what_is_hidden(printed, blank)
    assert not what_is_hidden([*printed, fragment("ab", 50, 500, 0.4)], blank)
    assert what_is_hidden([*printed[:4], fragment("Ama Osei, 14 March 2014, nut allergy", 50, 500, 0.7)], blank)


def test_lines_stay_together_on_a_page_seen_from_an_angle():
    """Lines fall to the right at the top of the page and rise at its foot."""
    fragments = []
    for row in range(12):
        slant = 0.04 - 0.006 * row
        for column, words in enumerate((f"Label {row}", f"value {row}", "third thing")):
            left = 60 + 420 * column
            fragments.append(fragment(words, left, 100 + 45 * row + slant * left, slant=slant))
    lines = lines_of(straighten(fragments))
    assert [[cell.text for cell in line.cells] for line in lines] == [
        [f"Label {row}", f"value {row}", "third thing"] for row in range(12)
    ]


def test_columns_are_a_second_view_and_lines_the_first():
    names = [fragment("Surname", 50, 50), fragment("Date of birth", 500, 50)]
    values = [fragment("Osei-Quill", 50, 80), fragment("14/03/2014", 500, 80)]
    first, second = (segment.text for segment in segments_of([*names, *values], ("a",)))
    assert first == "Surname  Date of birth\nOsei-Quill  14/03/2014"
    assert second == "Surname\nOsei-Quill\nDate of birth\n14/03/2014"


def test_each_limit_is_a_reason_of_its_own(form):
    strip = saved(form.crop((0, 60, form.width, 330)))
    two = saved(form.convert("1"), "TIFF", save_all=True, append_images=[form.convert("1")] * 2)
    reading = read(two, "a.tif", Limits(scans=1))
    assert [(item.place, item.reason) for item in reading.unreadable] == [
        (("a.tif", "page 2"), UnreadableReason.TOO_LARGE)
    ]
    reading = read(strip, "a.png", Limits(scans=1, scan_pixels=100_000))
    assert [item.reason for item in reading.unreadable] == [UnreadableReason.TOO_LARGE]


def test_a_picture_that_cannot_be_decoded_is_reported(form):
    data = saved(form)
    assert [item.reason for item in read(data[: len(data) // 2], "a.png").unreadable] == [UnreadableReason.PICTURE]


def test_a_tall_picture_of_a_screen_is_read_band_by_band():
    picture = Image.new("RGB", (700, 4200), "white")
    draw = ImageDraw.Draw(picture)
    for number in range(40):
        draw.text((40, 30 + 104 * number), f"Message number {number} about the trip", fill="black", font_size=26)
    lines = [fragment.text for fragment in ocr.read(picture)]
    assert [f"Message number {number} about the trip" for number in range(40)] == sorted(
        lines, key=lambda line: int("".join(filter(str.isdigit, line)) or 0)
    )


ROLL = Roll(
    pupils=(PUPIL, OTHER),
    contacts=(Contact("c1", emails=("quill@home.example",)), Contact("c2", emails=("barlow@home.example",))),
    relationships=(
        Relationship(PUPIL.key, "c1", may_receive=MayReceive.YES),
        Relationship(OTHER.key, "c2", may_receive=MayReceive.YES),
    ),
)


def test_a_scanned_form_is_held_for_another_family_only(form):
    guard = build_guard(ROLL, parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]'))
    reading = read(saved(form.rotate(2, Image.Resampling.BICUBIC, fillcolor=255)), "scan.png")
    envelope = Envelope("office@oak.example", ("quill@home.example", "barlow@home.example"))
    verdict = screen(reading, envelope, guard).verdict
    assert [recipient.outcome for recipient in verdict.recipients] == [Outcome.DELIVER, Outcome.HOLD]
    (finding,) = verdict.recipients[1].findings
    assert (finding.rule, finding.pupil, finding.strength) == ("other-family", PUPIL.key, Strength.RECORD)


def test_a_stamp_upon_a_page_is_read(form):
    import pikepdf

    strip = form.crop((0, 60, form.width, 330))
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(600, 800))
    image = document.make_stream(strip.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    image.Width, image.Height, image.BitsPerComponent = strip.width, strip.height, 8
    image.ColorSpace = pikepdf.Name.DeviceGray
    shape = document.make_stream(b"q 200 0 0 50 0 0 cm /I Do Q", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
    shape.BBox = [0, 0, 200, 50]
    shape.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    stamp = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[50, 50, 250, 100], AP=pikepdf.Dictionary(N=shape)
    )
    page.obj.Annots = document.make_indirect([document.make_indirect(stamp)])
    stream = io.BytesIO()
    document.save(stream)
    reading = read(stream.getvalue(), "a.pdf")
    assert "H801200001001" in text(reading)
    assert not reading.unreadable


@pytest.mark.parametrize("turned", [90, 270])
def test_the_label_of_an_axis_is_read_the_right_way_up(turned):
    """A chart of a report: most text lies, one line stands, small as charts set it."""
    chart = Image.new("RGB", (700, 400), "white")
    pen = ImageDraw.Draw(chart)
    pen.text((150, 20), "Attendance of the whole school by term", fill="black", font=ImageFont.load_default(20))
    for number, name in enumerate(("Autumn", "Spring", "Summer")):
        pen.text((130 + 190 * number, 350), name, fill="black", font=ImageFont.load_default(16))
        pen.rectangle((120 + 190 * number, 150, 230 + 190 * number, 340), fill="steelblue")
    label = Image.new("RGB", (200, 22), "white")
    ImageDraw.Draw(label).text((4, 1), "Percentage of sessions", fill="black", font=ImageFont.load_default(15))
    chart.paste(label.rotate(turned, expand=True), (30, 120))
    reading = read(saved(chart), "chart.png")
    assert "Percentage of sessions" in text(reading)
    assert not reading.unreadable


def test_every_slide_of_a_picture_that_moves_is_read():
    """Thirty pictures, of which five differ: a show of slides, each shown for a while."""
    slides = []
    for number, name in enumerate(("Trip", "Fair", "Zara Quill", "Disco", "Choir")):
        slide = Image.new("RGB", (360, 120), "white")
        ImageDraw.Draw(slide).text((20, 40), f"{name} 0{number}/03/2014", fill="black", font=ImageFont.load_default(28))
        slides += [slide, *(slide.copy() for _ in range(5))]
        slides[-1].putpixel((0, 0), (number, 0, 0))
    show = saved(slides[0], "GIF", save_all=True, append_images=slides[1:], duration=200)
    assert "Zara Quill 02/03/2014" in text(read(show, "show.gif"))
    assert "Choir 04/03/2014" in text(read(show, "show.gif"))


def test_a_film_is_looked_at_now_and_then():
    frames = [Image.linear_gradient("L").rotate(9 * n).convert("P") for n in range(40)]
    film = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert 1 < len(raster.sizes(film)) <= 12
