"""Office files with `Zara Quill` in one odd place each: attributes, settings, leftovers, parts that programs skip.

A case is (format, place, parts put into a plain file of that format); "body" goes into the document's body."""

# ruff: noqa: E501  (a table of XML)
from __future__ import annotations

import io
import zipfile

from mailguard.extract import samples

MAIN = "http://schemas.openxmlformats.org/"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
NAME = "Zara Quill"
W = f'xmlns:w="{MAIN}wordprocessingml/2006/main"'
X = f'xmlns="{MAIN}spreadsheetml/2006/main"'
X14 = 'xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
P = f'xmlns:p="{MAIN}presentationml/2006/main" xmlns:a="{MAIN}drawingml/2006/main"'
RELS = f'xmlns="{MAIN}package/2006/relationships"'
SPACES = " ".join(
    f'xmlns:{prefix}="{ODF}{name}:1.0"'
    for prefix, name in (
        *((name, name) for name in ("office", "text", "table", "form", "presentation", "style", "meta", "config")),
        ("draw", "drawing"), ("svg", "svg-compatible"), ("number", "datastyle"), ("manifest", "manifest"),
    )
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip


def _run(text: str, properties: str = "") -> str:
    return f"<w:r>{properties}<w:t>{text}</w:t></w:r>"


def _para(inner: str) -> str:
    return f"<w:p>{inner}</w:p>"


def _settings(inner: str) -> dict[str, str]:
    return {"word/settings.xml": f"<w:settings {W}><w:mailMerge>{inner}</w:mailMerge></w:settings>"}


def _control(properties: str) -> dict[str, str]:
    return {"body": f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{_para(_run('x'))}</w:sdtContent></w:sdt>"}


def _table(properties: str) -> dict[str, str]:
    return {"body": f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tr><w:tc>{_para(_run('x'))}</w:tc></w:tr></w:tbl>"}


def _links(target: str) -> str:
    return f'<Relationships {RELS}><Relationship Id="r" Target="{target}" TargetMode="External"/></Relationships>'


WORD: dict[str, dict[str, str]] = {
    "letter set as a symbol": {"body": _para(_run("Zar") + '<w:r><w:sym w:font="Arial" w:char="F061"/></w:r>'
                                             + _run(" Quill"))},
    "text turned round": {"body": _para(f'<w:bdo w:val="rtl">{_run("lliuQ araZ")}</w:bdo>')},
    "name with a hidden middle": {"body": _para(_run("Za") + _run("xx", "<w:rPr><w:vanish/></w:rPr>") + _run("ra Quill"))},
    "smart tag": {"body": _para('<w:smartTag><w:smartTagPr><w:attr w:name="n" w:val="Zara Quill"/></w:smartTagPr>'
                                f"{_run('x')}</w:smartTag>")},
    "placeholder of custom XML": {"body": _para('<w:customXml w:element="n"><w:customXmlPr><w:placeholder w:val='
                                                f'"Zara Quill"/></w:customXmlPr>{_run("x")}</w:customXml>')},
    "tooltip of a link": {"body": _para(f'<w:hyperlink w:tooltip="Zara Quill">{_run("x")}</w:hyperlink>')},
    "author of a change": {"body": _para(f'<w:ins w:author="Zara Quill">{_run("x")}</w:ins>')},
    "name of a form field": {"body": _para('<w:r><w:fldChar><w:ffData><w:name w:val="Zara Quill"/></w:ffData>'
                                           "</w:fldChar></w:r>")},
    "value of a list": _control('<w:dropDownList><w:listItem w:displayText="x" w:value="Zara Quill"/></w:dropDownList>'),
    "binding of a control": _control("<w:dataBinding w:xpath=\"/a[n='Zara Quill']\"/>"),
    "caption of a table": _table('<w:tblCaption w:val="Zara Quill"/>'),
    "description of a table": _table('<w:tblDescription w:val="Zara Quill"/>'),
    "name of a picture": {"body": _para(f'<w:drawing><wp:docPr xmlns:wp="{MAIN}drawingml/2006/wordprocessingDrawing" '
                                        'name="Zara Quill"/></w:drawing>')},
    "label of a list": {"word/numbering.xml": f'<w:numbering {W}><w:lvlText w:val="Zara Quill %1"/></w:numbering>'},
    "query of a mail merge": _settings('<w:query w:val="SELECT * FROM [Zara Quill$]"/>'),
    "source of a mail merge": _settings('<w:connectString w:val="Source=C:\\Zara Quill.xlsx"/>'),
    "subject of a mail merge": _settings('<w:mailSubject w:val="Zara Quill"/>'),
    "path of the template": {"word/_rels/settings.xml.rels": _links("file:///C:/Zara%20Quill.dotx")},
    "document that is linked": {"word/_rels/document.xml.rels": _links("Zara%20Quill.docx")},
    "text among the styles": {"word/styles.xml": f"<w:styles {W}>{_para(_run('Zara Quill'))}</w:styles>"},
    "text in a theme": {"word/theme/theme1.xml": "<a>Zara Quill</a>"},
    "document among the fonts": {"word/fonts/a.docx": "DOCX"},
    "printer": {"word/printerSettings/printerSettings1.bin": NAME.encode("utf-16-le")},
    "comment of a signature": {"_xmlsignatures/sig1.xml": "<Object><Comments>Zara Quill</Comments></Object>"},
    "property of a web extension": {"word/webextensions/webextension1.xml": '<we:webextension xmlns:we="http://schemas.'
                                    'microsoft.com/office/webextensions/webextension/2010/11"><we:property value="Zara '
                                    'Quill"/></we:webextension>'},
    "list of content types": {"[Content_Types].xml": "<Types><!-- Zara Quill --></Types>"},
    "name of a part": {"word/Zara Quill/": ""},
    "text chunk": {"word/chunk.txt": NAME},
    "rich text chunk": {"word/chunk.rtf": "{\\rtf1 Za{\\b ra} Quill}"},
}  # fmt: skip

SHEET_AROUND: dict[str, str] = {
    "conditional format": '<conditionalFormatting><cfRule text="Zara Quill"/></conditionalFormatting>',
    "filter": '<autoFilter><filterColumn><filters><filter val="Zara Quill"/></filters></filterColumn></autoFilter>',
    "custom filter": '<autoFilter><customFilters><customFilter val="Zara Quill"/></customFilters></autoFilter>',
    "scenario": '<scenarios><scenario name="Zara Quill"/></scenarios>',
    "scenario's value": '<scenarios><scenario><inputCells r="A1" val="Zara Quill"/></scenario></scenarios>',
    "text of a link": '<hyperlinks><hyperlink ref="A1" display="Zara Quill"/></hyperlinks>',
    "target of a link": "<hyperlinks><hyperlink ref=\"A1\" location=\"'Zara Quill'!A1\"/></hyperlinks>",
    "protected range": '<protectedRanges><protectedRange name="Zara Quill"/></protectedRanges>',
    "page header with codes": "<headerFooter><oddHeader>&amp;LZa&amp;Bra&amp;B Quill</oddHeader></headerFooter>",
    "published page": '<webPublishItems><webPublishItem title="Zara Quill"/></webPublishItems>',
    "formula without a value": '<sheetData><row r="2"><c r="A2"><f>"Za"&amp;"ra"&amp;" "&amp;"Quill"</f></c></row></sheetData>',
    "formula worked out anew": '<sheetData><row r="2"><c r="A2"><f>CONCATENATE("Za","ra",CHAR(32),"Quill")</f></c></row>'
                               "</sheetData>",
    "code name of a sheet": '<sheetPr codeName="Zara Quill"/>',
    "sheet named in a formula": '<sheetData><row r="2"><c r="A2"><f>\'[Zara Quill.xlsx]S\'!A1</f><v>1</v></c></row>'
                                "</sheetData>",
}  # fmt: skip
SHEET: dict[str, dict[str, str]] = {
    "style with a number in its name": {"xl/styles.xml": f'<styleSheet {X}><cellStyles><cellStyle name="Zara Quill '
                                        '01/02/2014"/></cellStyles></styleSheet>'},
    "number format": {"xl/styles.xml": f'<styleSheet {X}><numFmts><numFmt numFmtId="200" formatCode="&quot;Zara Quill'
                      '&quot;"/></numFmts></styleSheet>'},
    "query": {"xl/connections.xml": f'<connections {X}><connection><dbPr command="SELECT Zara Quill"/></connection>'
              "</connections>"},
    "source of a query": {"xl/connections.xml": f'<connections {X}><textPr sourceFile="Zara Quill.csv"/></connections>'},
    "map": {"xl/xmlMaps.xml": f'<MapInfo {X}><Map Name="Zara Quill"/></MapInfo>'},
    "workbook that is linked": {"xl/externalLinks/_rels/externalLink1.xml.rels": _links("Zara%20Quill.xlsx")},
    "sheet of a linked workbook": {"xl/externalLinks/externalLink1.xml": f'<externalLink {X}><sheetName val="Zara '
                                   'Quill"/></externalLink>'},
    "topic of a data exchange": {"xl/externalLinks/externalLink1.xml": f'<externalLink {X}><ddeLink ddeTopic="Zara '
                                 'Quill"/></externalLink>'},
    "view of the workbook": {"xl/workbook.xml": f'<workbook {X}><customWorkbookView name="Zara Quill"/></workbook>'},
    "extension of the workbook": {"xl/workbook.xml": f"<workbook {X}><ext><x>Zara Quill</x></ext></workbook>"},
    "who reserved the workbook": {"xl/workbook.xml": f'<workbook {X}><fileSharing userName="Zara Quill"/></workbook>'},
    "description of a name": {"xl/workbook.xml": f'<workbook {X}><definedName name="a" description="Zara Quill">1'
                              "</definedName></workbook>"},
    "string that no cell uses": {"xl/sharedStrings.xml": f"<sst {X}><si><t>Zara Quill</t></si></sst>"},
    "items of a control": {"xl/ctrlProps/ctrlProp1.xml": f'<formControlPr {X14}><item val="Zara Quill"/>'
                           "</formControlPr>"},
    "text box of old versions": {"xl/drawings/vmlDrawing1.vml": '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox>'
                                 "<div><font>Za</font>ra Quill</div></v:textbox></xml>"},
    "source of a pivot table": {"xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition {X}><worksheetSource '
                                'sheet="Zara Quill"/></pivotCacheDefinition>'},
    "filter of a pivot table": {"xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition {X}><filter stringValue1="Zara '
                                'Quill"/></pivotTableDefinition>'},
    "item renamed in a pivot table": {"xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition {X}><item n="Zara Quill"/>'
                                      "</pivotTableDefinition>"},
    "label of totals": {"xl/tables/table1.xml": f'<table {X}><tableColumn name="a" totalsRowLabel="Zara Quill"/></table>'},
    "slicer": {"xl/slicers/slicer1.xml": f'<slicers {X14}><slicer name="Zara Quill"/></slicers>'},
    "item of a slicer": {"xl/slicerCaches/slicerCache1.xml": f'<slicerCacheDefinition {X14}><i n="Zara Quill"/>'
                         "</slicerCacheDefinition>"},
    "user of a shared workbook": {"xl/revisions/userNames.xml": f'<users {X}><userInfo name="Zara Quill"/></users>'},
    "name of a shape": {"xl/drawings/drawing1.xml": f'<xdr:wsDr xmlns:xdr="{MAIN}drawingml/2006/spreadsheetDrawing">'
                        '<xdr:cNvPr name="Zara Quill"/></xdr:wsDr>'},
    "new chart": {"xl/charts/chartEx1.xml": '<cx:chartSpace xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/'
                  'chartex"><cx:pt idx="0">Zara Quill</cx:pt></cx:chartSpace>'},
    "rich value": {"xl/richData/rdrichvalue.xml": "<rvData><rv><v>Zara Quill</v></rv></rvData>"},
} | {
    place: {"xl/worksheets/sheet1.xml": f"<worksheet {X}><sheetData/>{xml}</worksheet>"}
    for place, xml in SHEET_AROUND.items()
}  # fmt: skip

SLIDES: dict[str, dict[str, str]] = {
    "name of a slide": {"ppt/slides/slide1.xml": f'<p:sld {P}><p:cSld name="Zara Quill"/></p:sld>'},
    "name of a section": {"ppt/presentation.xml": f'<p:presentation {P}><p14:section xmlns:p14="http://schemas.microsoft.'
                          'com/office/powerpoint/2010/main" name="Zara Quill"/></p:presentation>'},
    "name of a show": {"ppt/presentation.xml": f'<p:presentation {P}><p:custShow name="Zara Quill"/></p:presentation>'},
    "author of a comment": {"ppt/authors.xml": '<p188:authorLst xmlns:p188="http://schemas.microsoft.com/office/'
                            'powerpoint/2018/8/main"><p188:author name="Zara Quill"/></p188:authorLst>'},
    "name of a sound": {"ppt/slides/slide1.xml": f'<p:sld {P}><p:snd name="Zara Quill.wav"/></p:sld>'},
    "title of a published page": {"ppt/presProps.xml": f'<p:presentationPr {P}><p:htmlPubPr title="Zara Quill"/>'
                                  "</p:presentationPr>"},
    "subtitles": {"ppt/media/a.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nZara Quill\n"},
}  # fmt: skip


def _styles(inner: str) -> dict[str, str]:
    return {"styles.xml": f"<office:document-styles {SPACES}>{inner}</office:document-styles>"}


TEXT: dict[str, dict[str, str]] = {
    "text of a condition": {"body": '<text:p><text:conditional-text text:string-value-if-true="Zara Quill"/></text:p>'},
    "key of an index": {"body": '<text:p><text:alphabetical-index-mark text:key1="Zara Quill"/></text:p>'},
    "reference mark": {"body": '<text:p><text:reference-mark text:name="Zara Quill"/></text:p>'},
    "document that is linked": {"body": '<text:section-source xlink:href="file:///Zara%20Quill.odt"/>'},
    "query of a form": {"body": '<form:form form:command="SELECT Zara Quill"/>'},
    "item of a list": {"body": '<text:p><text:dropdown><text:label text:value="Zara Quill"/></text:dropdown></text:p>'},
    "item of a data exchange": {"body": '<text:dde-connection-decl office:dde-item="Zara Quill"/>'},
    "table of a database field": {"body": '<text:p><text:database-display text:table-name="Zara Quill"/></text:p>'},
    "prefix of a list": _styles('<text:list-level-style-number style:num-prefix="Zara Quill"/>'),
    "number format": _styles("<number:number-style><number:text>Zara Quill</number:text></number:number-style>"),
    "setting": {"settings.xml": f"<office:document-settings {SPACES}><config:config-item>Zara Quill</config:config-item>"
                "</office:document-settings>"},
    "file among the previews": {"Thumbnails/a.txt": NAME},
    "text of a menu": {"Configurations2/a.xml": "<a>Zara Quill</a>"},
    "file named in the manifest": {"META-INF/manifest.xml": f'<manifest:manifest {SPACES}><manifest:file-entry '
                                   'manifest:full-path="Zara Quill.txt"/></manifest:manifest>'},
    "layout cache": {"layout-cache": NAME},
    "description of the package": {"manifest.rdf": "<a>Zara Quill</a>"},
    "version of its own": {"Versions/Version1": "ODT"},
    "macro": {"Basic/Standard/Module1.xml": '<module>MsgBox "Zara Quill"</module>'},
}  # fmt: skip
CELLS: dict[str, dict[str, str]] = {
    "filter": {"body": '<table:database-range><table:filter-condition table:value="Zara Quill"/></table:database-range>'},
    "item of a filter": {"body": '<table:filter-set-item table:value="Zara Quill"/>'},
    "field of a pivot table": {"body": '<table:data-pilot-field table:source-field-name="Zara Quill"/>'},
    "member of a pivot table": {"body": '<table:data-pilot-member table:name="Zara Quill"/>'},
    "sheet that is linked": {"body": '<table:table table:name="S"><table:table-source table:table-name="Zara Quill"/>'
                             "</table:table>"},
    "scenario": {"body": '<table:table table:name="S"><table:scenario table:comment="Zara Quill"/></table:table>'},
    "description of a sheet": {"body": '<table:table table:name="S"><table:desc>Zara Quill</table:desc></table:table>'},
    "shape": {"body": '<table:table table:name="S"><table:shapes><draw:text-box><text:p>Zara Quill</text:p></draw:text-box>'
              "</table:shapes></table:table>"},
    "condition of a style": _styles('<style:map style:condition="cell-content()=&quot;Zara Quill&quot;"/>'),
}  # fmt: skip
CASES = [
    *(("docx", place, parts) for place, parts in WORD.items()),
    *(("xlsx", place, parts) for place, parts in SHEET.items()),
    *(("pptx", place, parts) for place, parts in SLIDES.items()),
    *(("odt", place, parts) for place, parts in TEXT.items()),
    *(("ods", place, parts) for place, parts in CELLS.items()),
]


def document(form: str, parts: dict[str, str]) -> bytes:
    """Return a file of a format with these parts."""
    body = parts.get("body", "")
    base = {
        "docx": lambda: samples.docx(body) if body else samples.docx(),
        "xlsx": samples.xlsx,
        "pptx": samples.pptx,
        "odt": lambda: samples.opendocument("text", "X"),
        "ods": lambda: samples.opendocument("spreadsheet", "X"),
    }[form]()
    more: dict[str, str | bytes] = {name: content for name, content in parts.items() if name != "body"}
    if form in ("odt", "ods"):
        kind = "text" if form == "odt" else "spreadsheet"
        inner = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
        more["content.xml"] = f"<office:document-content {SPACES}>{inner}</office:document-content>"
    inside = {"DOCX": samples.docx(_para(_run(NAME))), "ODT": samples.opendocument("text", f"<text:p>{NAME}</text:p>")}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(base)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in more:
                new.writestr(name, old.read(name))
        for name, content in more.items():
            new.writestr(name, inside.get(content, content) if isinstance(content, str) else content)
    return out.getvalue()
