"""A workbook with a marker in every place where Office can keep text, written part by part."""

from documents import handmade_word as word

from mailguard.extract import samples

X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
DRAWING = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="T" '
    'descr="Qxshapealt"/></xdr:nvSpPr><xdr:txBody><a:p><a:r><a:t>Qxshape</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>'
)


def _text(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


SHEET = (
    f'<worksheet {X} {R}><dimension ref="A1:B2"/><cols><col min="5" max="5" hidden="1"/></cols><sheetData>'
    f'<row r="1">{_text("A1", "Surname")}{_text("B1", "Forename")}{_text("C1", "DOB")}{_text("D1", "Phone")}'
    f"{_text('E1', 'Notes')}</row>"
    f'<row r="2"><c r="A2" t="s"><v>0</v></c>{_text("B2", "Ama")}<c r="C2" s="1"><v>41712</v></c><c r="D2" s="2">'
    f"<v>7700900123</v></c>{_text('E2', 'Qxhiddencolumn')}</row>"
    f'<row r="3" hidden="1">{_text("A3", "Qxhiddenrow")}</row>'
    '<row r="4">'
    '<c r="A4" t="str"><f>"Qxformulatext"&amp;B2</f><v>Qxcachedvalue</v></c><c r="B4" s="3"><v>5550001</v></c>'
    '<c r="C4"><v>7.700900124E9</v></c></row>'
    f'<row r="1048576">{_text("XFD1048576", "Qxfarcell")}</row>'
    '</sheetData><dataValidations><dataValidation type="list" prompt="Qxprompt" error="Qxerror"><formula1>"Qxchoice,b"'
    "</formula1></dataValidation></dataValidations><hyperlinks><hyperlink ref='A1' tooltip='Qxtooltip'/></hyperlinks>"
    "<headerFooter><oddHeader>&amp;CQxheader</oddHeader><evenFooter>Qxfooter</evenFooter></headerFooter></worksheet>"
)
STYLES = (
    f'<styleSheet {X}><numFmts><numFmt numFmtId="164" formatCode="00000000000"/><numFmt numFmtId="165" '
    'formatCode=";;;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    "</cellXfs></styleSheet>"
)


def _hidden(text: str) -> str:
    return f'<worksheet {X}><sheetData><row r="1">{_text("A1", text)}</row></sheetData></worksheet>'


def _links(folder: str, *targets: str) -> str:
    items = "".join(f'<Relationship Id="r{n}" Target="{folder}{target}"/>' for n, target in enumerate(targets, 1))
    return f"<Relationships {RELS}>{items}</Relationships>"


def workbook() -> bytes:
    """Return the workbook."""
    sheets = (
        '<sheet name="Class" sheetId="1" r:id="r1"/><sheet name="Y7" sheetId="2" state="hidden" r:id="r2"/>'
        '<sheet name="Qxsheetname" sheetId="3" state="veryHidden" r:id="r3"/>'
    )
    names = (
        '<definedNames><definedName name="Qxname" comment="Qxnamecomment">"Qxnamevalue"</definedName></definedNames>'
    )
    return samples.package(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": f"<workbook {X} {R}><sheets>{sheets}</sheets>{names}</workbook>",
            "xl/_rels/workbook.xml.rels": _links("worksheets/", "sheet1.xml", "sheet2.xml", "sheet3.xml"),
            "xl/sharedStrings.xml": f"<sst {X}><si><r><t>Qxs</t></r><r><t>plit</t></r></si></sst>",
            "xl/styles.xml": STYLES,
            "xl/worksheets/sheet1.xml": SHEET,
            "xl/worksheets/sheet2.xml": _hidden("Qxhiddensheet"),
            "xl/worksheets/sheet3.xml": _hidden("Qxveryhidden"),
            "xl/worksheets/_rels/sheet1.xml.rels": _links("../", "comments1.xml", "drawings/drawing1.xml"),
            "xl/comments1.xml": f"<comments {X}><authors><author>Qxcommenter</author></authors><commentList>"
            '<comment ref="A2" authorId="0"><text><r><t>Qxcom</t></r><r><t>ment</t></r></text></comment></commentList>'
            "</comments>",
            "xl/threadedComments/threadedComment1.xml": '<ThreadedComments xmlns="http://schemas.microsoft.com/office/'
            'spreadsheetml/2018/threadedcomments"><threadedComment ref="A2"><text>Qxthreaded</text></threadedComment>'
            "</ThreadedComments>",
            "xl/drawings/drawing1.xml": DRAWING,
            "xl/charts/chart1.xml": word.CHART,
            "xl/diagrams/data1.xml": word.DIAGRAM,
            "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition {X} refreshedBy="Qxrefresher">'
            "<cacheFields>"
            '<cacheField name="Pupil"><sharedItems><s v="Other"/><s v="Qxpivotitem"/></sharedItems></cacheField>'
            '<cacheField name="Qxfield"><sharedItems/></cacheField></cacheFields>'
            "</pivotCacheDefinition>",
            "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords {X}><r><x v="1"/><s v="Qxpivotrecord"/></r>'
            "</pivotCacheRecords>",
            "xl/externalLinks/externalLink1.xml": f"<externalLink {X}><externalBook><sheetDataSet><sheetData>"
            "<row><cell><v>Qxexternal</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>",
            "xl/tables/table1.xml": f'<table {X} displayName="Qxtable"><tableColumns><tableColumn name="Qxcolumn"/>'
            "</tableColumns></table>",
            "xl/connections.xml": f'<connections {X}><connection description="Qxconnection"/></connections>',
            "xl/embeddings/Letter.docx": samples.docx("<w:p><w:r><w:t>Qxembedded</w:t></w:r></w:p>"),
            "customXml/item1.xml": "<pupil><surname>Qxcustomxml</surname></pupil>",
            "docProps/core.xml": word.CORE,
            "docProps/custom.xml": word.CUSTOM,
        }
    )


