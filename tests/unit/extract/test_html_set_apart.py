"""Words that only the style of a page keeps apart, and names that stand beside addresses."""

import pytest

from mailguard import extract
from mailguard.extract import headers


def texts(html: str) -> list[str]:
    return [segment.text for segment in extract.read_file(html.encode(), "").segments if segment.visible]


@pytest.mark.parametrize(
    "html",
    [
        "<span style='display:block'>Zara</span><span style='display: block'>Quill</span>",
        "<style>.b{display:block}</style><span class=b>Zara</span><span class=b>Quill</span>",
        "<div style='display:flex'><span>Zara</span><span>Quill</span></div>",
        "<style>.g{display:grid;gap:1em}</style><div class=g><b>Zara</b><b>Quill</b></div>",
    ],
)
def test_boxes_are_lines(html: str):
    assert texts(html) == ["Zara\nQuill"]


@pytest.mark.parametrize(
    "html",
    [
        "<span style='display:inline-block;width:9em'>Zara</span><span>Quill</span>",
        "<span>Zara</span><span style='margin-left:8px'>Quill</span>",
        "<span style='padding-right:1em'>Zara</span>Quill",
        "<span style='float:left'>Zara</span><span style='float:left'>Quill</span>",
        "<style>.c{display:table-cell}</style><span class=c>Zara</span><span class=c>Quill</span>",
        "<p>Zara<img src='cid:gap' width=5>Quill</p>",
        "<p><button>Zara</button><button>Quill</button></p>",
        "<table><tr><td>Zara<img src='cid:gap'>Quill</td></tr></table>",
    ],
)
def test_what_is_set_apart_does_not_run_together(html: str):
    assert texts(html)[0] == "Zara Quill"


@pytest.mark.parametrize(
    "html",
    [
        "<p><span style='float:left;font-size:3em'>Z</span>ara Quill</p>",
        "<p>Za<b style='color:red'>ra</b> Qu<span class=x>ill</span></p>",
        "<p>Za<span style='margin:0;padding:0'>ra</span> Quill</p>",
    ],
)
def test_a_large_first_letter_or_a_colour_leaves_the_word_whole(html: str):
    assert texts(html) == ["Zara Quill"]


def test_lists_in_the_cells_of_a_row_are_read_across_too():
    html = "<table><tr><td>Zara<br>Olga</td><td><p>Quill</p><p>Winter</p></td><td>asthma<br>diabetes</td></tr></table>"
    assert {"Zara | Quill | asthma", "Olga | Winter | diabetes"} <= set(texts(html))


def test_cells_that_hold_no_lists_of_one_length_are_read_once():
    html = "<table><tr><td>Zara<br>Quill</td><td>asthma</td></tr><tr><td>1 High Street<br>Marlbury</td></tr></table>"
    assert not [text for text in texts(html) if text.startswith("Zara | asthma")]
    assert sum("Zara" in text for text in texts(html)) == 1


def test_the_name_of_a_group_is_read_and_its_mailboxes_are_opened():
    found = headers.addresses("Zara Quill referral: Ann <a@x.example>, b@x.example;")
    assert found == [("Zara Quill referral", ""), ("Ann", "a@x.example"), ("", "b@x.example")]
