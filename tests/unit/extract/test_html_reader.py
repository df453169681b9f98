"""HTML: tables, forms, hidden text, comments, attributes, scripts, depth."""

import pytest

from mailguard import extract
from mailguard.model import SegmentKind


def read(html: str):
    return extract.read_file(html.encode(), "").segments


def texts(html: str) -> list[str]:
    return [segment.text for segment in read(html)]


def test_inline_tags_do_not_split_words_and_blocks_do():
    assert texts("<p>Za<b>ra</b> Qu&shy;ill</p><p>next</p>") == ["Zara Quill", "next"]


def test_a_span_over_rows_belongs_to_each_row():
    html = (
        "<table><tr><th>Name<th>DOB<th>Class<tr><td rowspan=2>Quill<td>01/02/2014<td>7B<tr><td>03/04/2015<td>8C</table>"
    )
    assert texts(html)[1:] == ["Name: Quill | DOB: 01/02/2014 | Class: 7B", "Name: Quill | DOB: 03/04/2015 | Class: 8C"]


def test_a_span_over_columns_keeps_heads_in_place():
    html = "<table><tr><th>Surname<th>Forename<th>DOB<tr><td colspan=2>Quill Zara<td>01/02/2014</table>"
    assert texts(html)[-1] == "Surname: Quill Zara | DOB: 01/02/2014"


def test_layout_tables_are_blocks_and_the_table_inside_has_rows():
    inner = "<table><tr><th>Surname<th>Forename<th>DOB<tr><td>Quill<td>Zara<td>01/02/2014</table>"
    html = f"<table><tr><td>Dear parent</td><td>{inner}</td></tr><tr><td>Footer</td></tr></table>"
    found = texts(html)
    assert "Surname: Quill | Forename: Zara | DOB: 01/02/2014" in found
    assert "Dear parent" in found
    assert "Footer" in found


def test_two_columns_are_one_form():
    html = "<table><tr><td>Name:<td>Zara Quill<tr><td>DOB:<td>01/02/2014<tr><td>UPN:<td>Z1</table>"
    assert texts(html) == ["Name: Zara Quill\nDOB: 01/02/2014\nUPN: Z1"]


@pytest.mark.parametrize(
    "html",
    [
        "<p style='display:none'>Za<b>ra</b></p>",
        "<p hidden>Zara</p>",
        "<span style='font-size:1px'>Zara</span>",
        "<span style='color:#FFFFFF'>Zara</span>",
        "<div style='visibility: hidden'><table><tr><td>Zara<td>b<td>c</table></div>",
    ],
)
def test_hidden_text_is_read_as_hidden(html):
    (segment,) = [s for s in read(html) if "Zara" in s.text]
    assert segment.kind is SegmentKind.HIDDEN
    assert not segment.visible


@pytest.mark.parametrize(
    "html",
    [
        "<p>x</p><!-- Zara -->",
        "<!--[if mso]><p>Zara</p><![endif]--><p>x</p>",
        "<p>x</p><!-- Zara and no end",
        "<p title='Zara'>x</p>",
        "<p data-pupil='Zara'>x</p>",
        "<img alt='Zara'><p>x</p>",
        "<p onclick='open(\"Zara\")'>x</p>",
        "<a href='mailto:a@b.test?subject=Za%72a'>x</a>",
        "<script>var a = 'Zara';</script><p>x</p>",
        "<style>p:before { content: 'Zara' }</style><p>x</p>",
        "<iframe srcdoc='&lt;p&gt;Za&lt;b&gt;ra'></iframe><p>x</p>",
        "<iframe src='data:text/html;base64,PHA+WmFyYQ=='></iframe><p>x</p>",
        "<meta name=keywords content='Zara'><p>x</p>",
        "<p>x<![CDATA[Zara]]></p>",
        "<template><p>Zara</p></template>",
        "<noscript>Zara</noscript><p>x</p>",
        "<textarea>Zara</textarea><p>x</p>",
        "<input value='Zara'><p>x</p>",
        "<select><option>Zara</select>",
        "<svg><text>Zara</text></svg><p>x</p>",
        "<p>x</p></body></html><html><body>Zara",
        "<p>&#90;&#x61;ra</p>",
        "<html><frameset><noframes>Zara</noframes></frameset></html>",
        "<p>x<plaintext>Zara",
        "<xmp>Zara</xmp><p>x",
        "<p>x</p><?php Zara ?>",
        "<p>x</p><!DOCTYPE Zara><p>Zara",
    ],
)
def test_every_hiding_place_is_read(html):
    assert any("Zara" in text for text in texts(html))


def test_depth_loses_nothing():
    assert texts("<div>" * 20_000 + "deep" + "</div>" * 20_000 + "<p>after</p>") == ["deep", "after"]


def test_form_fields_stay_beside_their_labels():
    assert texts("<div>Surname: <input value='Quill'><br>Forename: <input value='Zara'></div>") == [
        "Surname: Quill\nForename: Zara"
    ]


def test_a_tag_that_never_ends_is_read():
    assert texts("<p>Hello</p><p title='Ama Osei, born 14/03/2014") == ["Hello", "p title='Ama Osei, born 14/03/2014"]
    assert texts("<p>2 < 3</p>") == ["2 < 3"]
