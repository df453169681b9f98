"""An RTF file with a marker in every place where the format can keep text."""

from mailguard.extract import samples

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    + (900).to_bytes(4, "big")
    + (700).to_bytes(4, "big")
    + b"\x08\x02\x00\x00\x00"
)
EMBEDDED = samples.docx("<w:p><w:r><w:t>Qxembedded</w:t></w:r></w:p>")


def document() -> bytes:
    """Return the file."""
    parts = [
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Georgia;}{\f1\fcharset238 Arial CE;}}",
        rb"{\info{\title Qxtitle}{\author Qxauthor}{\doccomm Qxdoccomment}}",
        rb"{\*\userprops{\propname Pupil}\proptype30{\staticval Qxcustom}}",
        rb"{\header\pard Qxheader\par}{\footer\pard Qxfooter\par}",
        rb"\pard Qxbody\par Qxs{\b pl}{\i it}\par",
        rb"{\f1 \'8awiatek Qxcodepage}\par \u321?uka Qxunicode\par soft\-ware\par",
        rb"seen {\v Qxhidden}\par seen {\deleted Qxdeleted}{\revised Qxinserted}\par",
        rb"text{\footnote\pard Qxfootnote\par}{\*\annotation\pard Qxcomment\par}\par",
        rb'{\field{\*\fldinst HYPERLINK "mailto:qxlink@family.example"}{\fldrslt Qxresult}}\par',
        rb"{\*\bkmkstart Qxbookmark}x{\*\bkmkend Qxbookmark}\par",
        rb"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv Qxalt}}{\shptxt\pard Qxtextbox\par}}}",
        rb"{\*\unheardof Qxunknown}",
        rb"\trowd\cellx1\cellx2\cellx3\intbl Surname\cell Forename\cell DOB\cell\row",
        rb"\trowd\cellx1\cellx2\cellx3\intbl Qxcell\cell Ama\cell 14/03/2014\cell\row\pard",
        b"{\\object\\objemb{\\*\\objdata " + EMBEDDED.hex().encode() + b"}{\\result\\pard Qxresultofobject\\par}}",
        b"}",
    ]
    return b"\n".join(parts)


PLACES = {
    "body text": "Qxbody",
    "a name split over runs": "Qxsplit",
    "code page of a font": "\u0160wiatek Qxcodepage",
    "Unicode letters": "\u0141uka Qxunicode",
    "soft hyphen": "software",
    "hidden text": "Qxhidden",
    "tracked deletion": "Qxdeleted",
    "tracked insertion": "Qxinserted",
    "footnote": "Qxfootnote",
    "comment": "Qxcomment",
    "link": "qxlink@family.example",
    "field result": "Qxresult",
    "bookmark": "Qxbookmark",
    "alternative text": "Qxalt",
    "text box": "Qxtextbox",
    "unknown destination": "Qxunknown",
    "table row with heads": "Surname: Qxcell | Forename: Ama | DOB: 14/03/2014",
    "embedded document": "Qxembedded",
    "result of an object": "Qxresultofobject",
    "page header": "Qxheader",
    "page footer": "Qxfooter",
    "property: title": "Qxtitle",
    "property: author": "Qxauthor",
    "property: comment": "Qxdoccomment",
    "custom property": "Qxcustom",
}
