"""A PDF with a marker in every place where the format can keep text."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from mailguard.extract import samples

CONTENT = b"""BT /F1 12 Tf 72 700 Td (Qxbody) Tj ET
BT /F1 12 Tf 72 660 Td (Qxunderblack) Tj ET 0 0 0 rg 60 650 200 30 re f
1 1 1 rg BT /F1 12 Tf 72 620 Td (Qxwhite) Tj ET 0 0 0 rg
BT 3 Tr /F1 12 Tf 72 600 Td (Qxinvisible) Tj ET BT 0 Tr /F1 0.5 Tf 72 590 Td (Qxtiny) Tj ET
BT /F1 12 Tf 900 580 Td (Qxoutside) Tj ET
BT /F1 12 Tf 0 1 -1 0 500 300 Tm (Qxturned) Tj ET
BT /F1 12 Tf 72 560 Td (Q) Tj 20 0 Td (x) Tj 20 0 Td (s) Tj 20 0 Td (p) Tj 20 0 Td (a) Tj 20 0 Td (c) Tj ET
/OC /L1 BDC BT /F1 12 Tf 72 520 Td (Qxlayer) Tj ET EMC
/Span << /ActualText (Qxactual) >> BDC BT /F1 12 Tf 72 500 Td (*) Tj ET EMC
/Fx Do
"""
XFA = b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><data><pupil><surname>Qxxfa</surname></pupil></data></xdp:xdp>"


def _annotation(pdf: pikepdf.Pdf, **entries: object) -> pikepdf.Object:
    return pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=Array([10, 10, 60, 30]), **entries))


def _field(pdf: pikepdf.Pdf, **entries: object) -> pikepdf.Object:
    return _annotation(pdf, Subtype=Name.Widget, **entries)


def document() -> bytes:
    """Return the document."""
    pdf = pikepdf.open(io.BytesIO(samples.pdf(CONTENT)))
    page = pdf.pages[0].obj
    font = page["/Resources"]["/Font"]
    form = pdf.make_stream(b"BT /F1 12 Tf 72 480 Td (Qxformobject) Tj ET")
    form["/Type"], form["/Subtype"], form["/BBox"] = Name.XObject, Name.Form, Array([0, 0, 600, 800])
    form["/Resources"] = Dictionary(Font=font)
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Qxlayername")))
    page["/Resources"]["/XObject"] = Dictionary(Fx=form)
    page["/Resources"]["/Properties"] = Dictionary(L1=layer)
    text = _field(pdf, FT=Name.Tx, T=String("surname"), TU=String("Qxtooltip"), V=String("Qxvalue"))
    choice = _field(pdf, FT=Name.Ch, T=String("Qxfieldname"), V=String("Qxchosen"), Opt=Array([String("Qxoption")]))
    page["/Annots"] = Array(
        [
            text,
            choice,
            _annotation(pdf, Subtype=Name.Text, Contents=String("Qxnote"), T=String("Qxannotator")),
            _annotation(pdf, Subtype=Name.FreeText, Contents=String("Qxfreetext")),
            _annotation(pdf, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("mailto:qxlink@family.example"))),
        ]
    )
    root = pdf.Root
    root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    root["/AcroForm"] = Dictionary(Fields=Array([text, choice]), XFA=Array([String("datasets"), pdf.make_stream(XFA)]))
    item = pdf.make_indirect(Dictionary(Title=String("Qxoutline")))
    root["/Outlines"] = pdf.make_indirect(Dictionary(Type=Name.Outlines, First=item, Last=item, Count=1))
    root["/OpenAction"] = Dictionary(S=Name.JavaScript, JS=String("app.alert('Qxscript')"))
    figure = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Figure, Alt=String("Qxalt")))
    root["/StructTreeRoot"] = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=figure))
    with pdf.open_metadata() as metadata:
        metadata["dc:description"] = "Qxxmp"
    pdf.docinfo["/Title"] = "Qxtitle"
    pdf.docinfo["/Subject"] = "Qxsubject\u0101"
    pdf.docinfo["/Pupil"] = "Qxcustom"
    pdf.attachments["Qxattachment.csv"] = b"Surname,Forename,DOB\r\nQxattached,Ama,14/03/2014\r\n"
    stream = io.BytesIO()
    pdf.save(stream)
    return stream.getvalue()


PLACES = {
    "page text": "Qxbody",
    "text under a black box": "Qxunderblack",
    "white text": "Qxwhite",
    "invisible text": "Qxinvisible",
    "tiny text": "Qxtiny",
    "text outside the page": "Qxoutside",
    "turned text": "Qxturned",
    "letters set apart": "Qxspac",
    "hidden layer": "Qxlayer",
    "name of a layer": "Qxlayername",
    "replacement text": "Qxactual",
    "form object": "Qxformobject",
    "field value with its label": "Qxtooltip: Qxvalue",
    "field name": "Qxfieldname",
    "chosen value": "Qxchosen",
    "option not chosen": "Qxoption",
    "note": "Qxnote",
    "note's author": "Qxannotator",
    "free text": "Qxfreetext",
    "link": "qxlink@family.example",
    "XFA form data": "surname: Qxxfa",
    "outline": "Qxoutline",
    "script": "Qxscript",
    "alternative text": "Qxalt",
    "title": "Qxtitle",
    "subject in UTF-16": "Qxsubject\u0101",
    "property of one's own": "Qxcustom",
    "XMP": "Qxxmp",
    "name of an attachment": "Qxattachment.csv",
    "attachment": "Surname: Qxattached | Forename: Ama | DOB: 14/03/2014",
}
