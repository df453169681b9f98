"""An email as it looks: what it shows is marked; nothing in it runs, loads or leads anywhere."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.extract.looks import as_it_looks

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/t.gif?x' alt='\"><script>alert(1)</script>'>",
    "<svg onload=alert(1)><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a><a href=https://evil.example>y</a>",
    "<form action=https://evil.example><input name=x><button formaction=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
    "<base href=https://evil.example/><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import 'https://evil.example'</style>",
    '<p style="background:url(https://evil.example/x);behavior:url(x)">a</p>',
    '<p style="color:red;background-color:/**/url(https://evil.example)">a</p>',
    "<p style='width:expression(alert(1))'>a</p>",
    "<table background=https://evil.example/x><td background=x>",
    "<video src=x poster=https://evil.example/x><audio src=x><picture><source srcset=https://evil.example>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><img src=x onerror=alert(1)></textarea><title><img src=x onerror=alert(1)></title>",
    "<mark id=x onclick=alert(1)>a</mark><div class=gone onclick=x>a</div>",
    "<![CDATA[<img src=x onerror=alert(1)>]]><?php echo 1 ?><!--><img src=x onerror=alert(1)>-->",
    "<p>Zebedee</p" + "<b" * 500,
    "<" * 5000,
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
TAG = re.compile(r"<[a-z][^>]*>", re.IGNORECASE)


def body(text, found=("Zebedee",)):
    page = as_it_looks(text, found)
    assert page.count("<style>") == 1
    return page.partition("<body>")[2].removesuffix("</body></html>")


def harmless(made):
    for tag in TAG.findall(made):
        assert not re.search(r"\son\w+\s*=|\b(?:src|href|action|data|srcset|background|poster|id|url)\s*[=(]", tag), tag
        assert not re.match(
            r"</?(?:script|iframe|object|embed|form|input|button|img|svg|math|base|meta|link|style)\b", tag
        )
        assert "(" not in tag.replace("rgb(", ""), tag


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_it_acts(text):
    harmless(body(f"<p>Zebedee</p>{text}"))
    harmless(body(text, ["script", "img", "onerror", "alert(1)", "<", "&lt;"]))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.sampled_from([*HOSTILE, "<p>", "</p>", "<b>", "'", '"', ">", "Zebedee", "<!--", "-->", "&"]), max_size=6
    )
)
def test_nothing_in_it_acts_however_it_is_put_together(parts):
    harmless(body("".join(parts), ["Zebedee", "evil", "img"]))


def test_what_was_found_is_marked_and_the_rest_keeps_its_look():
    made = body(
        '<h1 style="color:#c00">Dear all</h1><table border="1"><tr><td bgcolor="#eee">ZEBEDEE &amp; co</table>'
        "<p>zebedee<b>x</b> Quill&shy;feather <i>Zebe</i>dee</p>",
        ["Zebedee", "ab"],
    )
    assert made.count("<mark>") == 2
    assert "<mark>ZEBEDEE</mark> &amp; co" in made
    assert 'style="color:#c00"' in made
    assert 'bgcolor="#eee"' in made


@pytest.mark.parametrize(
    "text",
    [
        "<a " * 300_000,
        '<p a="' * 200_000,
        "<!--" * 200_000,
        "<" * 2_000_000,
        "<b>" * 300_000,
        "&" * 1_000_000,
        "\xa0" * 1_000_000,
        "<font color=red>" * 100_000,
        "<p>" + "".join(f"<font color=c{n}>" for n in range(5000)) + "<p>x" * 5000,
        "<p>" + "".join(f"<A\nhref={n}>" for n in range(5000)) + "<p>x" * 5000,
    ],
    ids=["tags", "quotes", "comments", "brackets", "deep", "ampersands", "blanks", "fonts", "reopened", "links"],
)
def test_nothing_in_it_grows_or_takes_for_ever(text):
    # Each of these took hours or gigabytes; a run that does not end is what fails here.
    made = body(text)
    assert len(made) < 16 * len(text)
    harmless(made[:20_000])


def test_what_is_cut_says_so():
    assert "The rest is too much" in body("<p>x</p>" * 20_000)
    assert "The rest is too much" in body("x" * (1 << 21))
    assert "The rest" not in body("<p>x</p>" * 10_000)


def test_bold_and_small_keep_their_look():
    page = as_it_looks("<B class=y>Zebedee</B> <a href=https://evil.example>there</a> <small>x</small>", ["Zebedee"])
    assert "<x-b><mark>Zebedee</mark></x-b> <x-a>there</x-a> <x-small>x</x-small>" in page
    assert "x-b,x-strong{font-weight:bold}" in page


def test_a_picture_is_named_where_it_stood():
    assert "[picture: School crest]" in body("<p><img src=cid:1 alt='School crest'></p>")
    assert "[picture]" in body("<img src=https://evil.example/pixel.gif>")
