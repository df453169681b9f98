"""Form fields of a PDF are read with the label that a person sees beside them."""

import io

import pikepdf
import pytest

from mailguard.extract import read_file, samples
from mailguard.extract.pdffields import Written, label_of
from mailguard.model import SegmentKind


def field(pdf, name, value, box, **more):
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Rect=list(box), T=name, V=value, **more
        )
    )


def form(content, *fields):
    """A form of (name, value, box, further entries); a box of None makes a field whose box is a kid of its own."""
    pdf = pikepdf.open(io.BytesIO(samples.pdf(content)))
    own, shown = [], []
    for name, value, box, more in fields:
        made = field(pdf, name, value, box, FT=pikepdf.Name.Tx, **more)
        own.append(made)
        shown.append(made)
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=own)
    pdf.pages[0].obj.Annots = shown
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def lines(data):
    (found,) = [s for s in read_file(data, "a.pdf").segments if s.kind is SegmentKind.FORM_FIELD]
    return found.text.split("\n")


def words(*placed):
    return b" ".join(b"BT /F1 10 Tf %d %d Td (%s) Tj ET" % (x, y, text.encode()) for x, y, text in placed)


def test_labels_on_the_left_and_above():
    content = words((72, 700, "Name of child:"), (72, 660, "Date of birth"), (72, 600, "Class"), (300, 600, "House"))
    found = lines(
        form(
            content,
            ("f1_0", "Ama Osei", (200, 695, 400, 712), {}),
            ("f1_1", "3/4/2014", (200, 655, 400, 672), {}),
            ("f1_2", "7B", (72, 575, 200, 595), {}),
            ("f1_3", "Red", (300, 575, 400, 595), {}),
        )
    )
    assert found == [
        "Name of child: Ama Osei | f1_0",
        "Date of birth: 3/4/2014 | f1_1",
        "Class: 7B | f1_2",
        "House: Red | f1_3",
    ]


def test_what_a_field_says_of_itself_goes_first():
    found = lines(form(words((72, 700, "Name")), ("n", "Ama", (200, 695, 400, 712), {"TU": "Child"})))
    assert found == ["Child: Ama | Name | n"]


def test_a_field_without_a_label_near_has_its_name():
    assert lines(form(words((72, 100, "Name")), ("n", "Ama", (200, 695, 400, 712), {}))) == ["n: Ama"]


@pytest.mark.parametrize(
    ("ticked", "expected"),
    [(True, "Asthma"), (False, "Medical needs")],
)
def test_a_box_to_tick_has_its_label_on_the_right(ticked, expected):
    written = [Written((20, 700, 95, 710), "Medical needs:"), Written((125, 700, 160, 710), "Asthma")]
    assert label_of((100, 698, 120, 712), written, ticked) == expected
