"""How messages are split: text and files where there is one reading only, nothing lost, the unusual left whole."""

import base64

import magic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mailguard.extract import read_file, read_message
from mailguard.extract.samples import pdf
from mailguard.workers.route import Split, split

TEXT = b"From: a@school.example\r\nSubject: Trip\r\n\r\nDear parents,\r\n"


def with_type(value, body=b"Dear parents,\r\n", extra=b""):
    return b"From: a@school.example\r\nMIME-Version: 1.0\r\nContent-Type: " + value + b"\r\n" + extra + b"\r\n" + body


def alternative(*parts, head=b'multipart/alternative; boundary="b 1"', end=b"--b 1--\r\n", before=b""):
    body = before + b"".join(b"--b 1\r\n" + part + b"\r\n" for part in parts) + end
    return with_type(head, body)


PLAIN = {
    "no content type": TEXT,
    "line feeds only": TEXT.replace(b"\r\n", b"\n"),
    "text/plain": with_type(b"text/plain"),
    "text/plain with charset": with_type(b'text/plain; charset="utf-8"; format=flowed; delsp=yes'),
    "folded content type": with_type(b"text/plain;\r\n\tcharset=iso-8859-1"),
    "text/html": with_type(b"text/html; charset=windows-1252", b"<p>Dear parents</p>"),
    "quoted-printable": with_type(b"text/plain", b"caf=C3=A9\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    "base64": with_type(
        b"text/plain", base64.encodebytes(b"Dear parents, " * 20), b"Content-Transfer-Encoding: base64\r\n"
    ),
    "alternative": alternative(b"Content-Type: text/plain\r\n\r\nhello", b"Content-Type: text/html\r\n\r\n<p>hello"),
    "alternative without a blank": with_type(b"multipart/alternative; boundary=b", b"--b\r\n\r\nhello\r\n--b--\r\n"),
    "mixed of text only": alternative(b"\r\nhello", head=b'multipart/mixed; boundary="b 1"'),
    "empty body": b"Subject: x\r\n\r\n",
    "preamble and epilogue": alternative(b"\r\nhello", before=b"This is a message in parts\r\n", end=b"--b 1--\r\nbye"),
    "nested": alternative(
        b'Content-Type: multipart/related; boundary=c; type="text/html"\r\n\r\n'
        b"--c\r\nContent-Type: text/html\r\n\r\nx\r\n--c--"
    ),
}

