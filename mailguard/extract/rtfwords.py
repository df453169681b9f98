"""Control words of RTF that the reader must know."""

from __future__ import annotations

from mailguard.extract.found import MARK_CODE
from mailguard.model import SegmentKind

SILENT = frozenset(
    {
        "fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "listpicture", "rsidtbl",
        "themedata", "colorschememapping", "latentstyles", "generator", "xmlnstbl", "pgdsctbl", "filetbl",
        "fontemb", "fontfile", "panose", "falt", "mmathPr", "mailmerge", "wgrffmtfilter", "blipuid",
        "blipupi", "userprops_types",
    }
)  # fmt: skip
"""Destinations that hold names of fonts, colours and styles or numbers only."""

DESTINATIONS: dict[str, tuple[SegmentKind | None, bool, int]] = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), (SegmentKind.HEADER, True, 0)),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), (SegmentKind.HEADER, True, 0)),
    "footnote": (SegmentKind.NOTE, True, 0),
    "annotation": (SegmentKind.COMMENT, True, 0),
    **dict.fromkeys(("atnauthor", "atnid"), (SegmentKind.COMMENT, True, 0)),
    **dict.fromkeys(
        ("info", "title", "subject", "author", "manager", "company", "operator", "category", "keywords", "comment",
         "doccomm", "hlinkbase", "propname", "staticval", "docvar", "bkmkstart", "sn", "sv", "objname", "objclass",
         "template", "userprops", "revauth", "ffname", "ffdeftext", "ffhelptext", "ffstattext", "datafield",
         "atrfstart", "atrfend", "atndate", "atnref", "bkmkend", "xmlattrvalue", "xmlname", "revtbl", "listname"),
        (SegmentKind.METADATA, False, 0),
    ),
    **dict.fromkeys(("shptxt", "dptxbxtext", "result", "shprslt"), (None, True, 0)),
    "fldinst": (SegmentKind.METADATA, False, MARK_CODE),
}  # fmt: skip
"""Destination: the kind and visibility of its text, or the mark of a piece that stays in its paragraph."""

SYMBOLS = {
    "tab": "\t", "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019",
    "ldblquote": "\u201c", "rdblquote": "\u201d", "bullet": "\u2022", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
"""Control words that stand for a character."""

CODEPAGES = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}
"""Character sets of a whole file; `ansi` is the default."""

CHARSETS = {
    0: "cp1252", 77: "mac-roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    255: "cp437",
}  # fmt: skip
"""Codec of each font character set."""
