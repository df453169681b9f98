"""Small plain letters share a jailed reader with everybody's, so none may be able to take that reader over.

The walls around a reader do not help its neighbours: whoever takes it over says what it likes of what it reads next.
What stands in the way is that a letter which shares it meets nothing but Python's own string functions. Here letters
try to reach further: files written out in text, text that looks like another format, mail within mail. Each is either
not called bare, or read without a touch of any other library; what they hide is handed on to a child of its
own.
"""

from __future__ import annotations

import base64
import gzip
import io
import random
import sys
import zipfile
from collections.abc import Callable
from types import ModuleType

import pytest

from mailguard.extract import Limits, iter_message, warm
from mailguard.extract.samples import docx, pdf, xlsx
from mailguard.model import Unreadable
from mailguard.workers.jail_server import _TEXT_DEPTH
from mailguard.workers.route import split

_HEAD = b"From: office@oakfield.example\r\nTo: rowan@quillfeather.test\r\nSubject: %b\r\n%b\r\n"
_PDF = pdf()
_OURS = frozenset({"mailguard", *sys.stdlib_module_names})


class _Tripwire:
    """Stands where a library stood, and tells when it is asked for anything."""

    def __init__(self, name: str, touched: set[str]) -> None:
        self._name = name
        self._touched = touched

    def __getattr__(self, name: str) -> object:
        self._touched.add(f"{self._name}.{name}")
        raise AttributeError(name)

    def __call__(self, *_: object, **__: object) -> object:
        self._touched.add(self._name)
        raise ValueError(self._name)


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of what was used of any library that is neither ours nor Python's own, in all modules that read."""
    names: set[str] = set()
    warm()
    for library in ("magic", "pylibmagic"):  # imported where they are used
        monkeypatch.setitem(sys.modules, library, _Tripwire(library, names))
    wired = 0
    for name, module in list(sys.modules.items()):
        if not name.startswith("mailguard.extract"):
            continue
        for key, value in list(vars(module).items()):
            own = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            owner = own or type(value).__module__
            if not key.startswith("__") and owner.partition(".")[0] not in _OURS:
                monkeypatch.setattr(module, key, _Tripwire(f"{name}:{key}", names))
                wired += 1
    assert wired > 20
    return names


def _files() -> list[bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.txt", "Sam")
    marked = b"<html><p>Sam</p></html>"
    return [_PDF, docx(), xlsx(), archive.getvalue(), gzip.compress(b"Sam" * 100), marked, b"\xd0\xcf\x11\xe0" * 200]


def _inside(rng: random.Random) -> list[Callable[[bytes], bytes]]:
    """Ways to write a file out in text."""
    edge = b"b%d" % rng.randrange(100)

    def packed(data: bytes) -> bytes:
        return base64.encodebytes(data).replace(b"\n", b"\r\n")

    return [
        packed,
        lambda data: packed(b"\0" + data),
        lambda data: (
            b"Received: by x\r\nMessage-ID: <a@b.example>\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Type: application/octet-stream\r\n\r\n" + packed(data)
        ),
        lambda data: (
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n%b--%b--\r\n" % (edge, edge, packed(data), edge)
        ),
        lambda data: (
            b"BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:%b\r\nEND:VCALENDAR\r\n"
            % packed(data).replace(b"\r\n", b"\r\n ")
        ),
        lambda data: b"BEGIN:VCARD\r\nPHOTO;ENCODING=b:%b\r\nEND:VCARD\r\n" % packed(data).replace(b"\r\n", b"\r\n "),
        lambda data: b'{"file": "%b", "name": "a.pdf"}' % base64.b64encode(data),
        lambda data: b'ID;PWXL;N;E\r\nC;Y1;X1;K"%b"\r\nE\r\n' % base64.b64encode(data),
        lambda data: b'name,file,mark\r\n"a","%b",1\r\n"b","%b",2\r\n' % ((base64.b64encode(data),) * 2),
        lambda data: (
            b"From a@b.example Mon Jan  1 00:00:00 2024\r\nReceived: x\r\nMessage-ID: <a@b.example>\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n%b\r\nFrom a@b.example\r\n" % packed(data)
        ),
        lambda data: data.hex().encode(),
        lambda data: b"\r\n".join(b"=%02X" % byte for byte in data[:400]),
        lambda data: b"- = [ PK ] rtf1 ansi %b" % base64.b85encode(data).replace(b"<", b"(").replace(b">", b")"),
        lambda data: b"=?utf-8?B?%b?=" % base64.b64encode(data[:300]),
    ]


_FIELDS = [
    b"",
    b"Content-Type: text/plain; charset=utf-8\r\n",
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n",
    b"Content-Type: text/plain; charset=windows-1252\r\nX-Note: =?utf-8?B?U2Ft?=\r\n",
]


def _letters() -> list[bytes]:
    rng = random.Random(7)
    letters = []
    for number, data in enumerate(_files() * 4):
        for way in _inside(rng):
            before = b"" if number % 2 else b"Dear parents,\r\n\r\n"
            text = before + way(data)[: 7 << 10]
            letters.append(_HEAD % (b"=?utf-8?Q?Sam?=", rng.choice(_FIELDS)) + text)
    return letters


def test_what_shares_a_reader_with_everybody_meets_pythons_own_functions_only(touched: set[str]) -> None:
    bare = [letter for letter in _letters() if (halves := split(letter)) is not None and halves.bare]
    assert len(bare) > 60, "too few of the letters take the shared way for this to prove anything"
    handed_on = 0
    for letter in bare:
        walk = iter_message(letter, Limits(depth=_TEXT_DEPTH))
        handed_on += any(isinstance(item, Unreadable) for item in walk)
    assert touched == set()
    assert handed_on > 10, "what was written out in text is not to be passed over"


@pytest.mark.parametrize(
    ("kind", "data", "library"),
    [
        (b"text/html", b"Dear <b>parents</b>", "etree"),
        (b"application/pdf", _PDF, "pdfium"),
        (b"application/octet-stream", b"\x00\x01\x02\x03", "magic"),
    ],
)
def test_the_tripwires_are_where_they_should_be(touched: set[str], kind: bytes, data: bytes, library: str) -> None:
    list(iter_message(_HEAD % (b"x", b"Content-Type: " + kind + b"\r\n") + data))
    assert any(library in name for name in touched)
