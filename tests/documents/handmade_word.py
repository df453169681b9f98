"""A Word document with a marker in every place where Office can keep text, written part by part."""

from mailguard.extract import samples

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MORE = (
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
CHART = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>'
    "Qxcharttitle</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:ser><c:cat><c:strCache><c:pt><c:v>"
    "Qxchartcategory</c:v></c:pt></c:strCache></c:cat></c:ser></c:plotArea></c:chart></c:chartSpace>"
)
DIAGRAM = (
    '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst><dgm:pt><dgm:t><a:p><a:r><a:t>Qxdiagram'
    "</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
)
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Qxtitle</dc:title><dc:creator>Qxauthor</dc:creator>'
    "<cp:keywords>Qxkeyword</cp:keywords></cp:coreProperties>"
)
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property name="Qxpropertyname">'
    "<vt:lpwstr>Qxcustomproperty</vt:lpwstr></property></Properties>"
)


def run(text: str, properties: str = "") -> str:
    return f"<w:r>{properties}<w:t>{text}</w:t></w:r>"


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(runs) + "</w:p>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{paragraph(run(cell))}</w:tc>" for cell in cells) + "</w:tr>"


def _box(text: str) -> str:
    return f"<w:txbxContent>{paragraph(run(text))}</w:txbxContent>"


BODY = "".join(
    [
        paragraph(run("Qxbody")),
        paragraph(run("Qxs"), run("pl", "<w:rPr><w:b/></w:rPr>"), run("it")),
        paragraph(run("seen "), run("Qxhidden", "<w:rPr><w:vanish/></w:rPr>")),
        paragraph(run("seen "), run("Qxwhite", '<w:rPr><w:color w:val="FFFFFF"/><w:sz w:val="2"/></w:rPr>')),
        paragraph("<w:del><w:r><w:delText>Qxdeleted</w:delText></w:r></w:del>", f"<w:ins>{run('Qxinserted')}</w:ins>"),
        paragraph(f"<w:moveFrom>{run('Qxmovedfrom')}</w:moveFrom>"),
        paragraph('<w:fldSimple w:instr="MERGEFIELD Qxfieldcode">', run("Qxfieldresult"), "</w:fldSimple>"),
        paragraph('<w:r><w:instrText>HYPERLINK "mailto:qxinstr@family.example"</w:instrText></w:r>'),
        f'<w:sdt><w:sdtPr><w:alias w:val="Qxalias"/></w:sdtPr><w:sdtContent>{paragraph(run("Qxcontrol"))}'
        "</w:sdtContent></w:sdt>",
        paragraph(f'<w:r><mc:AlternateContent><mc:Choice><wps:txbx>{_box("Qxtextbox")}</wps:txbx></mc:Choice>'
                  f"<mc:Fallback><w:pict><v:textbox>{_box('Qxfallback')}</v:textbox></w:pict></mc:Fallback>"
                  "</mc:AlternateContent></w:r>"),
        paragraph('<w:r><w:pict><v:shape alt="Qxvmlalt"><v:textpath string="Qxwordart"/></v:shape></w:pict></w:r>'),
        paragraph('<w:r><w:drawing><wp:inline><wp:docPr id="1" name="P" descr="Qxaltdescription" title="Qxalttitle"/>'
                  "</wp:inline></w:drawing></w:r>"),
        paragraph("<m:oMath><m:r><m:t>Qxformula</m:t></m:r></m:oMath>"),
        paragraph('<w:bookmarkStart w:id="1" w:name="Qxbookmark"/>', run("x")),
        f"<w:tbl>{row('Surname', 'Forename', 'DOB')}{row('Qxcell', 'Ama', '14/03/2014')}</w:tbl>",
        "<!--Qxxmlcomment-->",
    ]
)  # fmt: skip


def _part(root: str, inner: str) -> str:
    return f"<w:{root} {W}>{inner}</w:{root}>"


def document() -> bytes:
    """Return the document."""
    note = f"<w:footnote>{paragraph(run('Qxfootnote'))}</w:footnote>"
    return samples.package(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document {W} {MORE}><w:body>{BODY}</w:body></w:document>",
            "word/header1.xml": _part("hdr", paragraph(run("Qxheader"))),
            "word/footer2.xml": _part("ftr", paragraph(run("Qxfooter"))),
            "word/footnotes.xml": _part("footnotes", note),
            "word/endnotes.xml": _part("endnotes", note.replace("Qxfootnote", "Qxendnote")),
            "word/comments.xml": _part(
                "comments", f'<w:comment w:author="Qxcommenter">{paragraph(run("Qxcomment"))}</w:comment>'
            ),
            "word/glossary/document.xml": _part("glossaryDocument", paragraph(run("Qxglossary"))),
            "word/settings.xml": _part("settings", '<w:docVars><w:docVar w:name="a" w:val="Qxvariable"/></w:docVars>'),
            "word/charts/chart1.xml": CHART,
            "word/diagrams/data1.xml": DIAGRAM,
            "word/embeddings/Book1.xlsx": samples.xlsx(
                '<row r="1"><c r="A1" t="inlineStr"><is><t>Qxembedded</t></is></c></row>'
            ),
            "word/afchunk.html": "<html><body><p>Qxchunk</p></body></html>",
            "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            'relationships"><Relationship Id="r9" Target="mailto:qxlink@family.example" TargetMode="External"/>'
            "</Relationships>",
            "customXml/item1.xml": "<pupil><surname>Qxcustomxml</surname></pupil>",
            "docProps/core.xml": CORE,
            "docProps/custom.xml": CUSTOM,
            "word/unreferenced.xml": _part("document", paragraph(run("Qxorphan"))),
        }
    )


PLACES = {
    "body text": "Qxbody",
    "a name split over runs": "Qxsplit",
    "hidden text": "Qxhidden",
    "white text of one point": "Qxwhite",
    "tracked deletion": "Qxdeleted",
    "tracked insertion": "Qxinserted",
    "tracked move": "Qxmovedfrom",
    "field code": "Qxfieldcode",
    "field result": "Qxfieldresult",
    "link in a field": "qxinstr@family.example",
    "content control": "Qxcontrol",
    "content control's title": "Qxalias",
    "text box": "Qxtextbox",
    "text box for old versions": "Qxfallback",
    "alternative text, old shape": "Qxvmlalt",
    "WordArt": "Qxwordart",
    "alternative text": "Qxaltdescription",
    "title of a picture": "Qxalttitle",
    "equation": "Qxformula",
    "bookmark": "Qxbookmark",
    "table cell": "Surname: Qxcell | Forename: Ama | DOB: 14/03/2014",
    "XML comment": "Qxxmlcomment",
    "page header": "Qxheader",
    "page footer": "Qxfooter",
    "footnote": "Qxfootnote",
    "endnote": "Qxendnote",
    "comment": "Qxcomment",
    "comment's author": "Qxcommenter",
    "building block": "Qxglossary",
    "document variable": "Qxvariable",
    "chart title": "Qxcharttitle",
    "chart cache": "Qxchartcategory",
    "SmartArt": "Qxdiagram",
    "embedded workbook": "Qxembedded",
    "alternative chunk": "Qxchunk",
    "link": "qxlink@family.example",
    "custom XML": "surname: Qxcustomxml",
    "property: title": "Qxtitle",
    "property: author": "Qxauthor",
    "property: keywords": "Qxkeyword",
    "custom property": "Qxcustomproperty",
    "part that nothing refers to": "Qxorphan",
}