NOT_PLAIN = {
    "pdf alone": with_type(b"application/pdf"),
    "calendar alone": with_type(b"text/calendar"),
    "named text alone": with_type(b'text/plain; name="marks.csv"'),
    "attached text alone": with_type(b"text/plain", extra=b"Content-Disposition: attachment\r\n"),
    "message": with_type(b"message/rfc822", b"Subject: x\r\n\r\nhello"),
    "attached message": alternative(b"\r\nhello", b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhello"),
    "digest": with_type(b"multipart/digest; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
    "files only": alternative(b"Content-Type: image/png\r\n\r\nx"),
    "two content types": with_type(b"text/plain", extra=b"Content-Type: text/plain\r\n"),
    "two encodings": with_type(
        b"text/plain", extra=b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n"
    ),
    "odd charset": with_type(b"text/plain; charset=utf-7"),
    "wide charset": with_type(b"text/plain; charset=utf-16"),
    "odd encoding": with_type(b"text/plain", extra=b"Content-Transfer-Encoding: x-uuencode\r\n"),
    "comment in the type": with_type(b"text/plain (really)"),
    "two boundaries": with_type(b"multipart/mixed; boundary=a; boundary=b", b"--a\r\n\r\nx\r\n--a--\r\n"),
    "unterminated": alternative(b"\r\nhello", end=b""),
    "boundary inside a line": alternative(b"\r\nhello --b 1 there"),
    "encoded multipart": with_type(
        b"multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n", b"Content-Transfer-Encoding: base64\r\n"
    ),
    "uuencode": TEXT + b"begin 644 marks.xlsx\r\nM\r\nend\r\n",
    "yenc": TEXT + b"=ybegin line=128 size=5 name=a.pdf\r\n",
    "binhex": TEXT + b"(This file must be converted with BinHex 4.0)\r\n",
    "pgp": TEXT + b"-----BEGIN PGP MESSAGE-----\r\n",
    "pdf as text": TEXT + b"%PDF-1.7",
    "base64 in text": TEXT + b"JVBERi0xLjcK\r\n",
    "control letters": TEXT + b"\x1f\x8b\x08\x00",
    "uuencode in quoted-printable": with_type(
        b"text/plain", b"=62egin 644 a.pdf\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"
    ),
    "pdf in base64": with_type(
        b"text/plain", base64.encodebytes(b"%PDF-1.7 x"), b"Content-Transfer-Encoding: base64\r\n"
    ),
    "odd base64": with_type(b"text/plain", b"SGVsbG8=\r\n!!\r\n", b"Content-Transfer-Encoding: base64\r\n"),
    "data address": with_type(b"text/html", b'<img src="data:image/png;base64,xx">'),
    "long": TEXT + b"x" * (300 << 10),
    "a line that is no field": b"From: a@school.example\r\nnonsense\r\n\r\nhello",
    "space before the colon": b"Content-Type : application/pdf\r\n\r\nhello",
}


FILE = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcK"
PICTURE = b"Content-Type: image/png; name=x.png\r\n\r\nx"
TEXT_PART = b"Content-Type: text/plain\r\n\r\nDear parents"


@pytest.mark.parametrize("name", PLAIN)
def test_text_is_left_as_it_is(name):
    halves = split(PLAIN[name])
    assert halves is not None
    assert halves == Split(PLAIN[name], bare=halves.bare)


HTML = [
    with_type(b"text/html", b"no mark at all"),
    with_type(b"Text/Plain", b"Dear <b>parents</b>"),
    with_type(b"text/plain", b"Dear =3Cb>parents", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    with_type(b"text/plain", base64.b64encode(b"see <a>"), b"Content-Transfer-Encoding: base64\r\n"),
    alternative(b"Content-Type: text/plain\r\n\r\nx", b"Content-Type: text/html\r\n\r\nx"),
    alternative(b"Content-Type: text/plain\r\n\r\nx", before=b"<p>\r\n"),
]


@pytest.mark.parametrize("content", HTML)
def test_html_and_what_may_be_taken_for_it_is_not_bare(content):
    halves = split(content)
    assert halves is not None
    assert not halves.bare


def test_bare_text_is_read_without_the_parser_of_html_and_without_libmagic(monkeypatch):
    bare = [content for content in PLAIN.values() if (halves := split(content)) is not None and halves.bare]
    assert len(bare) > 5
    assert split(TEXT) == Split(TEXT, bare=True)

    called = []

    def refuse(*given, **_):
        called.append(given)
        raise ValueError

    expected = [read_message(content) for content in bare]
    for name in ("fromstring", "XMLParser", "XMLPullParser", "HTMLParser"):
        monkeypatch.setattr(etree, name, refuse)
    monkeypatch.setattr(magic, "from_buffer", refuse)
    assert [read_message(content) for content in bare] == expected
    assert called == []
    read_message(HTML[0].replace(b"no mark", b"<p>a mark"))
    assert called != []


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_the_unusual_is_not_split(name):
    assert split(NOT_PLAIN[name]) is None


def mixed(*parts, boundary=b"one"):
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    return with_type(b'multipart/mixed; boundary="' + boundary + b'"', body)


def files(halves):
    """All leaves that are files, as a message."""
    return mixed(*halves.leaves, boundary=b"allofthem")


def test_text_and_files_are_parted():
    halves = split(mixed(TEXT_PART, FILE, TEXT_PART, PICTURE))
    assert halves is not None
    assert halves.text == mixed(TEXT_PART, TEXT_PART)
    assert halves.leaves == (FILE, PICTURE)
    assert [b"Subject" in bundle.content for bundle in halves.bundles] == [False, False]
    assert read_message(files(halves)).unreadable == read_message(mixed(FILE, PICTURE)).unreadable


OTHER_PICTURE = b"Content-Type: image/png; name=crest.png\r\n\r\ny"


@pytest.mark.parametrize(
    ("leaves", "bundles"),
    [
        ([FILE], [[FILE]]),
        ([PICTURE], [[PICTURE]]),
        ([PICTURE, FILE], [[FILE], [PICTURE]]),
        ([FILE, PICTURE, OTHER_PICTURE], [[FILE], [PICTURE], [OTHER_PICTURE]]),
        ([FILE, PICTURE, PICTURE], [[FILE, PICTURE, PICTURE]]),  # two of one name: told apart by their order only
        ([PICTURE.replace(b"; name=x.png", b""), FILE], [[PICTURE.replace(b"; name=x.png", b""), FILE]]),
    ],
)
def test_a_picture_with_a_name_of_its_own_is_read_alone(leaves, bundles):
    halves = split(mixed(TEXT_PART, *leaves))
    assert halves is not None
    assert [list(bundle.leaves) for bundle in halves.bundles] == bundles
    readings = [read_message(bundle.content) for bundle in halves.bundles]
    whole = read_message(files(halves))
    for one, every in ((r.segments, whole.segments) for r in readings):
        assert set(one) <= set(every)
    assert sum(len(r.segments) for r in readings) == len(whole.segments)


def test_the_leaves_of_two_messages_with_the_same_files_are_the_same():
    one = split(mixed(b"\r\nDear Mrs A", FILE))
    two = split(mixed(b"\r\nDear Mr B", FILE, boundary=b"two"))
    assert one is not None
    assert two is not None
    assert one.leaves == two.leaves
    assert one.text != two.text


def test_the_newlines_of_the_message_are_kept():
    halves = split(alternative(TEXT_PART, FILE).replace(b"\r\n", b"\n"))
    assert halves is not None
    assert b"\r" not in halves.text + b"".join(bundle.content for bundle in halves.bundles)


WORDS = ["Amelia", "Okafor", "A123456789012", "--b", "begin", "Content-Type: text/html"]
TYPES = [b"text/plain", b"text/html; charset=utf-8", b"application/pdf", b"text/csv", b"image/png; name=x.png"]
LEAF = st.builds(
    lambda kind, words: b"Content-Type: " + kind + b"\r\n\r\n" + " ".join(words).encode(),
    st.sampled_from(TYPES),
    st.lists(st.sampled_from(WORDS), min_size=1),
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.builds(
        lambda kind, boundary, parts, around: (
            b"Content-Type: multipart/"
            + kind
            + b"; boundary="
            + boundary
            + b"\r\n\r\n"
            + around
            + b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
            + b"\r\n--"
            + boundary
            + b"--"
            + around
        ),
        st.sampled_from([b"mixed", b"alternative", b"related"]),
        st.sampled_from([b"one", b"two", b"three", b"b"]),
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from([b"", b"\r\naround"]),
    ),
    max_leaves=6,
)


@given(TREE)
def test_the_two_halves_hold_every_text_that_the_whole_holds(tree):
    content = b"From: a@school.example\r\nSubject: Trip\r\nMIME-Version: 1.0\r\n" + tree + b"\r\n"
    halves = split(content)
    if halves is None:
        return
    whole = read_message(content)
    text = read_message(halves.text)
    of_files = read_message(files(halves)) if halves.leaves else read_message(b"")

    def told(*readings):
        segments = [(s.text, s.place, s.kind, s.visible) for reading in readings for s in reading.segments]
        return sorted(segments), sorted((u.place, u.reason) for reading in readings for u in reading.unreadable)

    assert told(text, of_files) == told(whole)


def test_the_property_meets_messages_that_are_split():
    halves = split(mixed(TEXT_PART, PICTURE))
    assert halves is not None
    assert halves.leaves


@pytest.mark.parametrize(
    "sign",
    b"\x00 \x1b begin_644 =ybegin_x BinHex -----BEGIN src=Data:x <!ENTITY <?XML %PDF-1.4 PK\x03\x04 {\\rtf1 "
    b"\xd0\xcf\x11\xe0 JVBERi0 UEsDB 0M8R4".split(b" "),
)
def test_every_sign_of_a_file_in_a_text_is_found(sign):
    assert split(b"Subject: x\r\n\r\nhello\r\n" + sign.replace(b"_", b" ") + b"\r\n") is None


def test_words_that_only_look_like_a_sign_are_text():
    assert split(b"Subject: x\r\n\r\nLessons begin on Monday; the metadata: none.\r\n") is not None


def pdf_leaf(fields, body=None):
    encoded = base64.encodebytes(pdf()).replace(b"\n", b"\r\n")
    return b"".join(field + b"\r\n" for field in fields) + b"\r\n" + (encoded if body is None else body)


TYPE, ATTACHED, ENCODING = (
    b'Content-Type: application/pdf; name="Report of 5 May.pdf"',
    b'Content-Disposition: attachment;\r\n\tfilename="Report of 5 May.pdf"',
    b"Content-Transfer-Encoding: base64",
)


@pytest.mark.parametrize(
    "fields",
    [
        (TYPE, ATTACHED, ENCODING),
        (ENCODING, b"content-disposition: attachment", TYPE),
        (b"Content-Type: application/pdf; name=a.pdf", b"Content-Disposition: attachment; filename=a.pdf", ENCODING),
        (b"Content-Type: application/pdf", ATTACHED, ENCODING),
    ],
)
def test_a_plainly_packed_pdf_is_unpacked_and_read_as_it_would_be_in_its_message(fields):
    halves = split(mixed(TEXT_PART, pdf_leaf(fields)))
    assert halves is not None
    (bundle,) = halves.bundles
    assert bundle.content == pdf()
    assert bundle.name is not None

    whole = read_message(files(halves))
    alone = read_file(bundle.content, bundle.name)
    assert whole.canonical
    assert (alone.segments, alone.unreadable) == (whole.segments, whole.unreadable)
    assert not alone.addresses


@pytest.mark.parametrize(
    "leaf",
    [
        pdf_leaf((TYPE, ATTACHED, ENCODING, b"Content-Description: Zara Quill")),
        pdf_leaf((TYPE, ATTACHED, ENCODING, b"X-Note: Zara Quill")),
        pdf_leaf((TYPE, ATTACHED.replace(b"5 May", b"6 May"), ENCODING)),
        pdf_leaf((b"Content-Type: application/pdf", b"Content-Disposition: attachment", ENCODING)),
        pdf_leaf((TYPE + b"; note=Zara", ATTACHED, ENCODING)),
        pdf_leaf((TYPE.replace(b"Report", b"=?utf-8?q?Zara?="), ATTACHED, ENCODING)),
        pdf_leaf((TYPE, ATTACHED, ENCODING), base64.b64encode(b" " + pdf())),
        pdf_leaf((TYPE, ATTACHED, ENCODING), base64.b64encode(pdf() + b"\n") + b"\r\nWmFyYQ=="),
        pdf_leaf((TYPE, ATTACHED, ENCODING), base64.b64encode(pdf()) + b"\r\nZara Quill"),
        pdf_leaf((TYPE, ATTACHED, b"Content-Transfer-Encoding: binary"), pdf()),
    ],
)
def test_a_pdf_that_is_packed_in_any_other_way_is_left_as_it_stands(leaf):
    halves = split(mixed(TEXT_PART, leaf))
    assert halves is None or [bundle.name for bundle in halves.bundles] == [None]