PLACES = {
    "shared string split over runs, with heads": "Surname: Qxsplit | Forename: Ama | DOB: 14/03/2014",
    "date as shown": "14/03/2014",
    "date in ISO form": "2014-03-14",
    "leading zero as shown": "07700900123",
    "number as stored": "7700900123",
    "number stored with an exponent": "7700900124",
    "number whose format hides it": "5550001",
    "hidden row": "Qxhiddenrow",
    "hidden column": "Qxhiddencolumn",
    "hidden sheet": "Qxhiddensheet",
    "very hidden sheet": "Qxveryhidden",
    "name of a sheet": "Qxsheetname",
    "cell outside the declared dimension": "Qxfarcell",
    "text in a formula": "Qxformulatext",
    "cached value of a formula": "Qxcachedvalue",
    "comment": "Qxcomment",
    "comment's author": "Qxcommenter",
    "threaded comment": "Qxthreaded",
    "shape": "Qxshape",
    "alternative text": "Qxshapealt",
    "chart title": "Qxcharttitle",
    "chart cache": "Qxchartcategory",
    "SmartArt": "Qxdiagram",
    "pivot field": "Qxfield",
    "pivot item": "Qxpivotitem",
    "pivot record, put together": "Pupil: Qxpivotitem | Qxfield: Qxpivotrecord",
    "external link's cache": "Qxexternal",
    "validation list": "Qxchoice",
    "validation prompt": "Qxprompt",
    "validation error": "Qxerror",
    "tooltip": "Qxtooltip",
    "page header": "Qxheader",
    "page footer": "Qxfooter",
    "defined name": "Qxname",
    "defined name's value": "Qxnamevalue",
    "defined name's comment": "Qxnamecomment",
    "table name": "Qxtable",
    "table column": "Qxcolumn",
    "connection": "Qxconnection",
    "embedded document": "Qxembedded",
    "custom XML": "surname: Qxcustomxml",
    "property: title": "Qxtitle",
    "custom property": "Qxcustomproperty",
}
