"""Bytes to text: the declared charset if it is one we allow, else BOM, UTF-16 by its zeros, strict UTF-8, cp1252.

Python's codec names include transformations that are no charsets (`unicode_escape`, `idna`, `zlib`, `undefined`), so a
name is looked up in a list of our own. A declared charset may lie: `readings` gives every text that a mail reader could
show, and says whether they differ so far that the guard must not choose.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# Label as met in mail -> Python codec. WHATWG's rule that ASCII and Latin-1 mean windows-1252 is what readers do.
_CODECS = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32",
    "utf-32le": "utf-32-le",
    "utf-32be": "utf-32-be",
    "utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "mac-roman": "mac-roman",
    "mac": "mac-roman",
    "csmacintosh": "mac-roman",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_2",
    "iso-2022-kr": "iso2022_kr",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "tis-620": "cp874",
    "ibm037": "cp037",
    "cp037": "cp037",
    "ibm500": "cp500",
    "cp500": "cp500",
    "ibm1140": "cp1140",
    "ibm437": "cp437",
    "cp437": "cp437",
    "ibm850": "cp850",
    "cp850": "cp850",
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    **{f"windows-{n}": f"cp{n}" for n in (874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
    **{f"cp{n}": f"cp{n}" for n in (874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
}
# Charsets in which the bytes of plain ASCII text mean something else.
_NOT_ASCII_BASED = frozenset(
    {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7"}
    | {"iso2022_jp_2", "iso2022_kr", "cp037", "cp500", "cp1140"}
)
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MARKS = tuple(mark for mark, _ in _BOMS)
_ASCII = bytes(range(128))
_UNMAPPED_1252 = re.compile("[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The likeliest text first, then other texts that a mail reader could show instead. `ambiguous` is True where
    they differ in more than a few accents; `canonical` where only one reading was possible at all."""

    texts: tuple[str, ...]
    ambiguous: bool = False
    canonical: bool = True


def codec_of(label: str) -> str | None:
    """Return the Python codec for a charset label, None for one that is not on the list."""
    return _CODECS.get(label.strip().strip("\"'").lower().partition("*")[0])


def warm() -> None:
    """Load every codec of the list: each is a module that Python opens on first use."""
    for codec in {*_CODECS.values(), "utf-8-sig", "ascii", "latin-1"}:
        codecs.lookup(codec)


def guess(data: bytes) -> str:
    """Decode without being told the charset: BOM, UTF-16 and UTF-32 by their zeros, strict UTF-8, else cp1252."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data.decode(codec, "replace")
    wide = _zeros(data)
    if wide:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _cp1252(data)


def decode(data: bytes, label: str = "") -> str:
    """Return the likeliest text of `data` (see `readings`)."""
    return readings(data, label).texts[0]


def readings(data: bytes, label: str = "") -> Decoded:
    """Return every text that `data` may be taken for under the declared charset `label` ("" if none)."""
    codec = codec_of(label) if label else None
    if data.isascii() and b"\0" not in data and codec not in _NOT_ASCII_BASED:
        return Decoded((data.decode("ascii"),), canonical=not label or codec is not None)
    own = guess(data)
    if codec is None:
        return Decoded((own,), ambiguous=_noise(data), canonical=not label)
    declared, clean = _declared(data, codec)
    if _squeeze(declared) == _squeeze(own):
        return Decoded((declared,), ambiguous=codec == "cp1252" and _noise(data), canonical=clean)
    if codec in _NOT_ASCII_BASED:
        return _far_apart(data, codec, declared, own, clean)
    if codec == "cp1252" and not _is_utf8(data):
        return Decoded((own,), ambiguous=_noise(data), canonical=not _UNMAPPED_1252.search(own))
    if clean and not _is_utf8(data):
        return Decoded((declared,), canonical=True)
    return Decoded((own, declared), canonical=False)


def _far_apart(data: bytes, codec: str, declared: str, own: str, clean: bool) -> Decoded:
    """Choose for charsets that share no letters with ASCII: they agree with our own rule or one of them lies."""
    if codec.startswith("iso2022") and b"\x1b" in data and clean:
        return Decoded((declared,), canonical=True)
    if clean and not _is_utf8(data) and _zeros(data) is None:
        return Decoded((declared, own), canonical=False)
    if codec.startswith(("utf-16", "utf-32")) and clean and (_zeros(data) or data[:2] in (b"\xff\xfe", b"\xfe\xff")):
        # The other byte order of the same family: whoever follows the zeros sees the text, the other reads noise.
        return Decoded((own, declared), canonical=False)
    return Decoded((own, declared), ambiguous=_letters(own) != _letters(declared), canonical=False)


def _declared(data: bytes, codec: str) -> tuple[str, bool]:
    if codec == "cp1252":
        return _cp1252(data), True
    if codec == "utf-7":
        # Its decoder lets halves of surrogate pairs through, which are no letters.
        text = data.decode(codec, "replace")
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return whole, "\ufffd" not in whole
    if codec == "utf-8" and data.startswith(b"\xef\xbb\xbf"):
        codec = "utf-8-sig"
    try:
        return data.decode(codec), True
    except UnicodeDecodeError:
        return data.decode(codec, "replace"), False


def _cp1252(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        # WHATWG: the five unmapped bytes are C1 controls.
        return "".join(map(_1252_byte, data))


def _1252_byte(value: int) -> str:
    return chr(value) if value in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes((value,)).decode("cp1252")


def _zeros(data: bytes) -> str | None:
    """Name UTF-16 or UTF-32 without a byte order mark by where its zero bytes are: Western text in UTF-16 has one in
    two, in UTF-32 three in four."""
    if b"\0" not in data[:4096] or len(data) < 4:
        return None
    sample = data[:4096]
    if sample.count(0) > len(sample) * 0.7:
        zeros = [sample[n::4].count(0) for n in range(4)]
        quarter = len(sample) // 4
        if zeros[0] < quarter * 0.1 and min(zeros[1:]) > quarter * 0.9:
            return "utf-32-le"
        if zeros[3] < quarter * 0.1 and min(zeros[:3]) > quarter * 0.9:
            return "utf-32-be"
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _noise(data: bytes) -> bool:
    """True for bytes that nobody can mean as Western text or UTF-8, as most of them are beyond ASCII: EBCDIC or another
    charset that the label hides. Who sees through the label reads them."""
    beyond = len(data.translate(None, _ASCII))
    return beyond * 2 > len(data) and not _is_utf8(data) and _zeros(data) is None and not data.startswith(_MARKS)


def _squeeze(text: str) -> str:
    return text.lstrip("\ufeff")


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isalnum())
